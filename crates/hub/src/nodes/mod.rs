//! Several nodes over one log.
//!
//! A node publishes its own commits with their contents. Of the commits of the other nodes it hears that a topic has
//! advanced (see [`crate::bus`]), or finds it by polling the heads of its topics. It then **follows** the topic: it
//! reads the new events from the log once, and publishes them exactly as its own.
//!
//! **A node applies events in order.** An event of its own that lies beyond the head of the topic waits until the node
//! has followed the events of the other nodes before it.
//!
//! **A head that moved without its events** (a subscriber's read has found it first, or the gap is large) means that
//! anything may have happened: an earlier event was redacted, a user has left a room. The node drops its copies of the
//! topic, and checks the access again.

mod counts;
mod exchange;
mod follow;
mod following;
mod gateways;
pub mod message;
mod node_id;
mod outgoing;
pub mod presence_message;
mod replaced_log;

pub use follow::FollowRead;
pub(crate) use follow::SharedLog;
pub use node_id::NodeId;
pub(crate) use outgoing::Outgoing;
pub(crate) use replaced_log::LogReplacement;

/// The silence after which a node is taken for dead, in milliseconds. A living node sends a message at least every 4 s.
pub const NODE_EXPIRY_MS: u64 = 12_000;
/// The interval at which a node repeats that an ephemeral topic has subscribers, in milliseconds.
pub(crate) const NEEDED_RENEW_MS: u64 = 4_000;

/// The interval between two polls of the heads of a node's topics, where a bus carries notifications. A lost
/// notification delays an event by at most this time, in milliseconds.
pub const POLL_WITH_BUS_MS: u64 = 2_000;
/// The interval between two polls where no bus connects the nodes: the delay of an event of another node, in
/// milliseconds.
pub const POLL_WITHOUT_BUS_MS: u64 = 200;
/// The interval between two polls of the topics without subscribers of which the node has copies, in milliseconds. A copy
/// is checked before each use; the poll only frees the memory of old ones, which may hold a redacted text.
const COPIES_POLL_MS: u64 = 10_000;
/// The topics in one poll. A node with more topics polls the others in its next turns, so that the delay grows with
/// the number of topics.
const POLL_TOPICS: usize = 500;
/// The events that a node follows in one read.
const FOLLOW_EVENTS: usize = 256;
