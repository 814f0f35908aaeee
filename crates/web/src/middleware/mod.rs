//! Layers around the handlers, and the rules that they apply.

pub mod client_info;
pub mod cors;
pub mod rate_limit;
pub mod security_headers;
pub mod trusted_proxies;
