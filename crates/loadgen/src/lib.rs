//! How to be a user of Madang without a screen: the real client, a real socket, a real session.
//!
//! The scenarios of the load generator are built from these, and so can be whatever else needs many
//! users. Nothing here knows the protocol: [`madang_client`] does.
//!
//! Reading order: [`clock`], [`visitor`] (a session over HTTP), [`socket`], [`driver`] (the client
//! with its socket and its timers).

pub mod clock;
pub mod driver;
pub mod socket;
pub mod visitor;

pub use clock::Clock;
pub use driver::Driver;
pub use visitor::Visitor;
