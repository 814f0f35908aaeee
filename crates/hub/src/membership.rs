//! Which rooms a user has joined, and how far the user has read. Whether a mark moves, and what is
//! unread then, only the data can say; so the command is the change.

use madang_shared::membership::MembershipCommand;

/// A decided change of a user's memberships.
pub type Change = MembershipCommand;

/// Accepts every command: each is harmless when it finds nothing to change.
pub fn decide(command: MembershipCommand) -> Change {
    command
}
