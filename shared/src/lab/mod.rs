//! The messages of the lab's pages. They are not stored and need no session.

pub mod chat;
pub mod echo;
pub mod transports;
