//! The outbox: commands that are not acknowledged yet, in the order in which the user gave them.
//!
//! Up to [`WINDOW`] of them are unacknowledged at once. After a retryable refusal the command and
//! everything sent after it are sent again, and the server refuses the later ones too
//! (`blocked_by_earlier`). So messages are stored in the order in which the user wrote them.

use madang_shared::chat::ChatCommand;
use madang_shared::encoded::EncodedValue;
use madang_shared::frames::LogPosition;
use madang_shared::membership::MembershipCommand;
use madang_shared::{Command, CommandId, ErrorCode, Failure, Seq, Timestamp, Topic};
use serde::{Deserialize, Deserializer, Serialize, Serializer};

use crate::vec_map::VecSet;

/// The number of commands that may be unacknowledged at once.
pub const WINDOW: usize = 32;
/// The wait before sending again after a refusal that names no time, in milliseconds.
const RETRY_MS: u64 = 1_000;

/// A command and its state.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct PendingCommand {
    /// The id; every retry sends the same one.
    pub id: CommandId,
    /// The command.
    pub command: QueuedCommand,
    /// When the user gave it.
    pub at: Timestamp,
    /// Its state.
    pub state: PendingState,
}

/// A command in the outbox.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum QueuedCommand {
    /// A command that the program has read.
    Read(Command),
    /// A command of an earlier page that only the lazy part of the program reads. It is sent as it is.
    Encoded(EncodedValue),
}

impl From<Command> for QueuedCommand {
    fn from(command: Command) -> Self {
        Self::Read(command)
    }
}

impl Serialize for QueuedCommand {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        match self {
            Self::Read(command) => command.serialize(serializer),
            Self::Encoded(command) => command.serialize(serializer),
        }
    }
}

impl<'de> Deserialize<'de> for QueuedCommand {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        /// The commands that the first screen of a room shows.
        #[derive(Deserialize)]
        #[serde(rename_all = "snake_case")]
        enum CoreCommand {
            Membership(MembershipCommand),
            Chat(ChatCommand),
        }
        let command = EncodedValue::deserialize(deserializer)?;
        Ok(match command.read() {
            Ok(CoreCommand::Membership(command)) => Self::Read(command.into()),
            Ok(CoreCommand::Chat(command)) => Self::Read(command.into()),
            Err(_) => Self::Encoded(command),
        })
    }
}

impl PendingCommand {
    /// The command; `None` while it is not read.
    pub fn command(&self) -> Option<&Command> {
        match &self.command {
            QueuedCommand::Read(command) => Some(command),
            QueuedCommand::Encoded(_) => None,
        }
    }

    fn is_unacknowledged(&self) -> bool {
        matches!(self.state, PendingState::Waiting | PendingState::Sent)
    }
}

/// The state of a command in the outbox.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub enum PendingState {
    /// Not sent: there is no connection, or the window is full.
    Waiting,
    /// Sent; not acknowledged.
    Sent,
    /// Acknowledged; its event has not arrived yet.
    Stored(LogPosition),
    /// Refused for good. It stays until the user retries or discards it.
    Failed(Failure),
}

/// The commands, in order.
#[derive(Debug, Default)]
pub struct Outbox {
    items: Vec<PendingCommand>,
    /// Nothing is sent before this time, after a retryable refusal.
    not_before: Option<Timestamp>,
    /// Sent on the present connection. The server may refuse all later commands until one of these
    /// is sent again, so they must not be dropped.
    sent_on_connection: VecSet<CommandId>,
}

impl Outbox {
    /// An outbox with the commands of an earlier client; all of them count as unsent.
    pub fn restore(items: Vec<PendingCommand>) -> Self {
        let mut outbox = Self::default();
        outbox.adopt(items);
        outbox
    }

