//! Middleware around the handlers: client info, banned addresses, foreign hosts, CORS, security headers.

pub mod app_switch;
pub mod banned_address;
pub mod client_info;
pub mod cors;
pub mod foreign_host;
pub mod security_headers;
pub mod trusted_proxies;
