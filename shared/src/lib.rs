//! The wire of Madang: every message that crosses it, as one set of Rust types.
//!
//! The server, the browser app, the load generator and the tests all speak through this crate, so a
//! message that one side can send is a message that the other side can read, checked by the compiler.
//!
//! Reading order:
//! 1. [`ids`] and [`position`]: who, which, and where in a stream;
//! 2. [`topic`]: the streams there are;
//! 3. one module per feature, holding all that the feature ever says: [`rooms`], [`membership`],
//!    [`chat`], [`presence`], [`counter`], [`sentiment`], [`posts`], [`price`], [`orders`],
//!    [`notices`];
//! 4. [`frames`]: the envelopes that carry the features' messages;
//! 5. [`codec`]: the only place where a message becomes text, or text a message; [`compact`] is the
//!    small codec under the client's half of it;
//! 6. [`failure`], [`close`], [`limits`], [`names`]: what is refused, and how one is told.
//!
//! Nothing here performs I/O, and all of it builds for `wasm32-unknown-unknown`.

pub mod ids;
pub mod position;
pub mod topic;

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

pub mod lab;

pub mod features;
pub mod frames;

pub mod codec;
pub mod compact;

pub mod close;
pub mod failure;
pub mod limits;
pub mod session;
pub mod validate;

pub use chat::Message;
pub use close::{CloseClass, CloseCode};
pub use failure::{ErrorCode, Failure};
pub use features::{Answer, Command, Event, Query, Signal, Snapshot, Topic};
pub use frames::{
    ClientFrame, CommandFrame, ErrorContext, Hello, QueryFrame, ServerFrame, State, Subscription,
    Welcome,
};
pub use ids::{
    CommandId, ConnectionId, MenuItemId, OrderId, PostId, QueryId, RoomId, Timestamp, User, UserId,
};
pub use position::{Epoch, Position, Seq};
