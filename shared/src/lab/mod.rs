//! The messages of the lab's pages. They are not stored and need no session.

pub mod chat;
pub mod echo;
pub mod transports;

/// The connections of a lab page are shared: a signed-in user, or the visitors without a session of one network, hold at
/// most one in this number of them. Further ones are refused with status 503.
pub const SLOT_SHARES: usize = 4;
