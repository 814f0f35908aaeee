//! Follows the audit log: an act of an administrator takes effect on this node, whichever node or program has
//! committed it.

use std::sync::Arc;
use std::time::Duration;

use madang_hub::Hub;
use madang_hub::administration::{AuditedEffect, with_settings};
use madang_hub::bus::TopicAdvanced;
use madang_hub::ports::{Clock, Store, StoreError};
use madang_shared::workspace::Workspace;
use madang_shared::{CloseCode, Timestamp, Topic, UserId};
use tokio::sync::broadcast::{self, error::RecvError};
use tokio_util::sync::CancellationToken;

use crate::address_bans::AddressBans;
use crate::ws::open_sessions::OpenSessions;

/// The wait after the store failed.
const RETRY_INTERVAL: Duration = Duration::from_secs(5);
/// The longest wait between two looks. It bounds the delay after a lost message of the bus.
const MAX_WAIT: Duration = Duration::from_secs(30);

/// The audit log of a node.
pub struct AuditFollower {
    hub: Arc<Hub>,
    store: Arc<dyn Store>,
    open_sessions: OpenSessions,
    bans: AddressBans,
    clock: Arc<dyn Clock>,
    /// The facts about the server from its configuration.
    configured: Workspace,
    advances: broadcast::Receiver<TopicAdvanced>,
    /// The last entry whose effect has taken place.
    entry: u64,
}

impl AuditFollower {
    /// Tells the store the access of the configuration, reads the settings of the workspace and the bans of networks, and begins
    /// to follow the acts after them.
    ///
    /// # Errors
    /// [`StoreError::Unavailable`].
    pub async fn start(
        hub: Arc<Hub>,
        store: Arc<dyn Store>,
        (open_sessions, bans): (OpenSessions, AddressBans),
        clock: Arc<dyn Clock>,
    ) -> Result<Self, StoreError> {
        hub.watch_advances(Topic::Administration);
        let advances = hub.advances();
        // Before the settings are read: a change after them has a later entry.
        let heads = store.heads(vec![Topic::Administration]).await?;
        let entry = heads.first().map_or(0, |head| head.0);
        let configured = (*hub.workspace()).clone();
        store.configure_access(configured.access).await?;
        let follower = Self { hub, store, open_sessions, bans, clock, configured, advances, entry };
        follower.read_settings().await?;
        follower.read_address_bans().await?;
        Ok(follower)
    }

    /// Follows the acts, until the process stops.
    pub async fn run(mut self, stopping: CancellationToken) {
        let mut is_healthy = true;
        loop {
            let caught_up = self.catch_up().await;
            if let Err(error) = &caught_up
                && is_healthy
            {
                tracing::warn!(%error, "the store failed; the acts of administrators are delayed");
            }
            is_healthy = caught_up.is_ok();
            let wait = if is_healthy { MAX_WAIT } else { RETRY_INTERVAL };
            tokio::select! {
                () = tokio::time::sleep(wait) => {}
                () = advanced(&mut self.advances), if is_healthy => {}
                () = stopping.cancelled() => return,
            }
        }
    }

    async fn catch_up(&mut self) -> Result<(), StoreError> {
        loop {
            let (effects, last) = self.store.effects_after(self.entry).await?;
            if last == self.entry {
                return Ok(());
            }
            // The log was replaced by one with fewer entries.
            let is_replaced = last < self.entry;
            if is_replaced || effects.contains(&AuditedEffect::Settings) {
                self.read_settings().await?;
            }
            if is_replaced || effects.contains(&AuditedEffect::AddressBans) {
                self.read_address_bans().await?;
            }
            for effect in effects {
                match effect {
                    AuditedEffect::Rights(user) => self.hub.check_rights_of(user),
                    AuditedEffect::Deactivated(user) => {
                        self.open_sessions.close(user, CloseCode::Deactivated);
                        // A connection within the process has no session.
                        self.hub.check_rights_of(user);
                    }
                    AuditedEffect::Erased(user) => {
                        self.open_sessions.close(user, CloseCode::Erased);
                        self.hub.check_rights_of(user);
                    }
                    AuditedEffect::Banned(user) => {
                        self.open_sessions.close(user, CloseCode::Banned);
                    }
                    AuditedEffect::AddressBans => {}
                    AuditedEffect::Settings => self.hub.check_grants_of_all(),
                    AuditedEffect::SessionsEnded(user) => self.close_ended(user).await?,
                }
            }
            self.entry = last;
        }
    }

    /// Closes the connections of the sessions of a user that have ended in the store.
    async fn close_ended(&self, user: UserId) -> Result<(), StoreError> {
        let open = self.open_sessions.of_user(user);
        // Access tokens have an end of their own; at this time, none has passed it.
        for ended in self.store.ended_sessions(open, Timestamp(0)).await? {
            self.open_sessions.end(&ended);
        }
        Ok(())
    }

    async fn read_address_bans(&self) -> Result<(), StoreError> {
        self.bans.set(&self.store.address_bans(self.clock.now()).await?);
        Ok(())
    }

    async fn read_settings(&self) -> Result<(), StoreError> {
        let settings = self.store.settings().await?;
        self.hub.set_workspace(with_settings(self.configured.clone(), &settings));
        Ok(())
    }
}

/// Waits until the audit log advances, or until messages of the bus were lost.
async fn advanced(advances: &mut broadcast::Receiver<TopicAdvanced>) {
    loop {
        match advances.recv().await {
            Ok(event) if event.topic != Topic::Administration => {}
            Ok(_) | Err(RecvError::Lagged(_)) => return,
            // The hub has ended; the wait is enough.
            Err(RecvError::Closed) => std::future::pending().await,
        }
    }
}
