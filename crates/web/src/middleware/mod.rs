//! Middleware around the handlers: client info, CORS, security headers.

pub mod client_info;
pub mod cors;
pub mod security_headers;
pub mod trusted_proxies;