    /// Appends the commands of another client; all of them count as unsent.
    pub(crate) fn adopt(&mut self, items: Vec<PendingCommand>) {
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

    /// Reads the commands that are text. If `is_dropped` returns true for one that was refused meanwhile, it is dropped
    /// silently.
    pub(crate) fn read_encoded(
        &mut self,
        read: impl Fn(&EncodedValue) -> Option<Command>,
        is_dropped: impl Fn(&Command) -> bool,
    ) {
        self.items.retain_mut(|item| {
            let QueuedCommand::Encoded(encoded) = &item.command else { return true };
            let Some(command) = read(encoded) else { return true };
            let stays = !matches!(item.state, PendingState::Failed(_)) || !is_dropped(&command);
            item.command = command.into();
            stays
        });
    }

    /// The commands, in order.
    pub fn items(&self) -> &[PendingCommand] {
        &self.items
    }

    /// The number of commands that are not acknowledged and can still succeed.
    pub fn unsent(&self) -> usize {
        self.items.iter().filter(|item| item.is_unacknowledged()).count()
    }

    pub(crate) fn push(&mut self, id: CommandId, command: Command, at: Timestamp) {
        let command = QueuedCommand::Read(command);
        self.items.push(PendingCommand { id, command, at, state: PendingState::Waiting });
    }

    /// Drops waiting commands that a newer one supersedes, but none that the server may wait for.
    pub(crate) fn drop_waiting(&mut self, is_superseded: impl Fn(&Command) -> bool) {
        let sent_on_connection = &self.sent_on_connection;
        self.items.retain(|item| {
            item.state != PendingState::Waiting
                || sent_on_connection.contains(&item.id)
                || !item.command().is_some_and(&is_superseded)
        });
    }

    /// The command is stored. `current` is the seq up to which the topic is known; `None` if it is
    /// not subscribed.
    pub(crate) fn acknowledged(
        &mut self,
        id: CommandId,
        at: Option<LogPosition>,
        current: Option<Seq>,
    ) {
        match at {
            Some(position) if current.is_some_and(|seq| seq < position.seq) => {
                if let Some(item) = self.find(id) {
                    item.state = PendingState::Stored(position);
                }
            }
            _ => self.remove(id),
        }
    }

    /// The command is completed: its event arrived, or the stream has passed the event's position.
    pub(crate) fn remove(&mut self, id: CommandId) {
        self.sent_on_connection.remove(&id);
        self.items.retain(|item| item.id != id);
    }

    /// The topic is known up to `seq`, so the stored commands up to there are completed. Returns
    /// whether there were any.
    pub(crate) fn stream_advanced(&mut self, topic: Topic, seq: Seq) -> bool {
        let before = self.items.len();
        self.items.retain(|item| {
            !matches!(&item.state, PendingState::Stored(position) if position.topic == topic && position.seq <= seq)
        });
        self.items.len() != before
    }

    /// The topic was unsubscribed: no event will complete its stored commands, so they are dropped.
    pub(crate) fn unsubscribed(&mut self, topic: Topic) {
        self.stream_advanced(topic, Seq(u64::MAX));
    }

    /// The server refused the command. If `is_dropped` returns true, it is dropped silently. Returns whether the server
    /// waits for an earlier command that will not come on this connection.
    pub(crate) fn refused(
        &mut self,
        id: CommandId,
        failure: Failure,
        now: Timestamp,
        is_dropped: impl Fn(&Command) -> bool,
    ) -> bool {
        let Some(index) = self.items.iter().position(|item| item.id == id) else {
            return false;
        };
        if !failure.retry {
            let command = self.items.get(index).and_then(PendingCommand::command);
            if command.is_some_and(is_dropped) {
                self.remove(id);
            } else if let Some(item) = self.items.get_mut(index) {
                item.state = PendingState::Failed(failure);
            }
            return false;
        }
        // A blocked command waits for the earlier one, whose refusal gave the time.
        if failure.code != ErrorCode::BlockedByEarlier || self.not_before.is_none() {
            self.not_before = Some(now.plus(failure.retry_after.unwrap_or(RETRY_MS)));
        }
        for item in self.items.iter_mut().skip(index) {
            if item.state == PendingState::Sent {
                item.state = PendingState::Waiting;
            }
        }
        // The server could not say whether the earlier command was stored. It was, and its event has completed it.
        failure.code == ErrorCode::BlockedByEarlier
            && !self.items.iter().take(index).any(PendingCommand::is_unacknowledged)
    }

    /// The connection is lost. Sent commands may or may not have arrived, so they are sent again.
    pub(crate) fn disconnected(&mut self) {
        self.sent_on_connection = VecSet::default();
        self.not_before = None;
        for item in &mut self.items {
            if item.state == PendingState::Sent {
                item.state = PendingState::Waiting;
            }
        }
    }

    /// Retries a failed command, after all commands that the user gave since.
    pub(crate) fn retry(&mut self, id: CommandId) {
        let Some(index) = self.failed(id) else { return };
        let mut item = self.items.remove(index);
        item.state = PendingState::Waiting;
        self.items.push(item);
    }

    /// Discards a failed command. Other commands may have been sent and cannot be discarded.
    pub(crate) fn discard(&mut self, id: CommandId) {
        if let Some(index) = self.failed(id) {
            self.items.remove(index);
        }
    }

    /// When waiting commands may be sent again after a refusal.
    pub(crate) fn deadline(&self) -> Option<Timestamp> {
        self.not_before
            .filter(|_| self.items.iter().any(|item| item.state == PendingState::Waiting))
    }

    /// The commands to send now, in order; they count as sent.
    pub(crate) fn take_due(&mut self, now: Timestamp) -> Vec<(CommandId, QueuedCommand)> {
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
            self.sent_on_connection.insert(item.id);
            due.push((item.id, item.command.clone()));
        }
        due
    }

    fn find(&mut self, id: CommandId) -> Option<&mut PendingCommand> {
        self.items.iter_mut().find(|item| item.id == id)
    }

    fn failed(&self, id: CommandId) -> Option<usize> {
        self.items
            .iter()
            .position(|item| item.id == id && matches!(item.state, PendingState::Failed(_)))
    }
}
