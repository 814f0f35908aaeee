//! The harness: connects the subscribers and waits until they are ready.

use std::net::SocketAddr;
use std::time::{Duration, Instant};

use madang_loadgen::TestUser;
use madang_shared::Position;

use super::config::{HarnessConfig, Protocol};
use super::delivery_ledger::{DeliveryLedger, DeliverySummary};
use super::error::HarnessError;
use super::receiver::Receiver;
use super::workload::Workload;
use crate::pool::{ConnectionPool, Traffic};
use crate::protocol::handshake::UpgradeRequest;
use crate::protocol::socketio;

/// Time limit for all connections to become ready.
const READY_WITHIN: Duration = Duration::from_mins(2);
/// A stream counts as quiet after this long without a message. Longer than the time for which the server
/// collects presence changes.
const QUIET: Duration = Duration::from_millis(400);
/// Default time limit for the next expected delivery.
const DELIVERY_TIMEOUT: Duration = Duration::from_secs(15);
/// Longest wait of one poll.
const POLL: Duration = Duration::from_millis(100);

/// Connected subscribers of one stream, and the publishers among them.
#[derive(Debug)]
pub struct FanOutHarness {
    pub(super) pool: ConnectionPool,
    pub(super) ledger: DeliveryLedger,
    pub(super) workload: Workload,
    receiver: Receiver,
    /// After this long without an expected delivery, the missing ones count as lost.
    pub(super) delivery_timeout: Duration,
}

impl FanOutHarness {
    /// Connects all subscribers, and waits until they are ready and the stream is quiet.
    ///
    /// # Errors
    /// [`HarnessError`].
    pub fn start(config: &HarnessConfig) -> Result<Self, HarnessError> {
        let mut harness = Self::connect(config)?;
        harness.settle()?;
        Ok(harness)
    }

    /// Connects all subscribers, and waits until they are ready. Call [`FanOutHarness::settle`] before
    /// publishing.
    ///
    /// # Errors
    /// [`HarnessError`].
    pub fn connect(config: &HarnessConfig) -> Result<Self, HarnessError> {
        let numbers_in_texts = matches!(config.protocol, Protocol::MadangChat);
        let mut harness = Self {
            pool: ConnectionPool::new()?.with_tls(config.tls.clone()),
            ledger: DeliveryLedger::new(numbers_in_texts).counting_from(config.first_reader()),
            workload: Workload::new(config),
            receiver: Receiver::new(config),
            delivery_timeout: DELIVERY_TIMEOUT,
        };
        harness.open_connections(config)?;
        Ok(harness)
    }

    fn open_connections(&mut self, config: &HarnessConfig) -> Result<(), HarnessError> {
        let wanted = config.subscribers;
        let servers = config.servers();
        let requests: Vec<_> =
            servers.iter().map(|server| upgrade_requests(config, *server)).collect();
        let began = Instant::now();
        while self.ledger.ready() < wanted {
            while self.pool.len() < wanted
                && self.pool.len() - self.ledger.ready() < config.concurrent_connects
            {
                let connection = self.pool.len();
                let server = config.server_index(connection);
                let Some(requests) = requests.get(server) else { break };
                let Some(request) = requests.get(connection % requests.len().max(1)) else { break };
                let is_last = self.pool.len() + 1 == wanted;
                let buffer = config.last_receive_buffer.filter(|_| is_last);
                let server = servers.get(server).copied().unwrap_or(config.server);
                self.pool.open(server, request, buffer)?;
            }
            self.poll(POLL)?;
            if began.elapsed() > READY_WITHIN {
                return Err(HarnessError::NotReady { ready: self.ledger.ready(), wanted });
            }
        }
        Ok(())
    }

    /// Waits until the stream is quiet; publishing may begin then.
    ///
    /// # Errors
    /// [`HarnessError`].
    pub fn settle(&mut self) -> Result<(), HarnessError> {
        self.wait_until_quiet()?;
        if self.ledger.begin() { Ok(()) } else { Err(HarnessError::PositionsDiffer) }
    }

    fn wait_until_quiet(&mut self) -> Result<(), HarnessError> {
        let (mut quiet_since, began) = (Instant::now(), Instant::now());
        while quiet_since.elapsed() < QUIET {
            if self.poll(QUIET)? > 0 {
                quiet_since = Instant::now();
            }
            if began.elapsed() > READY_WITHIN {
                return Err(HarnessError::NotQuiet);
            }
        }
        Ok(())
    }

    /// Waits at most `wait` for events and handles them. Returns the number of sockets with events.
    pub(super) fn poll(&mut self, wait: Duration) -> Result<usize, HarnessError> {
        let Self { pool, ledger, receiver, .. } = self;
        let events = pool.poll(wait, &mut |reply, connection, event| {
            receiver.handle(ledger, &reply, connection, event)
        })?;
        Ok(events)
    }

    /// Sets the time limit for the next expected delivery.
    #[must_use]
    pub fn with_delivery_timeout(mut self, timeout: Duration) -> Self {
        self.delivery_timeout = timeout;
        self
    }

    /// Waits until the stream is quiet and returns the counts of the whole run. Messages that are still missing
    /// count as lost.
    ///
    /// # Errors
    /// [`HarnessError`].
    pub fn summary(&mut self) -> Result<DeliverySummary, HarnessError> {
        self.wait_until_quiet()?;
        Ok(self.ledger.summary())
    }

    /// Handles all events that have already arrived, pings among them.
    ///
    /// # Errors
    /// [`HarnessError`].
    pub fn handle_pending_events(&mut self) -> Result<(), HarnessError> {
        while self.poll(Duration::ZERO)? > 0 {}
        Ok(())
    }

    /// The position of the last snapshot.
    pub fn position(&self) -> Option<Position> {
        self.ledger.position()
    }

    /// Traffic that all connections received.
    pub fn traffic(&self) -> Traffic {
        self.pool.traffic()
    }

    /// Number of messages that were inflated: one per published message if the server compresses once for all
    /// subscribers.
    pub fn inflated(&self) -> u64 {
        self.pool.inflated()
    }

    /// Number of connections with negotiated compression.
    pub fn deflating(&self) -> usize {
        self.pool.deflating()
    }

    /// Fails if the server has refused a request.
    ///
    /// # Errors
    /// [`HarnessError::Refused`].
    pub fn check_no_refusal(&self) -> Result<(), HarnessError> {
        let refusal = self.ledger.refusal();
        refusal.map_or(Ok(()), |refusal| Err(HarnessError::Refused(refusal.to_owned())))
    }
}

/// The upgrade requests of the connections, used in turns.
fn upgrade_requests(config: &HarnessConfig, server: SocketAddr) -> Vec<UpgradeRequest> {
    let plain = |path: &str| vec![UpgradeRequest::plain(server, path, config.deflate)];
    match &config.protocol {
        Protocol::RawText { path } => plain(path),
        Protocol::SocketIo { .. } => plain(socketio::PATH),
        Protocol::Nats { .. } => plain("/"),
        Protocol::MadangChat | Protocol::MadangTyping => {
            let request =
                |user: &TestUser| UpgradeRequest::madang(server, &user.token, config.deflate);
            config.users.iter().map(request).collect()
        }
    }
}
