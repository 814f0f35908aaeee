//! The classifier through its public function.

#![expect(
    clippy::unwrap_used,
    clippy::panic,
    reason = "a test that meets the unexpected must fail; clippy knows that of test functions only"
)]

mod bounds;
mod facts;
mod sample;
