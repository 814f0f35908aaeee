//! A user who reads a room, and writes into it if it is a writer. The client connects to the nodes in turn, as behind a
//! balancer.

use std::collections::BTreeMap;
use std::net::SocketAddr;
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

use anyhow::{Result, bail, ensure};
use madang_client::{Action, ConnectionState, PendingState};
use madang_loadgen::{Driver, MonotonicClock, TestUser};
use madang_shared::chat::ChatCommand;
use madang_shared::frames::ErrorContext;
use madang_shared::{CloseCode, CommandId, RoomId, Seq, ServerFrame, Topic};
use rand::rngs::StdRng;
use rand::{Rng, SeedableRng};
use tokio::sync::watch;
use tokio::time::{Instant, sleep_until};

use super::activity::{Activity, RunPhase};
use super::stream_check::StreamEntry;
use crate::room::{self, room_of, timeline_of};
use crate::verdict::{ClientRecord, WrittenMessage};

/// Unacknowledged messages of one writer.
const IN_FLIGHT: usize = 4;
/// The time between two messages of a writer, in milliseconds.
const PAUSE_MS: std::ops::RangeInclusive<u64> = 200..=600;

/// The notes of a participant.
#[derive(Clone, Debug, Default)]
pub(super) struct Notes {
    pub(super) written: Vec<WrittenMessage>,
    pub(super) acknowledged: BTreeMap<CommandId, Option<Seq>>,
    pub(super) stream: Vec<StreamEntry>,
    /// Live connections that ended otherwise than by a stopping server, and refusals: an app would show them as errors, or
    /// as a break.
    pub(super) interruptions: Vec<String>,
}

/// Notes that the participant fills while others read them.
#[derive(Clone, Debug, Default)]
pub(super) struct SharedNotes(Arc<Mutex<Notes>>);

impl SharedNotes {
    /// The notes so far.
    pub(super) fn read<T>(&self, read: impl FnOnce(&mut Notes) -> T) -> T {
        read(&mut self.0.lock().unwrap_or_else(PoisonError::into_inner))
    }
}

/// A participant before it takes part.
pub(super) struct Participant {
    pub(super) user: TestUser,
    pub(super) nodes: Vec<SocketAddr>,
    pub(super) room: RoomId,
    pub(super) is_writer: bool,
    pub(super) number: usize,
    /// The node of its first connection. Each room has users on every node.
    pub(super) first_node: usize,
    pub(super) notes: SharedNotes,
}

impl Participant {
    /// Reads, and writes, until [`RunPhase::End`].
    pub(super) async fn take_part(
        self,
        clock: MonotonicClock,
        seed: u64,
        activity: Activity,
        mut phase: watch::Receiver<RunPhase>,
    ) -> Result<ClientRecord> {
        let Self { user, nodes, room, is_writer, number, first_node, notes } = self;
        let author = user.user.clone();
        let mut random = StdRng::seed_from_u64(seed);
        let mut driver = Driver::new(user, clock, seed).with_servers(nodes, first_node);
        room::join(&mut driver, room).await?;
        let mut next_message = Instant::now();
        let mut is_open = false;
        loop {
            let now = *phase.borrow_and_update();
            if !is_open && let Some(room) = room_of(&driver) {
                // An open room keeps all its messages.
                driver.act(Action::OpenRoom(Some(room)));
                is_open = true;
            }
            let writes = is_writer
                && now == RunPhase::Active
                && driver.client().outbox().items().len() < IN_FLIGHT;
            match now {
                RunPhase::Active if writes && Instant::now() >= next_message => {
                    write(&mut driver, room, &author.name, &notes);
                    // A silence is not made up for by a burst.
                    next_message =
                        Instant::now() + Duration::from_millis(random.random_range(PAUSE_MS));
                }
                RunPhase::Settle => {
                    driver.act(Action::LoadOlder(room));
                    activity.update(number, |status| {
                        status.in_outbox = driver.client().outbox().items().len();
                        status.whole_to = whole_to(&driver).map(|seq| (room, seq));
                    });
                }
                RunPhase::Active => {}
                RunPhase::End => break,
            }
            let was_live = *driver.client().connection() == ConnectionState::Live;
            let frame = tokio::select! {
                frame = driver.step() => frame,
                () = sleep_until(next_message), if writes => continue,
                changed = phase.changed() => {
                    changed?;
                    continue;
                }
            };
            if was_live && *driver.client().connection() != ConnectionState::Live {
                note_interruption(&driver, &notes);
            }
            note_frame(frame, room, (&activity, number, is_writer), &notes);
            check(&driver)?;
            activity.update(number, |status| {
                status.last_error = driver.last_error().map(str::to_owned);
            });
        }
        let timeline = timeline_of(&driver);
        let Notes { written, acknowledged, .. } = notes.read(|notes| notes.clone());
        Ok(ClientRecord { user: author, room, written, acknowledged, timeline, whole: true })
    }
}

