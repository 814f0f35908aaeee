//! The one place that lists the features: each command goes to its feature's `decide`, and comes
//! back as a change for the store.

use madang_shared::{Command, Failure};

use crate::{chat, membership, rooms};

/// A command that its feature has accepted, checked and normalised; the store makes it durable.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Change {
    /// See [`rooms::Change`].
    Rooms(rooms::Change),
    /// See [`membership::Change`].
    Membership(membership::Change),
    /// See [`chat::Change`].
    Chat(chat::Change),
}

/// What the command changes, as far as that can be said without the data.
///
/// # Errors
/// The feature's refusal.
pub fn decide(command: Command) -> Result<Change, Failure> {
    Ok(match command {
        Command::Rooms(command) => Change::Rooms(rooms::decide(command)?),
        Command::Membership(command) => Change::Membership(membership::decide(command)),
        Command::Chat(command) => Change::Chat(chat::decide(command)?),
    })
}
