//! HTTP and sockets, over real connections on loopback, with foreign clients.

#![expect(
    clippy::expect_used,
    clippy::indexing_slicing,
    clippy::panic,
    clippy::unwrap_used,
    reason = "a test must fail on an unexpected value; clippy exempts test functions only"
)]

mod access_tokens;
mod accounts;
mod administration;
mod apps;
// The authenticator and the provider that also lie, of the tests of the identity package.
mod assets;
#[path = "../../../identity/tests/it/authenticator.rs"]
mod authenticator;
mod budgets;
mod confirmation;
mod connection;
mod cors;
mod credentials;
mod delivery_api;
mod echo;
mod erasure;
mod factors;
mod foreign_hosts;
mod handshake;
mod health;
mod json_object;
mod lab_chat;
mod lab_slots;
mod mail;
mod moderation;
mod ownership;
mod permission_walk;
mod posts_api;
mod private_rooms;
#[path = "../../../identity/tests/it/provider.rs"]
mod provider;
mod proxies;
mod requested_host;
mod rooms_api;
mod session_api;
// The mail server of the tests of the mail package.
#[path = "../../../mail/tests/it/smtp_server.rs"]
#[expect(dead_code, reason = "its own tests use more of it")]
mod smtp_server;
mod socketio;
mod storage;
mod test_server;
mod tls;
mod transports;
mod workspace;
