//! The state that all handlers share.

use std::sync::Arc;
use std::time::Duration;

use axum::http::HeaderValue;
use madang_hub::Hub;
use madang_hub::budgets::account::Account;
use madang_hub::budgets::network::Network;
use madang_hub::budgets::resource::Resource;
use madang_hub::ports::{Clock, SessionLimits, Store};
use madang_hub::storage::FreeSpace;
use madang_shared::Timestamp;
use madang_shared::account::Secret;
use tokio_util::sync::CancellationToken;
use tokio_util::task::TaskTracker;

use crate::address_bans::AddressBans;
use crate::http::accounts::SignInLimits;
use crate::http::client_info::ClientInfo;
use crate::http::factors::providers::SignInProviders;
use crate::http::origin::{Origins, PageAccess};
use crate::http::problem::Problem;
use crate::mail::MailQueue;
use crate::middleware::trusted_proxies::TrustedProxies;
use crate::socketio::settings::Settings;
use crate::ws::open_sessions::OpenSessions;

/// The state that all handlers share. Cheap to clone.
#[derive(Clone)]
pub struct AppState {
    /// Topics in memory: subscribers, presence, fan-out.
    pub hub: Arc<Hub>,
    /// The durable log and state.
    pub store: Arc<dyn Store>,
    /// The free space of the disk.
    pub free_space: FreeSpace,
    /// The clock.
    pub clock: Arc<dyn Clock>,
    /// The origins whose pages may use the server.
    pub origins: Arc<Origins>,
    /// Proxies whose `X-Forwarded-*` headers are trusted.
    pub proxies: Arc<TrustedProxies>,
    /// The value of `Strict-Transport-Security` (RFC 6797), sent over HTTPS; not sent by default.
    pub strict_transport: Option<HeaderValue>,
    /// Settings of the Socket.IO gateway.
    pub socketio: Arc<Settings>,
    /// The limits of sign-ins.
    pub sign_ins: SignInLimits,
    /// The identity providers.
    pub providers: Arc<SignInProviders>,
    /// The queue of mails; none on a server that sends no mail.
    pub mail: Option<MailQueue>,
    /// The token of the set-up link, on a server that serves its own machine alone and began without an owner.
    pub set_up_token: Option<Arc<Secret>>,
    /// The configured age at which sessions end. The settings of the workspace may say otherwise.
    pub session_limits: SessionLimits,
    /// The time at which the server started.
    pub started_at: Timestamp,
    /// Sessions that have open connections.
    pub open_sessions: OpenSessions,
    /// The bans of networks.
    pub bans: AddressBans,
    /// Cancelled when the server begins to stop.
    pub stopping: CancellationToken,
    /// Tracks every connection; the server waits for all of them.
    pub tasks: TaskTracker,
    /// The period over which a stopping server closes its connections, so that clients do not all
    /// reconnect at once.
    pub drain_spread: Duration,
}

impl AppState {
    /// Checks a WebSocket handshake that may act for a user. Browsers send no CORS preflight before it, so the handler
    /// of each socket calls this, or [`Self::check_sessionless_handshake`].
    ///
    /// # Errors
    /// `forbidden` for a page without full access; `rate_limited` after too many handshakes; `shutting_down` when the
    /// server stops.
    pub fn check_handshake(
        &self,
        access: PageAccess,
        client_info: &ClientInfo,
    ) -> Result<(), Problem> {
        match access {
            PageAccess::Full => self.check_new_socket(client_info),
            PageAccess::Cookieless | PageAccess::Foreign => Err(Problem::foreign_origin()),
        }
    }

    /// Checks the handshake of a socket without a session.
    ///
    /// # Errors
    /// `forbidden` for a foreign origin; `rate_limited` after too many handshakes; `shutting_down` when the server stops.
    pub fn check_sessionless_handshake(
        &self,
        access: PageAccess,
        client_info: &ClientInfo,
    ) -> Result<(), Problem> {
        match access {
            PageAccess::Full | PageAccess::Cookieless => self.check_new_socket(client_info),
            PageAccess::Foreign => Err(Problem::foreign_origin()),
        }
    }

    fn check_new_socket(&self, client_info: &ClientInfo) -> Result<(), Problem> {
        if let Some(stranger) = self.stranger(client_info) {
            stranger.charge_one(Resource::Reads, self.clock.now())?;
        }
        self.check_running()
    }

    /// The budgets of a client without a user; none without an address, as in a connection within the process.
    pub fn stranger(&self, client_info: &ClientInfo) -> Option<Account> {
        let network = client_info.client.map(Network::of)?;
        Some(self.hub.budgets().stranger(network, self.clock.now()))
    }

    /// Checks that new work may begin.
    ///
    /// # Errors
    /// `shutting_down` when the server stops.
    pub fn check_running(&self) -> Result<(), Problem> {
        if self.stopping.is_cancelled() { Err(Problem::stopping()) } else { Ok(()) }
    }
}
