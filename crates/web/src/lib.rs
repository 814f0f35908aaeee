//! The edge of Madang: everything that speaks HTTP or WebSocket, and nothing that decides.
//!
//! Reading order: [`Edge`] (what the handlers share), [`mod@router`], then the socket from the outside
//! in: [`socket`] (the handshake), [`connection`] (the loop), [`transport`] (frames on a wire); then
//! [`session_api`], [`credentials`], [`origin`]; then [`assets`] and [`security`].

pub mod assets;
pub mod connection;
pub mod credentials;
pub mod edge;
pub mod http_call;
pub mod origin;
pub mod problem;
pub mod readiness;
pub mod router;
pub mod security;
pub mod session_api;
pub mod socket;
pub mod transport;

pub use edge::Edge;
pub use origin::Origins;
pub use router::router;
