//! Demonstrations of HTTP and WebSocket. None of them needs a session; with one, a user has slots of their own.

pub mod chat;
mod connection;
pub mod echo;
mod heartbeat;
pub mod http_call;
mod slots;
pub mod transports;
