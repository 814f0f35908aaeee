//! Saved messages of a user, with reminders, and messages that wait for their time. Topic
//! [`Topic::Later`](crate::Topic::Later), one per user, so that all devices of the user agree.
//!
//! The topic names saved messages and holds none of their texts. So a text that is changed or deleted is changed or gone for
//! all who have saved its message. The text of a message that waits is the user's own; it leaves the log with it.

use serde::{Deserialize, Serialize};

use crate::Failure;
use crate::ids::{CommandId, RoomId, Timestamp};
use crate::position::Seq;

/// Messages that one user can save. The state of the topic has all of them, in some 40 kilobytes.
pub const MAX_SAVED_MESSAGES: usize = 500;
/// Messages of one user that can wait for their time, with those that were refused.
pub const MAX_SCHEDULED_MESSAGES: usize = 50;
/// Bytes of the texts of all messages of one user that wait.
pub const MAX_SCHEDULED_BYTES: usize = 64 * 1024;
/// The longest time until a reminder or a message: 366 days, in milliseconds.
pub const MAX_AHEAD_MS: u64 = 366 * 24 * 60 * 60 * 1_000;

/// A message that the user has saved.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
pub struct SavedMessage {
    /// Which room.
    pub room: RoomId,
    /// The seq of the message.
    pub message: Seq,
    /// When the user saved it.
    pub saved_at: Timestamp,
    /// When the user wants to be reminded of it.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub reminder: Option<Reminder>,
}

/// A reminder of a saved message.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
pub struct Reminder {
    /// The time of the reminder.
    pub at: Timestamp,
    /// Whether the server has sent the notice. A reminder without a notice is in the future, or the server was down at its
    /// time.
    pub is_due: bool,
}

/// A message that waits for its time, or that the server refused at its time.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
pub struct ScheduledMessage {
    /// The id of the command that scheduled it, which the message gets when it is sent.
    pub id: CommandId,
    /// Which room.
    pub room: RoomId,
    /// The text.
    pub text: String,
    /// When the server sends it.
    pub at: Timestamp,
    /// The message of the room that it answers.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub reply_to: Option<Seq>,
    /// Why the server did not send it. It waits for another time then, or for its removal.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub refusal: Option<Failure>,
}

/// Commands about what the user keeps for later.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
#[serde(rename_all = "snake_case")]
pub enum LaterCommand {
    /// Saves a message that the user may read. A saved message stays as it is.
    Save {
        /// Which room.
        room: RoomId,
        /// The seq of the message.
        message: Seq,
        /// When the user saved it before, if the user takes its removal back. A time in the future counts as now.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        since: Option<Timestamp>,
    },
    /// Removes a saved message, with its reminder. Removing twice changes nothing.
    Unsave {
        /// Which room; the user may have left it.
        room: RoomId,
        /// The seq of the message.
        message: Seq,
    },
    /// Sets the reminder of a message, and saves the message if it is not saved yet. A time in the past is due at once: the
    /// device may have been offline at it.
    Remind {
        /// Which room.
        room: RoomId,
        /// The seq of the message.
        message: Seq,
        /// The time, at most [`MAX_AHEAD_MS`] ahead; absent to remove the reminder.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        at: Option<Timestamp>,
    },
    /// Sends a message at a time, with the rights that the user has then. The id of the command is the id of the message. A
    /// time in the past is due at once.
    Schedule {
        /// Which room.
        room: RoomId,
        /// The text, as in [`ChatCommand::Post`](crate::chat::ChatCommand::Post).
        text: String,
        /// The time, at most [`MAX_AHEAD_MS`] ahead.
        at: Timestamp,
        /// The message of the room that it answers.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        reply_to: Option<Seq>,
    },
    /// Gives another time to a message that waits or was refused. Changes nothing if it was sent or removed.
    Reschedule {
        /// The message.
        id: CommandId,
        /// The time, at most [`MAX_AHEAD_MS`] ahead.
        at: Timestamp,
    },
    /// Removes a message that waits or was refused. Removing twice changes nothing.
    Unschedule {
        /// The message.
        id: CommandId,
    },
}

