//! Notices: stored sentences for one user or for every user. Most of them are caused by another
//! feature (a post, an order, a message), and are stored in the same transaction.

mod mentions;

use madang_shared::grants::{Grant, Grants};
use madang_shared::ids::MAX_CLOCK_CORRECTION_MS;
use madang_shared::notices::MAX_EXCERPT_CHARS;
use madang_shared::notices::{InboxEvent, NoticeContent, NoticesCommand};
use madang_shared::{Event, Timestamp, codec};
use unicode_segmentation::UnicodeSegmentation;

use crate::log::LogEntry;
use crate::policy::rights::Need;

pub use self::mentions::{Mention, mention_signs, mentions};

/// A scheduled notice whose time has come. It has no author. The store keeps a high-water mark for each
/// schedule, so a restart never repeats a notice; see [`schedule_step`].
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum DueNotice {
    /// A notice of the operator's schedule.
    Scheduled {
        /// The identity of the schedule: its whole definition.
        schedule: String,
        /// The time at which the notice was due. For a schedule that is new to the store, this time and
        /// all earlier ones count as done: the schedule begins now, not in the past.
        due: Timestamp,
        /// The content of the notice.
        what: NoticeContent,
    },
    /// A notice of the demonstration, if the demonstration still runs. The last notice ends it.
    Demonstrated {
        /// The start of the demonstration.
        started_at: Timestamp,
        /// The number of the notice, from 1.
        number: u32,
    },
}

/// The step of a schedule when one of its notices is due.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum ScheduleStep {
    /// The notice is appended, and the high-water mark moves to its time.
    Append,
    /// The notice was appended before.
    Done,
    /// The schedule begins now: the mark moves to the time of the notice, which counts as done.
    Begin {
        /// Whether there was a mark that lies in the future. A clock that was wrong has set it, and the
        /// schedule would be silent until then.
        was_ahead: bool,
    },
}

/// The step of a schedule with this high-water mark, when a notice was due at `due`.
pub fn schedule_step(mark: Option<Timestamp>, due: Timestamp, now: Timestamp) -> ScheduleStep {
    match mark {
        None => ScheduleStep::Begin { was_ahead: false },
        Some(mark) if mark.since(now) > MAX_CLOCK_CORRECTION_MS => {
            ScheduleStep::Begin { was_ahead: true }
        }
        Some(mark) if due <= mark => ScheduleStep::Done,
        Some(_) => ScheduleStep::Append,
    }
}

/// Whether the event replaces earlier ones of its inbox: those that quote a deleted room or message.
pub fn is_redaction(entry: &LogEntry) -> bool {
    matches!(
        codec::decode_event(&entry.content),
        Ok(Event::Inbox(InboxEvent::RoomDeleted(_) | InboxEvent::MessageDeleted { .. }))
    )
}

/// The need of a change.
pub fn needs(change: &NoticesCommand) -> Need {
    match change {
        NoticesCommand::Demo { .. } => Need::AnyGrant(Grants::of(&[Grant::Demonstrate])),
        NoticesCommand::Read { .. } | NoticesCommand::ReadAll(_) | NoticesCommand::Mute { .. } => {
            Need::Account
        }
    }
}

/// Whether a change adds almost nothing: read marks, and the end of the demonstration.
pub fn is_small(change: &NoticesCommand) -> bool {
    match change {
        NoticesCommand::Read { .. }
        | NoticesCommand::ReadAll(_)
        | NoticesCommand::Demo { on: false } => true,
        NoticesCommand::Mute { .. } | NoticesCommand::Demo { on: true } => false,
    }
}

/// The beginning of a message, on one line, at most [`MAX_EXCERPT_CHARS`] characters. It ends between
/// grapheme clusters (UAX 29): an emoji, a flag or a syllable is shown whole or not at all.
pub fn excerpt(text: &str) -> String {
    let line = text.split_whitespace().collect::<Vec<_>>().join(" ");
    let Some((limit, _)) = line.char_indices().nth(MAX_EXCERPT_CHARS - 1) else {
        return line;
    };
    if line.char_indices().nth(MAX_EXCERPT_CHARS).is_none() {
        return line;
    }
    let ends = line.grapheme_indices(true).map(|(start, _)| start);
    let end = ends.take_while(|end| *end <= limit).last().filter(|end| *end > 0);
    // A first cluster that is longer than an excerpt is cut.
    let shown = line.get(..end.unwrap_or(limit)).unwrap_or_default();
    format!("{shown}…")
}
