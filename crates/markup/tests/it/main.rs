//! Tests of formatted text: a corpus, arbitrary texts, and the time that hostile texts take.

#![expect(
    clippy::unwrap_used,
    reason = "a failed expectation must fail the test; clippy exempts only the test functions"
)]

mod arbitrary;
mod corpus;
mod linear;
mod links;
mod notation;
