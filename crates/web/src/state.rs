//! What every handler shares.

use std::sync::Arc;
use std::time::Duration;

use axum::http::{HeaderMap, HeaderValue};
use madang_hub::Hub;
use madang_hub::ports::{Clock, Store};
use tokio_util::sync::CancellationToken;
use tokio_util::task::TaskTracker;

use crate::client_info::ClientInfo;
use crate::open_sessions::OpenSessions;
use crate::origin::Origins;
use crate::problem::Problem;
use crate::rate_limit::RateLimiter;
use crate::socketio;
use crate::trusted_proxies::TrustedProxies;

/// What every handler shares. Cheap to clone.
#[derive(Clone)]
pub struct AppState {
    /// The live side of the domain.
    pub hub: Arc<Hub>,
    /// The durable side.
    pub store: Arc<dyn Store>,
    /// The time.
    pub clock: Arc<dyn Clock>,
    /// Which pages may speak to us.
    pub origins: Arc<Origins>,
    /// Whose word about how a request came is taken.
    pub proxies: Arc<TrustedProxies>,
    /// What browsers are told over HTTPS about coming back over it (`Strict-Transport-Security`, RFC
    /// 6797); nothing by default.
    pub strict_transport: Option<HeaderValue>,
    /// How clients of Socket.IO are served.
    pub socketio: Arc<socketio::Settings>,
    /// What clients of Socket.IO confirmed.
    pub receipts: socketio::Receipts,
    /// How much is left to whom.
    pub rate_limiter: Arc<RateLimiter>,
    /// Which sessions have open connections.
    pub open_sessions: OpenSessions,
    /// Cancelled when the server begins to stop.
    pub stopping: CancellationToken,
    /// Every connection is a task of this; the server waits for them.
    pub tasks: TaskTracker,
    /// Over how long connections are told to go when the server stops, so that they do not all come
    /// back in one moment.
    pub drain_spread: Duration,
}

impl AppState {
    /// Whether a connection that stays open may begin: browsers ask nobody before a WebSocket
    /// handshake, so that each looks for itself.
    ///
    /// # Errors
    /// If the page that asks is none of ours, or if the server stops.
    pub fn may_open(&self, headers: &HeaderMap, client_info: &ClientInfo) -> Result<(), Problem> {
        if !self.origins.allow(headers, client_info) {
            return Err(Problem::foreign_origin());
        }
        self.may_begin()
    }

    /// Whether anything new may begin.
    ///
    /// # Errors
    /// If the server stops.
    pub fn may_begin(&self) -> Result<(), Problem> {
        if self.stopping.is_cancelled() { Err(Problem::stopping()) } else { Ok(()) }
    }
}
