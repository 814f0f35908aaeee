//! The wire of Madang: every message between client and server, as one set of Rust types.
//!
//! The server, the browser app, the load generator and the tests share these types, so the compiler
//! checks that each side can read every message of the other side.
//!
//! Reading order:
//! 1. [`ids`] and [`position`]: identities, and positions in a stream;
//! 2. [`features`] and [`topic`]: the table of features, and their topics; [`apps`]: the features with a switch;
//! 3. one module per feature, with all its messages: [`rooms`], [`membership`],
//!    [`chat`] with [`markup`], [`details`], [`read_count`], [`presence`], [`counter`], [`sentiment`], [`posts`],
//!    [`price`], [`orders`], [`notices`], [`later`], [`administration`], [`moderation`];
//! 4. [`frames`]: the envelopes that carry the features' messages;
//! 5. [`codec`]: messages to text and back; [`compact`] is the small codec that the client uses;
//!    [`encoded`]: a value that is read later than the value around it; [`state_frame`]: the text of a state in parts, of which one is the same for all readers;
//! 6. [`session`], [`account`] and [`workspace`]: the bodies of HTTP requests about signing in; [`grants`]: what a user may
//!    do in the apps;
//! 7. [`failure`], [`close`], [`limits`], [`validate`]: refusals, close codes, limits, and the rules for
//!    text that users type.
//!
//! Nothing here performs I/O, and all of it builds for `wasm32-unknown-unknown`.

pub mod ids;
pub mod pins;
pub mod position;
#[macro_use]
pub mod roles;
pub mod topic;

pub mod access_tokens;
pub mod account;
pub mod apps;
pub mod grants;

pub mod administration;
pub mod audit;
pub mod chat;
pub mod counter;
pub mod delivery;
pub mod demonstration;
pub mod details;
pub mod erasure;
pub mod health;
pub mod invitations;
pub mod later;
pub mod links;
pub mod mail;
pub mod markup;
pub mod membership;
pub mod moderation;
pub mod notice_kind;
mod notice_marks;
pub mod notices;
pub mod orders;
pub mod people;
pub mod posts;
pub mod presence;
pub mod price;
pub mod profile;
pub mod reactions;
pub mod read_count;
pub mod room_access;
pub mod rooms;
pub mod sentiment;

pub mod lab;

pub mod features;
pub mod frames;

pub mod codec;
pub mod compact;
pub mod encoded;
pub mod state_frame;

pub mod close;
pub mod factors;
pub mod failure;
pub mod limits;
pub mod session;
pub mod validate;
pub mod workspace;

pub use chat::Message;
pub use close::{CloseClass, CloseCode};
pub use failure::{ErrorCode, Failure};
pub use features::{Answer, Command, Event, Query, Signal, Snapshot, Topic};
pub use frames::{
    ClientFrame, CommandFrame, EncodedServerFrame, ErrorContext, Hello, QueryFrame, ServerFrame,
    Subscription, TopicState, Welcome,
};
pub use ids::{
    CommandId, ConnectionId, MenuItemId, OrderId, PostId, QueryId, RoomId, Timestamp, User, UserId,
};
pub use position::{Epoch, Position, Seq};
