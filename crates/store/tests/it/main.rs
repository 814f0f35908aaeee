//! The contract suite of all engines, and the tests of each engine alone.

#![expect(
    clippy::expect_used,
    clippy::indexing_slicing,
    clippy::panic,
    reason = "a test that meets the unexpected must fail; clippy knows that of test functions only"
)]

mod contract;
mod inline;
mod moving;
mod permissions;
mod postgres;
mod sqlite;
mod support;
