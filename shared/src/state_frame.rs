//! The text of a frame with a topic's state, in three parts: start, middle and end. The middle is the same for every
//! reader of the topic, so the server encodes it once. The text is that of [`ServerFrame::Snapshot`] or
//! [`ServerFrame::Reset`].
//!
//! [`ServerFrame::Snapshot`]: crate::ServerFrame::Snapshot
//! [`ServerFrame::Reset`]: crate::ServerFrame::Reset

use crate::chat::ChatPage;
use crate::codec::encode_part;
use crate::features::{Snapshot, Topic};
use crate::membership::Membership;
use crate::pins::Pin;
use crate::position::Position;
use crate::rooms::Room;

/// The text of a snapshot, up to the part that belongs to one reader.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct SharedSnapshot(String);

/// The rest of the text, which belongs to one reader. Most snapshots have no such part.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct OwnSnapshot(String);

impl From<Snapshot> for SharedSnapshot {
    /// A snapshot that is the same for every reader.
    fn from(snapshot: Snapshot) -> Self {
        Self(encode_part(&snapshot))
    }
}

impl From<(Room, ChatPage, Vec<Pin>)> for SharedSnapshot {
    /// [`ChatSnapshot::room`](crate::chat::ChatSnapshot::room), [`ChatSnapshot::page`](crate::chat::ChatSnapshot::page) and
    /// [`ChatSnapshot::pins`](crate::chat::ChatSnapshot::pins).
    fn from((room, page, pins): (Room, ChatPage, Vec<Pin>)) -> Self {
        let (room, page) = (encode_part(&room), encode_part(&page));
        let pins = if pins.is_empty() {
            String::new()
        } else {
            format!(r#","pins":{}"#, encode_part(&pins))
        };
        Self(format!(r#"{{"chat":{{"room":{room},"page":{page}{pins}"#))
    }
}

impl From<Membership> for OwnSnapshot {
    /// [`ChatSnapshot::membership`](crate::chat::ChatSnapshot::membership).
    fn from(membership: Membership) -> Self {
        Self(format!(r#","membership":{}}}}}"#, encode_part(&membership)))
    }
}

/// The start: the kind of the frame.
pub fn start(is_reset: bool) -> &'static str {
    if is_reset { r#"{"reset":"# } else { r#"{"snapshot":"# }
}

/// The middle: the state of a topic at a position.
pub fn middle(
    topic: Topic,
    position: Position,
    SharedSnapshot(snapshot): &SharedSnapshot,
) -> String {
    let position = encode_part(&position);
    format!(r#"{{"topic":"{topic}","position":{position},"snapshot":{snapshot}"#)
}

/// The end.
pub fn end(OwnSnapshot(snapshot): OwnSnapshot) -> String {
    snapshot + "}}"
}
