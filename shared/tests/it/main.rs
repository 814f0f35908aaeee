//! Tests of the wire: samples, the schema, and arbitrary input.

#![expect(
    clippy::unwrap_used,
    reason = "a failed expectation must fail the test; clippy exempts only the test functions"
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
