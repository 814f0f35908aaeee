//! The domain of Madang: sessions, topics and fan-out, presence, policy, one module per feature.
//!
//! Nothing here knows HTTP, WebSocket, SQL or NATS; the domain uses engines through the traits of
//! [`ports`] and [`bus`]. A [`Session`] is a state machine: frames and responses of the store go in,
//! [`Effect`]s come out, and the web package executes them. So the rules are tested, and simulated,
//! without a socket.
//!
//! Reading order:
//! 1. [`session`]: the rules of one connection.
//! 2. [`hub`], [`topic_channel`], `subscriber`, `fan_out`, [`sink`], [`frame`], [`log_cache`] and [`shared_state`]: the topics
//!    of one node, and the delivery of their events; [`wakeups`] tell a session that it has to catch up;
//!    [`access_watch`] tells another client that it may have lost its access.
//! 3. [`ports`], [`accounts`], [`access_tokens`], [`bus`] and [`log`]: the interfaces of the store, of other nodes and of the clock; [`nodes`]: how a node
//!    follows the others.
//! 4. [`features`], the table of features, and [`ephemeral`], the interface of topics in memory; then the
//!    features themselves: [`rooms`], [`membership`], [`chat`], [`presence`], [`counter`],
//!    [`sentiment`], [`posts`], [`price`], [`orders`], [`notices`], [`profiles`]; [`delivery`], a report; and [`gateway`], the guests of
//!    Socket.IO on all nodes.
//! 5. [`policy`], the pure decisions about access and resumption, [`names`], the rules for names, [`budgets`], the limits on costs,
//!    and [`storage`], the bounds on stored data; [`passwords`] and [`sign_in_throttle`], the rules for signing in;
//!    [`administration`], the acts of administrators and the audit log, [`health`], the state of the node
//!    for them, and [`moderation`], silences, bans and reports.

pub mod access_tokens;
pub mod access_watch;
pub mod accounts;
pub mod administration;
pub mod bus;
mod changes;
pub mod factors;
mod fan_out;
mod fingerprint;
pub mod frame;
pub mod gateway;
pub mod hub;
pub mod load;
pub mod log;
pub mod log_cache;
pub mod nodes;
pub mod ports;
pub mod session;
pub mod shared_state;
pub mod sink;
mod store_error;
mod subscriber;
pub mod topic_channel;
pub mod wakeups;
mod workspace;

pub mod ephemeral;
pub mod features;

pub mod chat;
pub mod counter;
pub mod delivery;
mod details;
pub mod erasure;
pub mod health;
pub mod later;
pub mod mail_limits;
pub mod membership;
pub mod moderation;
pub mod names;
pub mod notices;
pub mod orders;
pub mod posts;
pub mod presence;
pub mod price;
pub mod profiles;
mod read_count;
pub mod rooms;
pub mod sentiment;

pub mod budgets;
pub mod passwords;
pub mod policy;
pub mod sign_in_throttle;
pub mod storage;

pub use frame::Frame;
pub use hub::Hub;
pub use session::Session;
pub use session::effects::{Effect, StoreRequest, StoreResponse};
pub use session::handshake::{HelloReceived, PendingHello};
pub use sink::FrameSink;
pub use wakeups::TopicWakeups;
