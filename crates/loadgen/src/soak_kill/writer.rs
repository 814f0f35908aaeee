//! A user that writes as fast as the server acknowledges, across kills and restarts.

use std::collections::BTreeMap;

use anyhow::{Result, bail};
use madang_client::{Action, PendingState};
use madang_loadgen::{Driver, MonotonicClock, TestUser};
use madang_shared::chat::ChatCommand;
use madang_shared::{CommandId, RoomId, Seq, ServerFrame};
use tokio::sync::watch;

use super::progress::{Phase, WriterProgress};
use crate::room::{self, room_of, timeline_of};
use crate::verdict::{ClientRecord, WrittenMessage};

/// Unacknowledged messages of one writer.
const IN_FLIGHT: usize = 8;

/// Writes until [`Phase::Done`], and returns the messages that the user wrote and saw.
pub(super) async fn write(
    user: TestUser,
    room: RoomId,
    clock: MonotonicClock,
    seed: u64,
    number: u16,
    progress: WriterProgress,
    mut phase: watch::Receiver<Phase>,
) -> Result<ClientRecord> {
    let author = user.user.clone();
    let mut driver = Driver::new(user, clock, seed);
    room::join(&mut driver, room).await?;
    let mut written: Vec<WrittenMessage> = Vec::new();
    let mut acknowledged: BTreeMap<CommandId, Option<Seq>> = BTreeMap::new();
    loop {
        let now = *phase.borrow_and_update();
        match now {
            Phase::Writing => fill_outbox(&mut driver, &author.name, &mut written),
            Phase::Settling => progress.update(number, &driver, |_| {}),
            Phase::Done => break,
        }
        let frame = tokio::select! {
            frame = driver.step() => frame,
            changed = phase.changed() => {
                changed?;
                continue;
            }
        };
        check_no_refusal(&driver)?;
        if let Some(ServerFrame::Ack { id, at }) = frame {
            acknowledged.insert(id, at.map(|placed| placed.seq));
            progress.update(number, &driver, |status| {
                status.written = written.len() as u64;
                status.acknowledged = acknowledged.len() as u64;
                status.acknowledged_on = driver.connected_at();
            });
        }
    }
    let timeline = timeline_of(&driver);
    Ok(ClientRecord { user: author, room, written, acknowledged, timeline, whole: false })
}

fn fill_outbox(driver: &mut Driver, name: &str, written: &mut Vec<WrittenMessage>) {
    let Some(room) = room_of(driver) else { return };
    // An open room subscribes to its presence as well.
    driver.act(Action::OpenRoom(Some(room)));
    while driver.client().outbox().items().len() < IN_FLIGHT {
        let text = format!("{name}, message {}", written.len() + 1);
        let Some(command) = driver.command(ChatCommand::post(room, text.clone())) else {
            return;
        };
        written.push(WrittenMessage { command, text });
    }
}

/// Fails if the server refused a message for good, which must not happen in this scenario.
fn check_no_refusal(driver: &Driver) -> Result<()> {
    for pending in driver.client().outbox().items() {
        if let PendingState::Failed(failure) = &pending.state {
            bail!("the server refused a message for good: {failure}");
        }
    }
    Ok(())
}
