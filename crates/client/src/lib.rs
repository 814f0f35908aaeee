//! The client of Madang as a state machine without I/O.
//!
//! The browser app, the load generator and the tests all drive this one [`Client`]. They open
//! sockets, carry text, measure time and draw random numbers, and pass all of it in as [`Input`].
//! The client returns [`Output`]s to execute, and holds the views to show. So the same code of
//! resuming, gaps, order and exactly-once commands also runs over a simulated network.
//!
//! Reading order: [`client`] (the state machine), [`connection`] (connecting and reconnecting),
//! [`outbox`] (commands that are not stored yet), [`streams`] (positions and gaps), [`action`] and
//! [`mod@slice`], then [`features`] with the table of views, and the [`views`].

#[macro_use]
mod view_table;

pub mod action;
pub mod backoff;
pub mod client;
pub mod connection;
pub mod features;
pub mod outbox;
pub mod slice;
pub mod streams;
pub mod vec_map;
mod view;
pub mod views;

pub use action::Action;
pub use client::{CachedState, Client, Input, InputContext, Output};
pub use connection::{ConnectionState, DisconnectReason};
pub use features::{Features, NewLazyViews};
pub use outbox::{PendingCommand, PendingState, QueuedCommand};
pub use slice::Slice;
pub use vec_map::{VecMap, VecSet};
