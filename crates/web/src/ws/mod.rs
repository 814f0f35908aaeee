//! The socket of the app's protocol, from the outside in: the handshake, the connection loop, frames on the wire.

pub mod connection;
pub mod handshake;
pub mod heartbeat;
pub mod open_sessions;
mod sink;
pub mod transport;
pub mod upgrade;
