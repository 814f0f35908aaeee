//! Commands that were not acknowledged yet, in the order in which they were given.
//!
//! Up to [`WINDOW`] of them travel at once. A refusal that a retry can heal takes back everything
//! sent after it, and the server refuses those too (`held`), so the order in which a person wrote is
//! the order in which the room reads, whatever was refused in between.

use madang_shared::frames::LogPosition;
use madang_shared::{Command, CommandFrame, CommandId, ErrorCode, Failure, Seq, Timestamp, Topic};
use serde::{Deserialize, Serialize};

use crate::vec_map::VecSet;

/// How many commands may be on their way at once.
pub const WINDOW: usize = 32;
/// How long to wait before sending again after a refusal that names no time, in milliseconds.
const RETRY_MS: u64 = 1_000;

/// A command and how it stands.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Pending {
    /// The same however often it is sent.
    pub id: CommandId,
    /// What was asked.
    pub command: Command,
    /// When it was given.
    pub at: Timestamp,
    /// How it stands.
    pub state: PendingState,
}

/// How a command stands.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub enum PendingState {
    /// Not on its way: no connection, or others are before it.
    Waiting,
    /// On its way; not acknowledged.
    Sent,
    /// Acknowledged; its event has not arrived yet.
    Stored(LogPosition),
    /// Refused for good. It stays until the user tries again or lets it go.
    Failed(Failure),
}

/// The commands, in order.
#[derive(Debug, Default)]
pub struct Outbox {
    items: Vec<Pending>,
    /// Nothing is sent before this, after a refusal that asked for patience.
    not_before: Option<Timestamp>,
    /// Sent on the present connection: the server may hold everything back for one of these, until
    /// it comes again.
    promised: VecSet<CommandId>,
}

impl Outbox {
    /// Takes up what an earlier life of the client left; all of it counts as unsent.
    pub fn restore(items: Vec<Pending>) -> Self {
        let mut outbox = Self::default();
        outbox.adopt(items);
        outbox
    }

    /// Takes up, behind what there is, what somebody else left; all of it counts as unsent.
    pub(crate) fn adopt(&mut self, items: Vec<Pending>) {
        for mut item in items {
            if self.find(item.id).is_some() {
                continue;
            }
            if !matches!(item.state, PendingState::Failed(_)) {
                item.state = PendingState::Waiting;
            }
            self.items.push(item);
        }
    }

    /// Everything, in order.
    pub fn items(&self) -> &[Pending] {
        &self.items
    }

    /// How many commands have not been acknowledged and can still succeed.
    pub fn unsent(&self) -> usize {
        self.items
            .iter()
            .filter(|item| matches!(item.state, PendingState::Waiting | PendingState::Sent))
            .count()
    }

    pub(crate) fn push(&mut self, id: CommandId, command: Command, at: Timestamp) {
        self.items.push(Pending { id, command, at, state: PendingState::Waiting });
    }

    /// Drops waiting commands that a newer one makes pointless; not those that the server may be
    /// waiting for.
    pub(crate) fn drop_waiting(&mut self, pointless: impl Fn(&Command) -> bool) {
        let promised = &self.promised;
        self.items.retain(|item| {
            item.state != PendingState::Waiting
                || promised.contains(&item.id)
                || !pointless(&item.command)
        });
    }

    /// The command took effect. `current` says how far the topic's stream is known; none if the
    /// topic is not followed.
    pub(crate) fn acknowledged(
        &mut self,
        id: CommandId,
        at: Option<LogPosition>,
        current: Option<Seq>,
    ) {
        match at {
            Some(placed) if current.is_some_and(|seq| seq < placed.seq) => {
                if let Some(item) = self.find(id) {
                    item.state = PendingState::Stored(placed);
                }
            }
            _ => self.remove(id),
        }
    }

    /// The command's own event was seen, or the stream has passed its place.
    pub(crate) fn remove(&mut self, id: CommandId) {
        self.promised.remove(&id);
        self.items.retain(|item| item.id != id);
    }

    /// The stream of a topic is known up to `seq`: stored commands up to there need no row any more.
    pub(crate) fn advanced(&mut self, topic: Topic, seq: Seq) -> bool {
        let before = self.items.len();
        self.items.retain(|item| {
            !matches!(&item.state, PendingState::Stored(placed) if placed.topic == topic && placed.seq <= seq)
        });
        self.items.len() != before
    }

    /// The topic is not followed any more: no event will come to replace the rows.
    pub(crate) fn unfollowed(&mut self, topic: Topic) {
        self.advanced(topic, Seq(u64::MAX));
    }

    /// The command was refused. One that does not matter then goes without a word.
    pub(crate) fn refused(
        &mut self,
        id: CommandId,
        failure: Failure,
        now: Timestamp,
        matters_not: fn(&Command) -> bool,
    ) {
        let Some(index) = self.items.iter().position(|item| item.id == id) else {
            return;
        };
        if !failure.retry {
            if self.items.get(index).is_some_and(|item| matters_not(&item.command)) {
                self.remove(id);
            } else if let Some(item) = self.items.get_mut(index) {
                item.state = PendingState::Failed(failure);
            }
            return;
        }
        // What is held waits for the command before it, which has said how long.
        if failure.code != ErrorCode::BlockedByEarlier || self.not_before.is_none() {
            self.not_before = Some(now.plus(failure.retry_after.unwrap_or(RETRY_MS)));
        }
        for item in self.items.iter_mut().skip(index) {
            if item.state == PendingState::Sent {
                item.state = PendingState::Waiting;
            }
        }
    }

    /// The connection is gone: whatever was on its way may or may not have arrived.
    pub(crate) fn disconnected(&mut self) {
        self.promised = VecSet::default();
        self.not_before = None;
        for item in &mut self.items {
            if item.state == PendingState::Sent {
                item.state = PendingState::Waiting;
            }
        }
    }

    /// Tries a failed command again, behind everything given since.
    pub(crate) fn retry(&mut self, id: CommandId) {
        let Some(index) = self.failed(id) else { return };
        let mut item = self.items.remove(index);
        item.state = PendingState::Waiting;
        self.items.push(item);
    }

    /// Lets a failed command go. One that may have been sent cannot be taken back.
    pub(crate) fn discard(&mut self, id: CommandId) {
        if let Some(index) = self.failed(id) {
            self.items.remove(index);
        }
    }

    /// When to look again, if a refusal asked for patience.
    pub(crate) fn deadline(&self) -> Option<Timestamp> {
        self.not_before
            .filter(|_| self.items.iter().any(|item| item.state == PendingState::Waiting))
    }

    /// The commands to send now, in order; they count as sent.
    pub(crate) fn take_due(&mut self, now: Timestamp) -> Vec<CommandFrame> {
        if self.not_before.is_some_and(|at| now < at) {
            return Vec::new();
        }
        self.not_before = None;
        let sent = self.items.iter().filter(|item| item.state == PendingState::Sent).count();
        let mut due = Vec::new();
        for item in self.items.iter_mut().filter(|item| item.state == PendingState::Waiting) {
            if sent + due.len() >= WINDOW {
                break;
            }
            item.state = PendingState::Sent;
            self.promised.insert(item.id);
            due.push(CommandFrame { id: item.id, command: item.command.clone() });
        }
        due
    }

    fn find(&mut self, id: CommandId) -> Option<&mut Pending> {
        self.items.iter_mut().find(|item| item.id == id)
    }

    fn failed(&self, id: CommandId) -> Option<usize> {
        self.items
            .iter()
            .position(|item| item.id == id && matches!(item.state, PendingState::Failed(_)))
    }
}
