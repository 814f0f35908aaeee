//! The domain of Madang: sessions, topics and fan-out, presence, policy, one module per feature.
//!
//! Nothing here knows HTTP, WebSocket, SQL or NATS; the domain reaches the world through [`ports`] and
//! [`bus`]. A [`Session`] is a state machine: frames and results go in, [`Effect`]s come out, and the
//! edge carries them out. So the rules are tested, and simulated, without a socket.
//!
//! Reading order:
//! 1. [`session`]: the rules of one connection.
//! 2. [`hub`], [`topic_channel`], [`frame`], [`sink`] and [`log_cache`]: what connections share.
//! 3. [`ports`], [`bus`] and [`log`]: what the domain needs.
//! 4. [`features`], the table of features, and [`ephemeral`], the interface of topics in memory; then the
//!    features themselves: [`rooms`], [`membership`], [`chat`], [`presence`], [`counter`],
//!    [`sentiment`], [`posts`], [`price`], [`orders`], [`notices`]; and [`delivery`], a report.

pub mod bus;
mod fan_out;
pub mod frame;
pub mod hub;
pub mod log;
pub mod log_cache;
pub mod ports;
pub mod session;
pub mod sink;
mod subscriber;
pub mod topic_channel;
pub mod wakeups;

pub mod ephemeral;
pub mod features;

pub mod chat;
pub mod counter;
pub mod delivery;
pub mod membership;
pub mod notices;
pub mod orders;
pub mod posts;
pub mod presence;
pub mod price;
pub mod rooms;
pub mod sentiment;

pub mod policy;
pub mod token_bucket;

pub use frame::Frame;
pub use hub::Hub;
pub use session::Session;
pub use session::effects::{Effect, StoreRequest, StoreResponse};
pub use session::handshake::{HelloReceived, PendingHello};
pub use sink::FrameSink;
pub use wakeups::TopicWakeups;
