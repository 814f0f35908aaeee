//! The wire, held to its word: golden samples, a schema, and arbitrary input.

#![expect(
    clippy::unwrap_used,
    reason = "a test that meets the unexpected must fail; clippy knows that of test functions only"
)]

mod bless;
mod codec;
mod compact;
mod delivery;
mod golden;
mod notices;
mod orders;
mod samples;
mod schema;
mod validate;
