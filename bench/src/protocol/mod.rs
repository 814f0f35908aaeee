//! Protocols of the servers under test, as far as a subscriber needs them.

pub mod frame;
pub mod handshake;
pub mod inflate;
pub mod nats;
pub mod peek;
pub mod socketio;
