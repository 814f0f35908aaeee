//! The edge of Madang: everything that speaks HTTP or WebSocket, and nothing that decides.
//!
//! Reading order: [`AppState`] (what the handlers share), [`mod@router`], then the socket from the outside
//! in: [`upgrade`] and [`socket`] (the handshake), [`connection`] (the loop), [`transport`] (frames on a wire); then
//! [`client_info`] and [`trusted_proxies`] (how a request came), [`origin`] and [`cors`], [`session_api`], [`session_token`],
//! [`open_sessions`] and [`rate_limit`]; what programs ask for ([`http_commands`], [`posts_api`],
//! [`delivery_api`]); then [`assets`] and [`security`]. Apart from all this stand the things to try, which
//! have no store behind them: [`mod@http_call`], [`side_by_side`], [`echo`] and [`transports`]; and the way
//! in for clients of another protocol, [`socketio`].

pub mod assets;
pub mod client_info;
pub mod connection;
pub mod cors;
pub mod delivery_api;
pub mod echo;
pub mod health;
pub mod heartbeat;
pub mod http_call;
pub mod http_commands;
pub mod open_sessions;
pub mod origin;
mod outlet;
pub mod posts_api;
pub mod problem;
pub mod rate_limit;
pub mod router;
pub mod security;
pub mod session_api;
pub mod session_token;
pub mod side_by_side;
pub mod socket;
pub mod socketio;
pub mod state;
pub mod transport;
pub mod transports;
pub mod trusted_proxies;
pub mod upgrade;

pub use client_info::Connected;
pub use open_sessions::OpenSessions;
pub use origin::Origins;
pub use rate_limit::RateLimiter;
pub use router::router;
pub use state::AppState;
pub use trusted_proxies::TrustedProxies;
