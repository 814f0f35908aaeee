//! The HTTP API, and the properties of a request: its session, its origin, its client info.

pub mod access_tokens_api;
pub mod accounts;
pub mod administration_api;
pub mod client_info;
pub mod commands;
pub mod delivery_api;
pub mod extract;
pub mod factors;
pub mod health;
pub mod health_api;
pub mod host;
pub mod invitation_api;
pub mod json_object;
pub mod moderation_api;
pub mod origin;
pub mod ownership_api;
pub mod posts_api;
pub mod problem;
pub mod profile_api;
pub mod rooms_api;
pub mod session_api;
pub mod session_token;
pub mod unknown_path;
