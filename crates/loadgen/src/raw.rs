//! Subscribers that cost next to nothing, by the thousand, in one thread.
//!
//! The real client ([`crate::Driver`]) is right for judging what a user would see, and too dear for
//! measuring a server: it would burn more than the server under test. Here a subscriber is a socket in
//! an `epoll` set; of each frame the header and the few bytes that hold the topic and the place are
//! read, and nothing is allocated. What is lost, doubled or out of order is still seen, by the places.
//!
//! Linux only, as `/proc` is, which the measurements need anyhow. No runtime: a task per socket would
//! cost more than what it does, and one thread can be kept on one core.
//!
//! Reading order: [`frame`] and [`handshake`] (as much of RFC 6455 as a subscriber needs), [`glance`]
//! (what a frame says about itself), [`socketio`] and [`nats`] (what other servers' frames say), [`tally`]
//! (what is missing), [`crowd`] (the sockets), [`stage`] (a crowd that follows one stream, and speaks into
//! it).

pub mod crowd;
pub mod frame;
pub mod glance;
pub mod handshake;
pub mod inflate;
pub mod nats;
pub mod socketio;
pub mod stage;
pub mod tally;
mod wire;

pub use crowd::{Incoming, PresenceSummary};
pub use stage::{Dialect, Plan, Stage};
pub use tally::{Faults, Tally};
