//! A user that writes without a pause, and checks that its connections resume.

use std::collections::{BTreeMap, HashMap};

use anyhow::{Result, bail};
use madang_client::{Action, ConnectionState, PendingState};
use madang_loadgen::{Driver, MonotonicClock, TestUser};
use madang_shared::chat::ChatCommand;
use madang_shared::frames::{LogPosition, TopicState};
use madang_shared::topic::Durability;
use madang_shared::{CommandId, Position, RoomId, Seq, ServerFrame, Topic, UserId};
use tokio::sync::watch;
use tokio::time::Instant;

/// Unacknowledged messages of one member.
const IN_FLIGHT: usize = 8;

/// The task of the members.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Phase {
    /// Write, with a limited number of unacknowledged messages.
    Writing,
    /// Write only while there is no connection, as people do who do not notice.
    Waiting,
    /// End when the outbox is empty.
    Ending,
}

/// The status of one member.
#[derive(Clone, Debug, Default)]
pub(super) struct MemberStatus {
    pub(super) acknowledged: u64,
    pub(super) in_outbox: u64,
    pub(super) is_live: bool,
    /// The time at which the current connection, or else the last one, was opened.
    pub(super) connected_at: Option<Instant>,
}

/// The messages that one member has written, and its reception.
#[derive(Debug)]
pub(super) struct MemberRecord {
    pub(super) user: UserId,
    /// In the order of writing.
    pub(super) written: Vec<(CommandId, String)>,
    pub(super) acknowledged: HashMap<CommandId, Option<LogPosition>>,
    pub(super) reception: Reception,
}

/// The durable topics as a member received them.
#[derive(Debug, Default)]
pub(super) struct Reception {
    heads: BTreeMap<Topic, Seq>,
    /// Subscriptions that were continued.
    pub(super) recovered: u64,
    /// Subscriptions that were not, each as a line: the state was replaced.
    pub(super) resets: Vec<String>,
    /// Events that were not the next one of their topic.
    pub(super) holes: u64,
}

impl Reception {
    fn add_reset(&mut self, known: Option<Seq>, topic: Topic, position: Position) {
        if let Some(known) = known {
            self.resets.push(format!("{topic}: reset from {} to {position:?}", known.0));
        }
    }

    fn receive(&mut self, frame: &ServerFrame) {
        match frame {
            ServerFrame::Snapshot(TopicState { topic, position, .. }) if is_durable(*topic) => {
                // A client with a position does not ask for a snapshot.
                let known = self.heads.insert(*topic, position.seq);
                self.add_reset(known, *topic, *position);
            }
            ServerFrame::Reset(TopicState { topic, position, .. }) if is_durable(*topic) => {
                let known = self.heads.insert(*topic, position.seq);
                self.add_reset(known.or(Some(Seq(0))), *topic, *position);
            }
            ServerFrame::Recovered { topic, .. } => self.recovered += u64::from(is_durable(*topic)),
            ServerFrame::Event { topic, seq, .. } if is_durable(*topic) => {
                let known = self.heads.insert(*topic, *seq);
                self.holes += u64::from(known.is_none_or(|known| known.0 + 1 != seq.0));
            }
            _ => {}
        }
    }
}

fn is_durable(topic: Topic) -> bool {
    topic.durability() == Durability::Durable
}

/// Writes until [`Phase::Ending`], and returns what the member wrote and received.
pub(super) async fn write(
    user: TestUser,
    number: u16,
    clock: MonotonicClock,
    mut phase: watch::Receiver<Phase>,
    statuses: watch::Sender<Vec<MemberStatus>>,
) -> Result<MemberRecord> {
    let (author, name) = (user.user.id, user.user.name.clone());
    let mut driver = Driver::new(user, clock, u64::from(number));
    let (mut written, mut acknowledged) = (Vec::new(), HashMap::new());
    let mut reception = Reception::default();
    loop {
        let now = *phase.borrow_and_update();
        let outbox = driver.client().outbox().items();
        if let Some(PendingState::Failed(failure)) =
            outbox.iter().map(|it| &it.state).find(|it| matches!(it, PendingState::Failed(_)))
        {
            bail!("the server refused a message for good: {failure}");
        }
        let is_live = *driver.client().connection() == ConnectionState::Live;
        match now {
            Phase::Writing => fill_outbox(&mut driver, &name, &mut written),
            Phase::Ending if outbox.is_empty() => break,
            Phase::Waiting if !is_live => fill_outbox(&mut driver, &name, &mut written),
            Phase::Ending | Phase::Waiting => {}
        }
        let frame = tokio::select! {
            frame = driver.step() => frame,
            changed = phase.changed() => {
                changed?;
                continue;
            }
        };
        if let Some(frame) = &frame {
            reception.receive(frame);
        }
        if let Some(ServerFrame::Ack { id, at }) = frame {
            acknowledged.insert(id, at);
        }
        let client = driver.client();
        let status = MemberStatus {
            acknowledged: acknowledged.len() as u64,
            in_outbox: client.outbox().items().len() as u64,
            is_live: *client.connection() == ConnectionState::Live,
            connected_at: driver.connected_at(),
        };
        statuses.send_modify(|statuses| {
            if let Some(known) = statuses.get_mut(usize::from(number)) {
                *known = status;
            }
        });
    }
    Ok(MemberRecord { user: author, written, acknowledged, reception })
}

fn fill_outbox(driver: &mut Driver, name: &str, written: &mut Vec<(CommandId, String)>) {
    let Some(room) = first_room(driver) else { return };
    // An open room subscribes to its presence as well.
    driver.act(Action::OpenRoom(Some(room)));
    while driver.client().outbox().items().len() < IN_FLIGHT {
        let text = format!("{name}, 메시지 {}", written.len() + 1);
        let Some(command) = driver.command(ChatCommand::post(room, text.clone())) else {
            return;
        };
        written.push((command, text));
    }
}

/// The room that every user joins at the sign-up. `None` until the client has its state.
fn first_room(driver: &Driver) -> Option<RoomId> {
    let features = driver.client().features();
    let room = features.memberships().rooms().min()?;
    features.timeline(room).filter(|timeline| timeline.is_known()).map(|_| room)
}
