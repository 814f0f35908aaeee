//! The edge of Madang: everything that speaks HTTP or WebSocket, and nothing that decides.
//!
//! Reading order: [`Edge`] (what the handlers share), [`mod@router`], then the socket from the outside
//! in: [`upgrade`] and [`socket`] (the handshake), [`connection`] (the loop), [`transport`] (frames on a wire); then
//! [`arrival`] and [`proxies`] (how a request came), [`origin`] and [`cross_origin`], [`session_api`], [`credentials`],
//! [`open_sessions`] and [`allowances`]; what programs ask for ([`http_commands`], [`posts_api`],
//! [`delivery_api`]); then [`assets`] and [`security`]. Apart from all this stand the things to try, which
//! have no store behind them: [`mod@http_call`], [`side_by_side`], [`echo`] and [`transports`]; and the way
//! in for clients of another protocol, [`socketio`].

pub mod allowances;
pub mod arrival;
pub mod assets;
pub mod connection;
pub mod credentials;
pub mod cross_origin;
pub mod delivery_api;
pub mod echo;
pub mod edge;
pub mod heartbeat;
pub mod http_call;
pub mod http_commands;
pub mod open_sessions;
pub mod origin;
mod outlet;
pub mod posts_api;
pub mod problem;
pub mod proxies;
pub mod readiness;
pub mod router;
pub mod security;
pub mod session_api;
pub mod side_by_side;
pub mod socket;
pub mod socketio;
pub mod transport;
pub mod transports;
pub mod upgrade;

pub use allowances::Allowances;
pub use arrival::Connected;
pub use edge::Edge;
pub use open_sessions::OpenSessions;
pub use origin::Origins;
pub use proxies::Proxies;
pub use router::router;
