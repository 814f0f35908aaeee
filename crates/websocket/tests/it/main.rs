//! The server's side of a WebSocket, from the client's: raw bytes, foreign clients, arbitrary input.

#![cfg(test)]
#![expect(
    clippy::cast_possible_truncation,
    clippy::cast_sign_loss,
    clippy::decimal_bitwise_operands,
    reason = "bytes are made of numbers here, and lengths stand in the RFC as decimals"
)]

mod bytes;
mod close;
mod compression;
mod foreign;
mod framing;
mod fuzz;
mod handshake;
mod limits;
mod negotiation;
mod properties;
mod server;
mod socket;
mod text;
mod tls;
