//! A user who writes as fast as is acknowledged, whatever happens to the server.

use std::collections::BTreeMap;

use anyhow::{Result, bail};
use madang_client::timeline::Timeline;
use madang_client::{Action, PendingState};
use madang_loadgen::{Clock, Driver, Visitor};
use madang_shared::chat::ChatCommand;
use madang_shared::{CommandId, RoomId, Seq, ServerFrame};
use tokio::sync::watch;

use super::board::{Board, Phase};
use super::verdict::{Row, Testimony, Written};

/// Messages that a writer has under way at once.
const UNDER_WAY: usize = 8;

/// The first room: what is said goes there. None before the client knows its state.
pub(super) fn room_of(driver: &Driver) -> Option<RoomId> {
    let features = driver.client().features();
    let room = features.memberships().rooms().min()?;
    features.timeline(room).filter(|timeline| timeline.is_known()).map(|_| room)
}

/// What the client shows of the first room.
pub(super) fn timeline_of(driver: &Driver) -> Vec<Row> {
    let timeline = room_of(driver).and_then(|room| driver.client().features().timeline(room));
    let messages = timeline.into_iter().flat_map(Timeline::messages);
    messages.map(|message| Row { seq: message.seq, command: message.command }).collect()
}

/// Writes until it is over, then tells what it wrote and saw.
pub(super) async fn write(
    visitor: Visitor,
    clock: Clock,
    seed: u64,
    number: u16,
    board: Board,
    mut phase: watch::Receiver<Phase>,
) -> Result<Testimony> {
    let user = visitor.user.clone();
    let mut driver = Driver::new(visitor, clock, seed);
    let mut written: Vec<Written> = Vec::new();
    let mut acknowledged: BTreeMap<CommandId, Option<Seq>> = BTreeMap::new();
    loop {
        let now = *phase.borrow_and_update();
        match now {
            Phase::Writing => write_more(&mut driver, &user.name, &mut written),
            Phase::Settling => board.note(number, &driver, |_| {}),
            Phase::Over => break,
        }
        let frame = tokio::select! {
            frame = driver.step() => frame,
            changed = phase.changed() => {
                changed?;
                continue;
            }
        };
        refused_for_good(&driver)?;
        if let Some(ServerFrame::Ack { id, at }) = frame {
            acknowledged.insert(id, at.map(|placed| placed.seq));
            board.note(number, &driver, |standing| {
                standing.written = written.len() as u64;
                standing.acknowledged = acknowledged.len() as u64;
                standing.acknowledged_on = driver.opened();
            });
        }
    }
    let timeline = timeline_of(&driver);
    Ok(Testimony { user, written, acknowledged, timeline, whole: false })
}

fn write_more(driver: &mut Driver, name: &str, written: &mut Vec<Written>) {
    let Some(room) = room_of(driver) else { return };
    // As somebody who looks at the room: who is here is then followed as well.
    driver.act(Action::OpenRoom(Some(room)));
    while driver.client().outbox().items().len() < UNDER_WAY {
        let text = format!("{name}, message {}", written.len() + 1);
        let Some(command) = driver.command(ChatCommand::Post { room, text: text.clone() }) else {
            return;
        };
        written.push(Written { command, text });
    }
}

/// Nothing that a writer writes is refused for good; if it is, the run cannot end well.
fn refused_for_good(driver: &Driver) -> Result<()> {
    for pending in driver.client().outbox().items() {
        if let PendingState::Failed(failure) = &pending.state {
            bail!("a message was refused for good: {failure}");
        }
    }
    Ok(())
}
