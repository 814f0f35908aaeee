//! The edge, over real sockets on loopback, with a foreign client.

mod app;
mod assets;
mod handshake;
mod session_api;
mod socket;
