//! The proof that the checks see what they look for: each defect of a faulty node must be found, and nothing else.

use std::collections::BTreeMap;
use std::net::SocketAddr;
use std::time::Duration;

use anyhow::{Context, Result, ensure};
use madang_loadgen::output::print_line;
use madang_loadgen::{Driver, MonotonicClock, TestUser};
use madang_shared::chat::ChatCommand;
use madang_shared::{CommandId, RoomId, Seq, ServerFrame};
use tokio::time::timeout;

use super::faulty_node::{Defect, FaultyNode};
use super::participant::stream_entry;
use super::stored::StoredMessages;
use super::stream_check::{StreamEntry, StreamVerdict, check_stream};
use crate::room::{self, timeline_of};
use crate::verdict::{ClientRecord, Verdict, WrittenMessage, compare};

/// Messages of each case. They follow each other without a wait, so that two of them can be swapped.
const MESSAGES: usize = 8;
/// Time limit of each case.
const WITHIN: Duration = Duration::from_secs(30);

/// Lost, doubled, and out of order.
pub(super) type Found = (u64, u64, u64);

const CASES: [(Defect, &str, Found); 9] = [
    (Defect::None, "forwards everything", (0, 0, 0)),
    (Defect::LosesEvent, "loses an event", (1, 0, 0)),
    (Defect::RepeatsEvent, "sends an event twice", (0, 1, 0)),
    (Defect::SwapsEvents, "sends two events in the wrong order", (0, 0, 1)),
    (Defect::LosesCommand, "acknowledges a message without storing it", (1, 0, 0)),
    (Defect::RepeatsCommand, "stores a message twice", (0, 1, 0)),
    (Defect::SwapsCommands, "stores two messages in the wrong order", (0, 0, 1)),
    (Defect::RepeatsAcknowledgement, "acknowledges a message twice", (0, 1, 0)),
    (Defect::SwapsAcknowledgements, "acknowledges in the wrong order", (0, 0, 1)),
];

/// Runs each case, and fails if the checks find anything else than its defect.
pub(super) async fn prove(
    http: &reqwest::Client,
    node: SocketAddr,
    stored: &StoredMessages,
    clock: MonotonicClock,
    seed: u64,
) -> Result<()> {
    print_line("a faulty node that                          lost  doubled  out of order");
    for (index, (defect, description, expected)) in (0_u32..).zip(CASES) {
        let user = TestUser::sign_up(http, node, &format!("prover {index}")).await?;
        let run = timeout(WITHIN, run_case(user, defect, stored, clock, seed)).await;
        let found =
            run.with_context(|| format!("a faulty node that {description}: too slow"))??;
        let (lost, doubled, out_of_order) = found;
        print_line(format_args!("{description:<42}{lost:>6}{doubled:>9}{out_of_order:>14}"));
        ensure!(found == expected, "expected {expected:?}: the checks do not see this defect");
    }
    Ok(())
}

async fn run_case(
    user: TestUser,
    defect: Defect,
    stored: &StoredMessages,
    clock: MonotonicClock,
    seed: u64,
) -> Result<Found> {
    let room = room::create(&mut Driver::new(user.clone(), clock, seed), &user.user.name).await?;
    let faulty = FaultyNode::start(user.clone(), room, defect).await?;
    let mut driver = Driver::new(user.clone(), clock, seed).with_servers(vec![faulty.address], 0);
    let mut case =
        Case { room, written: Vec::new(), acknowledged: BTreeMap::new(), stream: Vec::new() };
    case.write(&mut driver, &user.user.name).await;
    let messages = stored.of_room(room).await?;
    case.read_to(&mut driver, messages.last().map_or(Seq(0), |last| last.seq)).await;
    let (written, acknowledged) = (case.written, case.acknowledged);
    let timeline = timeline_of(&driver);
    let record =
        ClientRecord { user: user.user, room, written, acknowledged, timeline, whole: true };
    let Verdict { lost, doubled, out_of_order, .. } = compare(&messages, &[record]);
    let stream: StreamVerdict = check_stream(&case.stream);
    Ok((lost + stream.lost, doubled + stream.doubled, out_of_order + stream.out_of_order))
}

struct Case {
    room: RoomId,
    written: Vec<WrittenMessage>,
    acknowledged: BTreeMap<CommandId, Option<Seq>>,
    stream: Vec<StreamEntry>,
}

impl Case {
    /// Writes the messages at once, and waits until each is acknowledged.
    async fn write(&mut self, driver: &mut Driver, name: &str) {
        while room::room_of(driver) != Some(self.room) {
            self.step(driver).await;
        }
        for number in 1..=MESSAGES {
            let text = format!("{name}, message {number}");
            let post = ChatCommand::post(self.room, text.clone());
            if let Some(command) = driver.command(post) {
                self.written.push(WrittenMessage { command, text });
            }
        }
        while self.acknowledged.len() < MESSAGES {
            self.step(driver).await;
        }
    }

    async fn read_to(&mut self, driver: &mut Driver, end: Seq) {
        let room = self.room;
        let is_read = |driver: &Driver| {
            let timeline = driver.client().features().timeline(room);
            timeline.is_some_and(|timeline| timeline.newest() >= end)
        };
        while !is_read(driver) || !driver.client().outbox().items().is_empty() {
            self.step(driver).await;
        }
    }

    async fn step(&mut self, driver: &mut Driver) {
        let Some(frame) = driver.step().await else { return };
        self.stream.extend(stream_entry(&frame, self.room));
        if let ServerFrame::Ack { id, at } = frame {
            self.acknowledged.insert(id, at.map(|placed| placed.seq));
        }
    }
}
