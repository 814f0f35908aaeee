//! The HTTP and WebSocket layer of Madang. It translates requests and frames; the hub and the store decide.
//!
//! Reading order: [`AppState`] (shared by all handlers) and [`mod@router`]; then [`ws`], a
//! connection from its handshake to its end; then [`connection_slots`] (all connections, and the
//! one to evict); then [`http`] (sessions, posts, delivery, origins) and
//! [`middleware`] (client info, CORS, security headers); then [`mail`]; then [`assets`], the app's
//! files. Two parts are separate from the app: [`lab`], demonstrations without a store, and
//! [`socketio`], the gateway for Socket.IO clients.

mod address_bans;
mod audit_follower;

pub mod assets;
pub mod connection_slots;
pub mod http;
pub mod lab;
pub mod mail;
pub mod middleware;
pub mod router;
pub mod socketio;
pub mod state;
pub mod ws;

pub use address_bans::AddressBans;
pub use audit_follower::AuditFollower;
pub use connection_slots::{ConnectionSlot, ConnectionSlots};
pub use http::accounts::SignInLimits;
pub use http::client_info::ConnectionInfo;
pub use http::factors::providers::{Admission, SignInProvider, SignInProviders};
pub use http::host::{HostPort, requested_host};
pub use http::origin::Origins;
pub use madang_websocket::{ResettableStream, SLOWEST_READER, WriteDeadline};
pub use mail::{MailJobs, MailQueue};
pub use middleware::trusted_proxies::TrustedProxies;
pub use router::router;
pub use state::AppState;
pub use ws::open_sessions::OpenSessions;
