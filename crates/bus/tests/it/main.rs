//! The bus over a real NATS server, which each test starts and ends.

#![expect(
    clippy::expect_used,
    clippy::panic,
    clippy::unwrap_used,
    reason = "an unexpected value must fail the test; clippy exempts test functions only, not their helpers"
)]

mod nats;
mod nats_server;
mod security;
