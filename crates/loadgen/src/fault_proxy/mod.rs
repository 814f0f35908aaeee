//! A TCP proxy of the tests that forwards one port to another, and fails as networks do.
//!
//! The proxy has one mode at a time ([`LinkMode`]). Bytes that a mode has swallowed never arrive later: a connection that
//! lost bytes stays silent, also after the mode has passed, until one of its ends gives it up. So both ends have to notice
//! it by themselves.

mod relay;

use std::io;
use std::net::{Ipv4Addr, SocketAddr};
use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

use rand::rngs::StdRng;
use rand::{Rng, SeedableRng};
use tokio::net::{TcpListener, TcpStream};
use tokio::sync::watch;
use tokio::task::JoinHandle;

/// A direction of a link.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum LinkDirection {
    /// From the client to the target.
    ToTarget,
    /// From the target to the client.
    ToClient,
}

/// The behaviour of a link.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum LinkMode {
    /// Everything passes.
    #[default]
    Pass,
    /// Everything passes late, in both directions.
    Delay {
        /// The least delay of each part.
        fixed: Duration,
        /// The most that is added to it.
        jitter: Duration,
    },
    /// All connections are reset, and new ones are too.
    Cut,
    /// The sockets stay open, and all bytes of one direction vanish.
    HalfOpen(LinkDirection),
    /// The sockets stay open, and all bytes vanish. New connections are accepted, and hang.
    Partition,
}

impl LinkMode {
    /// Whether bytes of a direction vanish.
    fn loses(self, direction: LinkDirection) -> bool {
        match self {
            Self::Pass | Self::Delay { .. } | Self::Cut => false,
            Self::HalfOpen(lost) => lost == direction,
            Self::Partition => true,
        }
    }

    /// Whether bytes pass in both directions.
    fn passes(self) -> bool {
        matches!(self, Self::Pass | Self::Delay { .. })
    }
}

/// The mode, and the number of times that each direction, and the link, was broken. A connection compares the numbers
/// with those of its start, so that it misses no mode, however short.
#[derive(Clone, Copy, Debug, Default)]
struct LinkState {
    mode: LinkMode,
    cuts: u64,
    losses_to_target: u64,
    losses_to_client: u64,
}

impl LinkState {
    fn set(&mut self, mode: LinkMode) {
        self.mode = mode;
        self.cuts += u64::from(mode == LinkMode::Cut);
        self.losses_to_target += u64::from(mode.loses(LinkDirection::ToTarget));
        self.losses_to_client += u64::from(mode.loses(LinkDirection::ToClient));
    }

    fn losses(&self, direction: LinkDirection) -> u64 {
        match direction {
            LinkDirection::ToTarget => self.losses_to_target,
            LinkDirection::ToClient => self.losses_to_client,
        }
    }
}

/// The order in which a proxy tries its targets for a new connection.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum TargetOrder {
    /// Each connection begins with the next one.
    Turns,
    /// Each connection begins with the first one.
    Failover,
}

/// The parts of a proxy that its connections share.
#[derive(Debug)]
struct Link {
    state: watch::Sender<LinkState>,
    accepted: watch::Sender<u64>,
    open: AtomicUsize,
    targets: Vec<SocketAddr>,
    order: TargetOrder,
    next_target: AtomicUsize,
    random: Mutex<StdRng>,
}

impl Link {
    /// The delay of the next part.
    fn delay(&self) -> Duration {
        let LinkMode::Delay { fixed, jitter } = self.state.borrow().mode else {
            return Duration::ZERO;
        };
        let share = self.random.lock().unwrap_or_else(PoisonError::into_inner).random::<f64>();
        fixed + jitter.mul_f64(share)
    }

    /// Connects to the next target that accepts the connection.
    async fn connect(&self) -> io::Result<TcpStream> {
        let first = match self.order {
            TargetOrder::Turns => self.next_target.fetch_add(1, Ordering::Relaxed),
            TargetOrder::Failover => 0,
        };
        let count = self.targets.len();
        let mut refused = io::Error::from(io::ErrorKind::ConnectionRefused);
        for target in self.targets.iter().cycle().skip(first % count.max(1)).take(count) {
            match TcpStream::connect(target).await {
                Ok(stream) => return Ok(stream),
                Err(error) => refused = error,
            }
        }
        Err(refused)
    }
}

/// A running proxy. Dropping it ends its connections.
#[derive(Debug)]
pub struct FaultProxy {
    address: SocketAddr,
    link: Arc<Link>,
    accepting: JoinHandle<()>,
}

impl FaultProxy {
    /// Starts a proxy on a free loopback port. With several targets it is a balancer: each new connection goes to the next
    /// target that accepts it. The seed determines the delays.
    ///
    /// # Errors
    /// The port cannot be bound.
    pub async fn start(targets: &[SocketAddr], seed: u64) -> io::Result<Self> {
        Self::start_with(targets, TargetOrder::Turns, seed).await
    }

    /// Starts a proxy as [`Self::start`], whose connections all go to the first target that accepts them.
    ///
    /// # Errors
    /// The port cannot be bound.
    pub async fn start_failover(targets: &[SocketAddr], seed: u64) -> io::Result<Self> {
        Self::start_with(targets, TargetOrder::Failover, seed).await
    }

    async fn start_with(targets: &[SocketAddr], order: TargetOrder, seed: u64) -> io::Result<Self> {
        let listener = TcpListener::bind((Ipv4Addr::LOCALHOST, 0)).await?;
        let address = listener.local_addr()?;
        let link = Arc::new(Link {
            state: watch::Sender::new(LinkState::default()),
            accepted: watch::Sender::new(0),
            open: AtomicUsize::new(0),
            targets: targets.to_vec(),
            order,
            next_target: AtomicUsize::new(0),
            random: Mutex::new(StdRng::seed_from_u64(seed)),
        });
        let accepting = tokio::spawn(relay::accept(link.clone(), listener));
        Ok(Self { address, link, accepting })
    }

    /// The address of the proxy.
    pub fn address(&self) -> SocketAddr {
        self.address
    }

    /// The number of open connections, those that lost bytes included.
    pub fn connections(&self) -> usize {
        self.link.open.load(Ordering::Relaxed)
    }

    /// Waits until the proxy has accepted this number of connections since its start.
    pub async fn until_accepted(&self, connections: u64) {
        let mut accepted = self.link.accepted.subscribe();
        // The sender is in the link, so the wait ends with the condition only.
        accepted.wait_for(|count| *count >= connections).await.ok();
    }

    /// Changes the mode, for the open connections and for new ones.
    pub fn set(&self, mode: LinkMode) {
        self.link.state.send_modify(|state| state.set(mode));
    }
}

impl Drop for FaultProxy {
    fn drop(&mut self) {
        // The tasks of the connections are in a set that this task owns.
        self.accepting.abort();
    }
}
