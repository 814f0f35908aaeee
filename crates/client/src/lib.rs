//! The client of Madang as a state machine without I/O.
//!
//! The browser app, the load generator and the tests all drive this one [`Client`]: they open
//! sockets, carry text, keep the time and draw random numbers, and hand all of it in as [`Input`];
//! what comes back are [`Output`]s to carry out, and views to show. So the logic that must never be
//! wrong (resume, gaps, order, sending once) runs unchanged under a simulated network.
//!
//! Reading order: [`client`] (the machine), [`link`] (connecting and reconnecting), [`outbox`] (what
//! was not acknowledged yet), [`streams`] (positions and gaps), [`action`], [`sorted`] (small maps),
//! then [`features`] and the views it keeps: [`rooms`], [`membership`], [`timeline`], [`presence`],
//! [`counter`], [`sentiment`], [`posts`], [`price`], [`orders`], [`notices`].

pub mod action;
pub mod backoff;
pub mod client;
pub mod connection;
pub mod counter;
pub mod features;
pub mod membership;
pub mod notices;
pub mod orders;
pub mod outbox;
pub mod posts;
pub mod presence;
pub mod price;
mod reading;
pub mod rooms;
pub mod sentiment;
pub mod streams;
pub mod timeline;
pub mod vec_map;

pub use action::{Action, Slice};
pub use client::{CachedState, Client, Input, InputContext, Output};
pub use connection::{ConnectionState, DisconnectReason};
pub use features::Features;
pub use outbox::{Pending, PendingState};
pub use vec_map::{VecMap, VecSet};
