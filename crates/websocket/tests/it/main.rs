//! The server side of WebSockets, tested from the client's side: raw bytes, a third-party client,
//! arbitrary input.

#![cfg(test)]
#![expect(
    clippy::cast_possible_truncation,
    clippy::cast_sign_loss,
    clippy::decimal_bitwise_operands,
    reason = "the tests build bytes from numbers, and the RFC writes lengths as decimals"
)]

mod bytes;
mod close;
mod compression;
mod framing;
mod handshake;
mod limits;
mod mutations;
mod negotiation;
mod properties;
mod server;
mod socket;
mod text;
mod third_party;
mod tls;
