//! The kinds of notices, which users mute.

use serde::{Deserialize, Serialize};

/// The kind of a notice; a user can mute each kind.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
#[serde(rename_all = "snake_case")]
pub enum NoticeKind {
    /// The user was mentioned or answered in a room.
    Mention,
    /// The status of the user's order changed.
    OwnOrder,
    /// An order was placed.
    Order,
    /// A post was written.
    Post,
    /// A scheduled notice.
    Schedule,
    /// A report for moderators, or the outcome of the user's own report.
    Report,
    /// A reminder of a saved message.
    Reminder,
}

impl NoticeKind {
    /// Every kind, in the order of the settings page.
    pub const ALL: [Self; 7] = [
        Self::Mention,
        Self::Reminder,
        Self::OwnOrder,
        Self::Order,
        Self::Post,
        Self::Schedule,
        Self::Report,
    ];
}

/// Mutes or unmutes a kind. Returns whether `muted` changed; it stays ascending.
pub fn mute(muted: &mut Vec<NoticeKind>, kind: NoticeKind, mute: bool) -> bool {
    match (muted.binary_search(&kind), mute) {
        (Ok(index), false) => {
            muted.remove(index);
            true
        }
        (Err(index), true) => {
            muted.insert(index, kind);
            true
        }
        _ => false,
    }
}