/// Events of what the user keeps for later.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
#[serde(rename_all = "snake_case")]
pub enum LaterEvent {
    /// A message was saved, or its reminder changed; this is the new state.
    Saved(SavedMessage),
    /// A saved message was removed.
    Unsaved {
        /// Which room.
        room: RoomId,
        /// The seq of the message.
        message: Seq,
    },
    /// A room was deleted, and with it its saved messages.
    RoomDeleted(RoomId),
    /// A message waits for its time, or was refused at it; this is the new state.
    Scheduled(ScheduledMessage),
    /// A message was sent or removed. An earlier event of it is the same, so that its text is gone.
    Unscheduled(CommandId),
}

/// The saved messages of the user, and those that wait for their time, at a position.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
pub struct LaterSnapshot {
    /// The saved messages by room and seq, ascending; at most [`MAX_SAVED_MESSAGES`].
    pub saved: Vec<SavedMessage>,
    /// The messages that wait or were refused, by id, ascending; at most [`MAX_SCHEDULED_MESSAGES`].
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub scheduled: Vec<ScheduledMessage>,
}

impl SavedMessage {
    /// The room and the seq, which identify the message.
    pub fn of(&self) -> (RoomId, Seq) {
        (self.room, self.message)
    }
}

impl LaterSnapshot {
    /// Applies an event. Clients and tests use this reducer.
    pub fn apply(&mut self, event: LaterEvent) {
        match event {
            LaterEvent::Saved(saved) => self.put(saved),
            LaterEvent::Unsaved { room, message } => self.remove((room, message)),
            LaterEvent::RoomDeleted(room) => self.saved.retain(|saved| saved.room != room),
            LaterEvent::Scheduled(message) => self.schedule(message),
            LaterEvent::Unscheduled(id) => self.scheduled.retain(|message| message.id != id),
        }
    }

    /// Shows the effect of a command before the server has it. `id` and `at` are those of the command.
    pub fn expect(&mut self, command: &LaterCommand, id: CommandId, at: Timestamp) {
        match *command {
            LaterCommand::Save { room, message, since } => {
                if self.find((room, message)).is_none() {
                    let saved_at = since.unwrap_or(at);
                    self.put(SavedMessage { room, message, saved_at, reminder: None });
                }
            }
            LaterCommand::Unsave { room, message } => self.remove((room, message)),
            LaterCommand::Remind { room, message, at: remind_at } => {
                let found = self.find((room, message)).copied();
                // Removing the reminder of a message that is not saved changes nothing.
                if found.is_none() && remind_at.is_none() {
                    return;
                }
                let saved_at = found.map_or(at, |saved| saved.saved_at);
                let reminder = remind_at.map(|at| Reminder { at, is_due: false });
                self.put(SavedMessage { room, message, saved_at, reminder });
            }
            LaterCommand::Schedule { room, ref text, at, reply_to } => {
                let text = text.clone();
                self.schedule(ScheduledMessage { id, room, text, at, reply_to, refusal: None });
            }
            LaterCommand::Reschedule { id, at } => {
                if let Some(message) = self.scheduled.iter_mut().find(|message| message.id == id) {
                    (message.at, message.refusal) = (at, None);
                }
            }
            LaterCommand::Unschedule { id } => self.scheduled.retain(|message| message.id != id),
        }
    }

    fn schedule(&mut self, message: ScheduledMessage) {
        match self.scheduled.binary_search_by_key(&message.id, |it| it.id) {
            Ok(index) => {
                if let Some(found) = self.scheduled.get_mut(index) {
                    *found = message;
                }
            }
            Err(index) => self.scheduled.insert(index, message),
        }
    }

    /// A saved message.
    pub fn find(&self, of: (RoomId, Seq)) -> Option<&SavedMessage> {
        let index = self.saved.binary_search_by_key(&of, SavedMessage::of).ok()?;
        self.saved.get(index)
    }

    fn put(&mut self, saved: SavedMessage) {
        match self.saved.binary_search_by_key(&saved.of(), SavedMessage::of) {
            Ok(index) => {
                if let Some(found) = self.saved.get_mut(index) {
                    *found = saved;
                }
            }
            Err(index) => self.saved.insert(index, saved),
        }
    }

    fn remove(&mut self, of: (RoomId, Seq)) {
        self.saved.retain(|saved| saved.of() != of);
    }
}
