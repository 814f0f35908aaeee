//! The edge, over real sockets on loopback, with a foreign client.

#![expect(
    clippy::expect_used,
    clippy::indexing_slicing,
    clippy::panic,
    clippy::unwrap_used,
    reason = "a test that meets the unexpected must fail; clippy knows that of test functions only"
)]

mod assets;
mod connection;
mod cors;
mod delivery_api;
mod echo;
mod handshake;
mod lab_chat;
mod posts_api;
mod proxies;
mod session_api;
mod socketio;
mod test_server;
mod tls;
mod transports;
