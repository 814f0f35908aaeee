//! The engines behind the domain's [`Bus`](madang_hub::bus::Bus) that connect nodes over a network. The engine for nodes in one
//! process is in the domain itself.
//!
//! Reading order: [`options`] (where NATS is, and how to sign in), [`nats`] (the connection).

pub mod nats;
pub mod options;

pub use nats::{NatsBus, NatsBusError};
pub use options::{NatsOptions, OptionsError, SignIn};