fn write(driver: &mut Driver, room: RoomId, name: &str, notes: &SharedNotes) {
    notes.read(|notes| {
        let text = format!("{name}, message {}", notes.written.len() + 1);
        if let Some(command) = driver.command(ChatCommand::post(room, text.clone())) {
            notes.written.push(WrittenMessage { command, text });
        }
    });
}

/// The end of the room, if the client is live and has loaded its beginning too.
fn whole_to(driver: &Driver) -> Option<Seq> {
    let is_live = *driver.client().connection() == ConnectionState::Live;
    let timeline = driver.client().features().timeline(room_of(driver)?)?;
    (is_live && !timeline.has_older()).then(|| timeline.newest())
}

fn note_frame(
    frame: Option<ServerFrame>,
    room: RoomId,
    (activity, number, is_writer): (&Activity, usize, bool),
    notes: &SharedNotes,
) {
    let entry = frame.as_ref().and_then(|frame| stream_entry(frame, room));
    match entry {
        Some(StreamEntry::Event(_)) => activity.update(number, |status| {
            let now = status.end_silence();
            status.last_event = now;
            if !is_writer {
                status.last_acknowledgement = now;
            }
        }),
        Some(StreamEntry::Acknowledged(..)) => activity.update(number, |status| {
            status.last_acknowledgement = status.end_silence();
        }),
        _ => {}
    }
    notes.read(|notes| {
        notes.stream.extend(entry);
        match frame {
            Some(ServerFrame::Ack { id, at }) => {
                notes.acknowledged.insert(id, at.map(|placed| placed.seq));
            }
            Some(ServerFrame::Error { about, failure }) if about != ErrorContext::Frame => {
                notes.interruptions.push(format!("the server refuses {about:?}: {failure}"));
            }
            _ => {}
        }
    });
}

/// The entry of the stream for a frame about a room, or the start of a connection.
pub(super) fn stream_entry(frame: &ServerFrame, room: RoomId) -> Option<StreamEntry> {
    let is_room = |topic: &Topic| *topic == Topic::Room(room);
    match frame {
        ServerFrame::Welcome(_) => Some(StreamEntry::Connected),
        ServerFrame::Snapshot(state) | ServerFrame::Reset(state) if is_room(&state.topic) => {
            Some(StreamEntry::Follows(state.position.seq))
        }
        ServerFrame::Recovered { topic, from, .. } if is_room(topic) => {
            Some(StreamEntry::Follows(from.seq))
        }
        ServerFrame::Event { topic, seq, .. } if is_room(topic) => Some(StreamEntry::Event(*seq)),
        ServerFrame::Ack { id, at } => {
            let seq = at.filter(|at| is_room(&at.topic)).map(|at| at.seq);
            Some(StreamEntry::Acknowledged(*id, seq))
        }
        _ => None,
    }
}

fn note_interruption(driver: &Driver, notes: &SharedNotes) {
    let code = driver.last_close_code();
    if code != Some(CloseCode::ShuttingDown.number()) {
        let error = driver.last_error().unwrap_or("none").to_owned();
        notes.read(|notes| {
            notes
                .interruptions
                .push(format!("a connection ended with {code:?}, last error: {error}"));
        });
    }
}

/// Fails if the server refused a message for good, or the client gave up.
fn check(driver: &Driver) -> Result<()> {
    let client = driver.client();
    if let ConnectionState::Ended(reason) = client.connection() {
        bail!("the client has given up: {reason:?}");
    }
    ensure!(client.undecodable_frames() == 0, "the client could not decode a frame");
    for pending in client.outbox().items() {
        if let PendingState::Failed(failure) = &pending.state {
            bail!("the server refused a message for good: {failure}");
        }
    }
    Ok(())
}
