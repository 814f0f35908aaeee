//! The follower with scripted sources, in paused time; and the engines with a test exchange on
//! loopback, over real sockets.

#![expect(
    clippy::expect_used,
    clippy::indexing_slicing,
    clippy::panic,
    clippy::unwrap_used,
    reason = "a test that meets the unexpected must fail; clippy knows that of test functions only"
)]

mod bans;
mod fallback;
mod formats;
mod misbehaviour;
mod over_sockets;
mod parsers;
mod simulated;
mod support;
mod tls;
mod watching;
