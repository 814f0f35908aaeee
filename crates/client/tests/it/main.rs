//! The client, tested as what it is: inputs and outputs. (How it fares with a real hub, the
//! simulation in `madang-hub` shows.)

#![expect(
    clippy::unwrap_used,
    clippy::expect_used,
    reason = "a test that meets the unexpected must fail; clippy knows that of test functions only"
)]

mod connection;
mod counter;
mod notices;
mod offline_cache;
mod orders;
mod outbox;
mod posts;
mod price;
mod support;
mod views;
