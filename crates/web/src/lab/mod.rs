//! Demonstrations of HTTP and WebSocket. None of them has a session or a store.

pub mod chat;
mod connection;
pub mod echo;
mod heartbeat;
pub mod http_call;
pub mod transports;
