//! The WebSocket of the app's protocol, in reading order: `upgrade` and `handshake`, `connection` (the loop of one
//! connection), `transport` (frames on an open socket), `sink` (for the fan-out), `open_sessions` (a sign-out ends
//! connections).

pub mod connection;
pub mod handshake;
pub mod open_sessions;
pub(crate) mod pacing;
mod sink;
pub mod transport;
pub mod upgrade;
