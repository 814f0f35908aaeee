//! `/lab/transports/…`: one stream of events over polling, long polling, server-sent events and a WebSocket, for
//! comparison, with curl or with the app's page.
//!
//! The events are ticks of a clock and contain their time. All four transports read the same ring of the same stream
//! (`ticker`). Each reports the size of the request's head, which a browser does not show to its page.

mod poll;
mod push;
mod query;
pub mod routes;
mod state;
mod ticker;
