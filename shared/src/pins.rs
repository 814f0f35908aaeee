//! Pinned messages of a room: those that its members want everybody to find.

use serde::{Deserialize, Serialize};

use crate::ids::{Timestamp, User};
use crate::position::Seq;

/// Pinned messages of one room.
pub const MAX_PINS: usize = 50;

/// A pinned message.
#[derive(Clone, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
pub struct Pin {
    /// The seq of the message.
    pub message: Seq,
    /// The user who pinned it.
    pub by: User,
    /// When the server stored that.
    pub at: Timestamp,
}

/// Adds a pinned message, or removes it. The pinned messages of a room are in the order in which they were pinned.
pub fn pin(pins: &mut Vec<Pin>, change: Pin, is_on: bool) {
    let found = pins.iter().position(|pin| pin.message == change.message);
    match (found, is_on) {
        (None, true) => pins.push(change),
        (Some(index), false) => {
            pins.remove(index);
        }
        (Some(_), true) | (None, false) => {}
    }
}
