//! The domain, tested from outside: without sockets, clocks or disks.

#![expect(
    clippy::expect_used,
    clippy::indexing_slicing,
    clippy::unwrap_used,
    reason = "a test that meets the unexpected must fail; clippy knows that of test functions only"
)]

mod fan_out;
mod notices;
mod orders;
mod policy;
mod presence;
mod price;
mod redaction;
mod session;
mod simulation;
mod sinks;
mod test_client;
