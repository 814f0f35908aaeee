//! What the timeline shows, row by row: [`fold`] makes rows of messages, [`keeper`] keeps them up with what is
//! said without looking at all of it again.

mod fold;
mod keeper;

use std::collections::VecDeque;
use std::hash::Hash;

use madang_client::timeline::PresenceSummary;
use madang_client::{PendingCommand, PendingState};
use madang_shared::{CommandId, Message, RoomId, Seq, Timestamp, UserId};

use crate::ui::virtual_list::{ListRow, RowKey};

pub(crate) use keeper::Keeper;

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

impl ListRow for Row {
    fn key(&self) -> RowKey {
        match self {
            Self::Older => 1,
            Self::Start => 2,
            Self::New => 3,
            Self::Day { start } => start.0 ^ (1 << 60),
            Self::PresenceSummary { after, .. } => after.0 ^ (1 << 61),
            Self::Message(row) => {
                let (high, low) = row.command.0.as_u64_pair();
                high.rotate_left(17) ^ low ^ row.author.0.wrapping_mul(0x9E37_79B9_7F4A_7C15)
            }
        }
    }

    fn estimate(&self) -> f64 {
        match self {
            Self::Message(row) => {
                let name = if row.head && !row.mine { 22.0 } else { 0.0 };
                let gap = if row.head { 12.0 } else { 3.0 };
                40.0 + name + gap + f64::from(row.length / 36) * 22.0
            }
            Self::Start => 96.0,
            Self::Older | Self::Day { .. } => 52.0,
            Self::New | Self::PresenceSummary { .. } => 36.0,
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
    pub(crate) outbox: &'a [PendingCommand],
    /// No message of one's own is shown as later than this.
    pub(crate) now: Timestamp,
}

#[cfg(test)]
mod tests;
