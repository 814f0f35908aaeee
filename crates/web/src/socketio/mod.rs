//! `/socket.io/`: a gateway for Socket.IO clients, on the same log as the app.
//!
//! An event of a client becomes a command, on the path of all commands. Every event that is appended to a room, to the
//! posts or to the orders goes to all clients, in the events of the tutorials from which these clients come
//! (`outbound`). A client is a guest: it has no session, the gateway drops its cookies, and its actions are never
//! those of a user.
//!
//! `socketioxide` implements the protocol. The rest is here:
//! - [`mod@routes`] and `admission`: access, slots, the upgrade; `polling`: the bodies of long polling, and
//!   `engineio_v3`, their form in the oldest clients; `timeout_stream`: connections that neither read nor end;
//!   `inbound_frames` and `packets`: packets that the engine cannot read; `waiting_bytes`: limits for waiting packets and events.
//! - `server`: start and stop; `gateway`: the shared state.
//! - `client` and `client_task`: the events of one client, in their order (`inbound`).
//! - `follower`: one session of the hub for all clients; `subscribers`: the clients of each topic; `replay`: missed
//!   events; `receipts`: the clients' confirmations; `originals`: the objects from which messages are made; `other_nodes`:
//!   the gateways of the other nodes.

mod admission;
mod client;
mod client_task;
mod client_topics;
mod engineio_v3;
mod follower;
mod gateway;
mod inbound;
mod inbound_frames;
mod limits;
mod originals;
mod other_nodes;
mod outbound;
mod packets;
mod polling;
mod receipts;
mod replay;
pub mod routes;
mod server;
pub mod settings;
mod slot;
mod subscribers;
mod timeout_stream;
mod token;
mod waiting_bytes;

pub use settings::{Exposure, PresenceEvents, Settings};
