//! The parts of a topic that do not depend on a feature: its durability, its id, and the id's spelling.
//! The topics themselves are in [`crate::features`].

use thiserror::Error;

use crate::ids::{RoomId, UserId};

/// The durability of a topic's events. It follows from the type of the topic and cannot be configured.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Durability {
    /// An event is stored before any client receives it, and survives restarts. A client can resume
    /// from any position that the log still holds.
    Durable,
    /// The state is kept in memory only. A subscriber that falls behind gets a new snapshot.
    Ephemeral,
}

/// The text is not the name of a topic that this version knows.
#[derive(Clone, Debug, PartialEq, Eq, Error)]
#[error("there is no topic named `{0}`")]
pub struct UnknownTopic(pub String);

/// The id in a topic's name, and the read access that follows from it.
pub(crate) trait TopicId: Sized {
    /// The one user who may read the topic.
    fn owner(self) -> Option<UserId> {
        None
    }

    /// The room that a subscriber must have joined.
    fn room(self) -> Option<RoomId> {
        None
    }
}

impl TopicId for UserId {
    fn owner(self) -> Option<UserId> {
        Some(self)
    }
}

impl TopicId for RoomId {
    fn room(self) -> Option<RoomId> {
        Some(self)
    }
}

/// Reads the id after the colon. There is one spelling per topic: `u64::from_str` would also take
/// `+7` and `007`.
pub(crate) fn parse_id(text: &str) -> Option<u64> {
    let canonical =
        text.bytes().all(|b| b.is_ascii_digit()) && (text == "0" || !text.starts_with('0'));
    canonical.then(|| text.parse().ok()).flatten()
}
