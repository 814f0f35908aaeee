//! Saved messages of a user, with reminders, and messages that wait for their time. Topic
//! [`Topic::Later`](madang_shared::Topic::Later).

use futures_util::future::BoxFuture;
use madang_shared::later::{LaterCommand, LaterEvent, MAX_AHEAD_MS};
use madang_shared::{
    CommandId, ErrorCode, Event, Failure, RoomId, Seq, Timestamp, UserId, codec, validate,
};

use crate::budgets::account::Cost;
use crate::chat;
use crate::log::LogEntry;
use crate::policy::rights::{Need, RoomRight};
use crate::store_error::StoreError;

/// Something that the server does for a user at a time.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct DueLater {
    /// The user.
    pub user: UserId,
    /// The time.
    pub at: Timestamp,
    /// The act.
    pub what: DueAct,
}

/// The act at the time of a [`DueLater`].
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum DueAct {
    /// Reminds the user of a saved message.
    Remind {
        /// Which room.
        room: RoomId,
        /// The seq of the message.
        message: Seq,
    },
    /// Sends a message of the user.
    Send {
        /// The message.
        id: CommandId,
        /// Which room.
        room: RoomId,
    },
}

/// The port of what is due. One node asks for it and settles it, for all nodes.
pub trait LaterStore {
    /// The next acts in the order of their times, due or not; at most `limit`.
    ///
    /// # Errors
    /// [`StoreError::Unavailable`].
    fn next_due(&self, limit: usize) -> BoxFuture<'static, Result<Vec<DueLater>, StoreError>>;

    /// Settles a due act, once: an act that was settled, changed or removed meanwhile changes nothing. The act and the record
    /// of it are stored in one transaction. Returns whether it was there. A message is sent with the rights that its user has
    /// now, and gets its sentiment if `moods` says so; a refused one stays, with the reason.
    ///
    /// # Errors
    /// [`StoreError::Unavailable`].
    fn settle_due(
        &self,
        due: DueLater,
        now: Timestamp,
        moods: bool,
    ) -> BoxFuture<'static, Result<bool, StoreError>>;
}

/// Validates the text of a message.
///
/// # Errors
/// `invalid` or `too_long`.
pub fn decide(command: LaterCommand) -> Result<LaterCommand, Failure> {
    Ok(match command {
        LaterCommand::Schedule { room, text, at, reply_to } => {
            let text = validate::message_text(&text)?;
            LaterCommand::Schedule { room, text, at, reply_to }
        }
        other => other,
    })
}

/// The cost of a message that waits: that of sending it.
pub fn cost(command: &LaterCommand) -> Option<Cost> {
    match command {
        LaterCommand::Schedule { text, .. } => chat::mention_cost(text),
        _ => None,
    }
}

/// Whether the event takes the text out of an earlier one of its topic.
pub fn is_redaction(entry: &LogEntry) -> bool {
    matches!(
        codec::decode_event(&entry.content),
        Ok(Event::Later(LaterEvent::Scheduled(_) | LaterEvent::Unscheduled(_)))
    )
}

/// The need of a change. A user who has left a room removes what is left of it.
pub fn needs(change: &LaterCommand) -> Need {
    match change {
        LaterCommand::Save { room, .. } | LaterCommand::Remind { room, at: Some(_), .. } => {
            Need::Room(*room, RoomRight::Read)
        }
        LaterCommand::Schedule { room, .. } => Need::Room(*room, RoomRight::Write),
        LaterCommand::Unsave { .. }
        | LaterCommand::Remind { at: None, .. }
        | LaterCommand::Reschedule { .. }
        | LaterCommand::Unschedule { .. } => Need::Account,
    }
}

/// Whether a change removes something.
pub fn is_small(change: &LaterCommand) -> bool {
    matches!(
        change,
        LaterCommand::Unsave { .. }
            | LaterCommand::Remind { at: None, .. }
            | LaterCommand::Unschedule { .. }
    )
}

/// Checks the time of something that the server shall do. A time in the past is due at once.
///
/// # Errors
/// `invalid` for a time that is too far ahead.
pub fn check_time(at: Timestamp, now: Timestamp) -> Result<(), Failure> {
    if at.since(now) <= MAX_AHEAD_MS {
        return Ok(());
    }
    Err(Failure::new(ErrorCode::Invalid, "Choose a time within a year."))
}
