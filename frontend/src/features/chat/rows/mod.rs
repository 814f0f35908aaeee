//! The rows of the timeline: [`fold`] turns messages into rows, [`incremental`] updates them without folding all
//! messages again.

mod fold;
mod incremental;

use std::collections::VecDeque;
use std::hash::Hash;

use madang_client::views::chat::PresenceSummary;
use madang_client::{PendingCommand, PendingState};
use madang_shared::{CommandId, Message, RoomId, Seq, Timestamp, UserId};

use crate::ui::virtual_list::ListRow;

pub(crate) use incremental::IncrementalRows;

/// Messages of one author in one minute of the clock form a group, which shows its author and its time once.
const MINUTE_MS: u64 = 60 * 1_000;

/// The state of one of the user's own messages.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub(crate) enum Delivery {
    /// It waits for the connection.
    Pending,
    /// It is sent, but not stored yet.
    Sent,
    /// It is in the log.
    Stored,
    /// It was refused.
    Failed,
}

impl Delivery {
    pub(crate) fn inputs(state: &PendingState) -> Self {
        match state {
            PendingState::Waiting => Self::Pending,
            PendingState::Sent => Self::Sent,
            PendingState::Stored(_) => Self::Stored,
            PendingState::Failed(_) => Self::Failed,
        }
    }

    pub(crate) fn name(self) -> &'static str {
        match self {
            Self::Pending => "pending",
            Self::Sent => "sent",
            Self::Stored => "stored",
            Self::Failed => "failed",
        }
    }
}

/// A row of the timeline. It holds the values that decide how the row looks; texts stay in the client.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub(crate) enum Row {
    /// Older messages exist and will be loaded.
    Older,
    /// The beginning of the room.
    Start,
    /// The first row of a day.
    Day { start: Timestamp },
    /// The line above the first new message; `after` is the read mark when the line was placed.
    New { after: Seq },
    /// The users who joined and left after this message; `stamp` changes with the names.
    PresenceSummary { after: Seq, stamp: u64 },
    /// A message.
    Message(MessageRow),
}

/// The row of a message.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub(crate) struct MessageRow {
    pub(crate) author: UserId,
    pub(crate) command: CommandId,
    /// None until the message is stored.
    pub(crate) seq: Option<Seq>,
    pub(crate) delivery: Delivery,
    pub(crate) mine: bool,
    /// The first message of its group, which shows the name.
    pub(crate) head: bool,
    /// The last message of its group, which shows the time.
    pub(crate) tail: bool,
    /// A hash of the guest that the author relays: messages of two guests are not one group.
    guest: Option<u64>,
    /// The message that it answers.
    reply_to: Option<Seq>,
    /// The approximate length of the text, for the estimated height.
    length: u16,
    /// Changes with everything else that the row shows.
    stamp: u64,
}

/// Identifies a row, even when its content changes.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub(crate) enum RowKey {
    Older,
    Start,
    New(Seq),
    Day(Timestamp),
    PresenceSummary(Seq),
    /// A command id is unique for its author.
    Message(UserId, CommandId),
}

// Estimated heights of rows that were never drawn, in pixels, after `style.css` in the folder above. A wrong
// estimate costs one more measurement, nothing else.
/// `--leading` times `--font-15`.
const LINE_HEIGHT: f64 = 24.0;
/// `.chat-bubble` around one line.
const ONE_LINE_BUBBLE: f64 = 42.0;
/// `.chat-quote` with its margin.
const QUOTE_HEIGHT: f64 = 28.0;
/// The padding of `.chat-message[data-head="true"]`.
const GROUP_GAP: f64 = 12.0;
/// The padding of every other `.chat-message`.
const MESSAGE_GAP: f64 = 3.0;
/// `.chat-divider-start`.
const START_HEIGHT: f64 = 96.0;
/// `.chat-divider-day`.
const DAY_HEIGHT: f64 = 52.0;
/// `.chat-divider`.
const DIVIDER_HEIGHT: f64 = 36.0;
/// Latin characters per line of a bubble on a phone.
const CHARS_PER_LINE: u16 = 36;

impl ListRow for Row {
    type Key = RowKey;

    fn key(&self) -> RowKey {
        match self {
            Self::Older => RowKey::Older,
            Self::Start => RowKey::Start,
            Self::New { after } => RowKey::New(*after),
            Self::Day { start } => RowKey::Day(*start),
            Self::PresenceSummary { after, .. } => RowKey::PresenceSummary(*after),
            Self::Message(row) => RowKey::Message(row.author, row.command),
        }
    }

    fn estimate(&self) -> f64 {
        match self {
            Self::Message(row) => {
                let name = if row.head && !row.mine { LINE_HEIGHT } else { 0.0 };
                let gap = if row.head { GROUP_GAP } else { MESSAGE_GAP };
                let quote = if row.reply_to.is_some() { QUOTE_HEIGHT } else { 0.0 };
                let more_lines = f64::from(row.length / CHARS_PER_LINE);
                ONE_LINE_BUBBLE + quote + name + gap + more_lines * LINE_HEIGHT
            }
            Self::Start => START_HEIGHT,
            Self::Older | Self::Day { .. } => DAY_HEIGHT,
            Self::New { .. } | Self::PresenceSummary { .. } => DIVIDER_HEIGHT,
        }
    }

    fn steady(&self) -> bool {
        matches!(self, Self::Message(_))
    }
}

/// The input of the rows.
pub(crate) struct Scene<'a> {
    pub(crate) room: RoomId,
    pub(crate) me: UserId,
    /// Unchanged as long as messages were only added at either end.
    pub(crate) edition: u64,
    pub(crate) messages: &'a VecDeque<Message>,
    pub(crate) has_older: bool,
    pub(crate) presence: &'a [PresenceSummary],
    /// Whether the rows show the presence summaries.
    pub(crate) shows_presence: bool,
    /// The read mark: messages after it are new.
    pub(crate) new_after: Option<Seq>,
    pub(crate) outbox: &'a [PendingCommand],
    /// The latest time that one of the user's own messages can show.
    pub(crate) now: Timestamp,
    /// The message whose text the user changes now.
    pub(crate) in_editor: Option<Seq>,
}

#[cfg(test)]
mod tests;
