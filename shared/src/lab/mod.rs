//! What the pages of the lab say over the wire. Nothing of it is stored, and no session is needed.

pub mod chat;
pub mod echo;
pub mod transports;
