//! How to be a user of Madang without a screen: the real client, a real socket, a real session.
//!
//! The scenarios of the load generator are built from these, and so can be whatever else needs many
//! users. Nothing here knows the protocol: [`madang_client`] does.
//!
//! Reading order: [`clock`], [`visitor`] (a session over HTTP), [`socket`], [`driver`] (the client
//! with its socket and its timers). Where a thousand users must cost next to nothing, there is [`raw`],
//! which knows just enough of the protocol to count.

pub mod clock;
pub mod driver;
pub mod histogram;
pub mod raw;
pub mod socket;
pub mod visitor;

pub use clock::Clock;
pub use driver::Driver;
pub use histogram::Histogram;
pub use visitor::Visitor;
