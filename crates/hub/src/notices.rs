//! Notices: who is to hear of what. Most of them follow from something else (a post, an order, a
//! message), and are stored together with that.

use madang_shared::Timestamp;
use madang_shared::notices::MAX_EXCERPT_CHARS;
use madang_shared::notices::{NoticeContent, NoticesCommand};

mod mentions;

pub use mentions::{Mention, mentions};

/// A decided change of what a user has read and wants to hear of, or of the demonstration. Whether it
/// is news, only the data can say; so the command is the change.
pub type Change = NoticesCommand;

/// Accepts every command: each is harmless when it finds nothing to change.
pub fn decide(command: NoticesCommand) -> Change {
    command
}

/// A notice whose time has come. Nobody commands it, so nobody is its author; what keeps it from
/// being told twice is its place in its schedule: an engine keeps how far each schedule has been told,
/// and that only moves forward.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum DueNotice {
    /// One of the operator's schedule.
    Scheduled {
        /// Names the schedule for ever: all that was said of it.
        schedule: String,
        /// The time that has come. Of a schedule that the engine has never heard of, this one and
        /// those before it count as told: it begins now, not in the past.
        due: Timestamp,
        /// What to tell.
        what: NoticeContent,
    },
    /// One of the demonstration that was started then, if it still runs; the last one ends it.
    Demonstrated {
        /// When it was started.
        started_at: Timestamp,
        /// Which one, from 1.
        number: u32,
    },
}

/// How a message begins, on one line.
pub fn excerpt(text: &str) -> String {
    let line = text.split_whitespace().collect::<Vec<_>>().join(" ");
    match line.char_indices().nth(MAX_EXCERPT_CHARS) {
        None => line,
        Some(_) => line.chars().take(MAX_EXCERPT_CHARS - 1).chain(['…']).collect(),
    }
}
