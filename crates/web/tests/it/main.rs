//! The edge, over real sockets on loopback, with a foreign client.

#![expect(
    clippy::expect_used,
    clippy::indexing_slicing,
    clippy::panic,
    clippy::unwrap_used,
    reason = "a test that meets the unexpected must fail; clippy knows that of test functions only"
)]

mod app;
mod assets;
mod cross_origin;
mod delivery_api;
mod echo;
mod handshake;
mod posts_api;
mod proxies;
mod session_api;
mod side_by_side;
mod socket;
mod socketio;
mod tls;
mod transports;
