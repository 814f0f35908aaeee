//! The domain, tested from outside: without sockets, clocks or disks.

#![expect(
    clippy::expect_used,
    clippy::indexing_slicing,
    clippy::unwrap_used,
    reason = "a test that meets the unexpected must fail; clippy knows that of test functions only"
)]

mod desk;
mod fanout;
mod notices;
mod orders;
mod outlets;
mod policy;
mod presence;
mod price;
mod session;
mod simulation;
mod taken_back;
