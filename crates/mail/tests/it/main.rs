//! The package against a mail server on loopback that also refuses, hangs, and recovers.

#![expect(
    clippy::unwrap_used,
    clippy::expect_used,
    reason = "a test that cannot continue fails at once"
)]

mod mailer;
mod smtp_server;
