//! What the timeline shows, row by row: [`fold`] makes rows of messages, [`incremental`] keeps them up with what is
//! said without looking at all of it again.

mod fold;
mod incremental;

use std::collections::VecDeque;
use std::hash::Hash;

use madang_client::timeline::PresenceSummary;
use madang_client::{Pending, PendingState};
use madang_shared::{CommandId, Message, RoomId, Seq, Timestamp, UserId};

use crate::ui::virtual_list::ListRow;

pub(crate) use incremental::IncrementalRows;

/// Messages of one author with less than this between them stand together, in milliseconds.
const TOGETHER_MS: u64 = 5 * 60 * 1_000;

/// How far a message of one's own has got.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub(crate) enum Delivery {
    /// It waits for the connection.
    Pending,
    /// It is on its way.
    Sent,
    /// It is in the log.
    Stored,
    /// It was refused.
    Failed,
}

impl Delivery {
    pub(crate) fn of(state: &PendingState) -> Self {
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

/// A row of the timeline. It holds what decides how the row looks; texts stay where they are.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub(crate) enum Row {
    /// Older messages are there and will come.
    Older,
    /// There is nothing before this.
    Start,
    /// A day begins; the moment lies in it.
    Day { start: Timestamp },
    /// Where the reader left off.
    New,
    /// Who came and who went after this message; `stamp` changes with the names.
    PresenceSummary { after: Seq, stamp: u64 },
    /// Something was said.
    Message(MessageRow),
}

/// The row of a message.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub(crate) struct MessageRow {
    pub(crate) author: UserId,
    pub(crate) command: CommandId,
    /// None until it is known to be in the log.
    pub(crate) seq: Option<Seq>,
    pub(crate) delivery: Delivery,
    pub(crate) mine: bool,
    /// The first of those that stand together: it tells the name.
    pub(crate) head: bool,
    /// The last of them: it tells the time.
    pub(crate) tail: bool,
    /// Whom the author speaks for, if not for itself: two guests' messages do not stand together.
    guest: Option<u64>,
    /// About how long it is; for the guess at its height.
    length: u16,
}

/// Identifies a row, even when its content changes.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub(crate) enum RowKey {
    Older,
    Start,
    New,
    Day(Timestamp),
    PresenceSummary(Seq),
    /// A command id is unique for its author.
    Message(UserId, CommandId),
}

// Estimated heights of rows that were never drawn, in pixels, after `style.css` in the folder above. A wrong
// estimate costs one more measurement, nothing else.
/// `--leading` times `--text-md`.
const LINE_HEIGHT: f64 = 22.0;
/// `.chat-bubble` around one line.
const ONE_LINE_BUBBLE: f64 = 40.0;
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
            Self::New => RowKey::New,
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
                let more_lines = f64::from(row.length / CHARS_PER_LINE);
                ONE_LINE_BUBBLE + name + gap + more_lines * LINE_HEIGHT
            }
            Self::Start => START_HEIGHT,
            Self::Older | Self::Day { .. } => DAY_HEIGHT,
            Self::New | Self::PresenceSummary { .. } => DIVIDER_HEIGHT,
        }
    }

    fn steady(&self) -> bool {
        matches!(self, Self::Message(_))
    }
}

/// All that the rows are made from.
pub(crate) struct Scene<'a> {
    pub(crate) room: RoomId,
    pub(crate) me: UserId,
    /// While this stays, messages were added at either end, and nothing else happened to them.
    pub(crate) edition: u64,
    pub(crate) messages: &'a VecDeque<Message>,
    pub(crate) has_older: bool,
    pub(crate) crowds: &'a [PresenceSummary],
    /// The reader left off after this.
    pub(crate) new_after: Option<Seq>,
    pub(crate) outbox: &'a [Pending],
    /// No message of one's own is shown as later than this.
    pub(crate) now: Timestamp,
}

#[cfg(test)]
mod tests;
