//! The means of an attack: connections from chosen addresses of the loopback network.

use std::convert::Infallible;
use std::net::Ipv4Addr;
use std::sync::Arc;
use std::sync::atomic::{AtomicU32, Ordering};
use std::time::Duration;

use anyhow::{Context, Result};
use futures_util::future::try_join_all;
use madang_loadgen::TestUser;
use tokio::io::{AsyncReadExt, AsyncWriteExt, Interest};
use tokio::net::TcpStream;
use tokio::task::JoinSet;
use tokio::time::sleep;

use super::endpoint::Endpoint;
use super::scale::Scale;

/// The addresses that an attack comes from. The honest user has 127.0.0.1.
#[derive(Clone, Debug)]
pub(super) struct SourceAddresses {
    count: u32,
    next: Arc<AtomicU32>,
}

/// Addresses of an attack from many.
const MANY: u32 = 10_000;
/// The first address of an attack.
const FIRST: Ipv4Addr = Ipv4Addr::new(127, 1, 0, 1);

impl SourceAddresses {
    /// One address.
    pub(super) fn one() -> Self {
        Self { count: 1, next: Arc::default() }
    }

    /// More addresses than an attack has connections.
    pub(super) fn many() -> Self {
        Self { count: MANY, next: Arc::default() }
    }

    /// The next address.
    fn next(&self) -> Ipv4Addr {
        let number = self.next.fetch_add(1, Ordering::Relaxed) % self.count;
        Ipv4Addr::from_bits(FIRST.to_bits() + number)
    }
}

/// An attacker of one server.
#[derive(Clone, Debug)]
pub(super) struct Attacker {
    pub(super) endpoint: Endpoint,
    pub(super) scale: Scale,
    /// The session of a user who belongs to the attacker.
    pub(super) user: TestUser,
    addresses: SourceAddresses,
}

impl Attacker {
    /// Signs the attacker's user up.
    pub(super) async fn new(
        endpoint: Endpoint,
        addresses: SourceAddresses,
        scale: Scale,
    ) -> Result<Self> {
        let http = endpoint.http_client(addresses.next())?;
        let user = endpoint.sign_up(&http, "attacker").await?;
        Ok(Self { endpoint, scale, user, addresses })
    }

    /// Signs further users up, each from the next address.
    pub(super) async fn further_users(&self, count: usize) -> Result<Vec<TestUser>> {
        let sign_ups = (0..count).map(async |number| {
            let http = self.endpoint.http_client(self.addresses.next())?;
            let user = self.endpoint.sign_up(&http, &format!("attacker {number}")).await;
            user.context("the attacker has too few users")
        });
        try_join_all(sign_ups).await
    }

    /// Connects from the next address and sends bytes.
    pub(super) async fn connect(&self, bytes: &[u8]) -> std::io::Result<TcpStream> {
        let mut stream = self.endpoint.connect(self.addresses.next()).await?;
        stream.write_all(bytes).await?;
        Ok(stream)
    }

    /// Opens all connections of the attack, and opens a connection again whenever the server has ended one.
    pub(super) async fn hold(&self, bytes: &[u8]) -> Result<Infallible> {
        self.hold_some(self.scale.connections, bytes).await
    }

    /// As [`Self::hold`], with fewer connections.
    pub(super) async fn hold_some(&self, connections: usize, bytes: &[u8]) -> Result<Infallible> {
        let bytes: Arc<[u8]> = bytes.into();
        self.repeat(connections, move |attacker| hold_one(attacker, Arc::clone(&bytes))).await
    }

    /// As [`Self::hold`], and reads one byte from time to time.
    pub(super) async fn read_slowly(&self, bytes: &[u8]) -> Result<Infallible> {
        let bytes: Arc<[u8]> = bytes.into();
        let read = move |attacker| read_one_slowly(attacker, Arc::clone(&bytes));
        self.repeat(self.scale.connections, read).await
    }

    /// Performs the handshake of TLS on all connections of the attack, and sends nothing more.
    pub(super) async fn hold_over_tls(&self) -> Result<Infallible> {
        self.repeat(self.scale.connections, hold_one_over_tls).await
    }

    /// Runs an act on several connections at a time for ever. An ended connection is one that the server has refused or
    /// evicted, or one whose act is done.
    pub(super) async fn repeat<F: Future<Output = ()> + Send + 'static>(
        &self,
        connections: usize,
        act: impl Fn(Self) -> F,
    ) -> Result<Infallible> {
        let mut running = JoinSet::new();
        loop {
            while running.len() < connections.min(self.scale.connections) {
                let (act, reopen) = (act(self.clone()), self.scale.reopen);
                running.spawn(async move {
                    act.await;
                    sleep(reopen).await;
                });
            }
            running.join_next().await;
        }
    }

    /// Opens connections that each send one of the openings and then, as fast as the server reads, the frames of the
    /// numbers that follow. The answers are read and ignored.
    pub(super) async fn send_repeatedly(
        &self,
        connections: usize,
        openings: Vec<Vec<u8>>,
        frame: impl Fn(u32) -> Vec<u8> + Send + Sync + 'static,
    ) -> Result<Infallible> {
        let next = AtomicU32::new(0);
        let sender = Arc::new(Sender { openings, next_opening: AtomicU32::new(0), next, frame });
        self.repeat(connections, move |attacker| {
            let sender = Arc::clone(&sender);
            // An error is the end of the connection.
            async move { drop(sender.send(&attacker).await) }
        })
        .await
    }

    /// The path of a large answer: the app's module, or without the app its page.
    pub(super) async fn large_path(&self) -> Result<String> {
        let http = self.endpoint.http_client(self.addresses.next())?;
        let page = http.get(self.endpoint.url("/")).send().await?.text().await?;
        let name = page.split(['"', '\'']).find(|part| part.contains(".wasm"));
        Ok(format!("/{}", name.unwrap_or_default().trim_start_matches('/')))
    }
}

/// The bytes of connections that send.
struct Sender<F> {
    openings: Vec<Vec<u8>>,
    next_opening: AtomicU32,
    next: AtomicU32,
    frame: F,
}

impl<F: Fn(u32) -> Vec<u8>> Sender<F> {
    /// Sends on one connection until it ends.
    async fn send(&self, attacker: &Attacker) -> std::io::Result<()> {
        let number = self.next_opening.fetch_add(1, Ordering::Relaxed) as usize;
        let opening = self.openings.iter().cycle().nth(number % self.openings.len().max(1));
        let opening = opening.map(Vec::as_slice).unwrap_or_default();
        let (mut answers, mut requests) = attacker.connect(opening).await?.into_split();
        let reading = async move { tokio::io::copy(&mut answers, &mut tokio::io::sink()).await };
        let writing = async {
            loop {
                requests
                    .write_all(&(self.frame)(self.next.fetch_add(1, Ordering::Relaxed)))
                    .await?;
            }
        };
        tokio::select! {
            read = reading => read.map(drop),
            written = writing => written,
        }
    }
}

/// Holds one connection without reading, until the server has ended it.
async fn hold_one(attacker: Attacker, bytes: Arc<[u8]>) {
    if let Ok(stream) = attacker.connect(&bytes).await {
        ended(&stream).await;
    }
}

/// As [`hold_one`], after a handshake of TLS.
async fn hold_one_over_tls(attacker: Attacker) {
    let Some(tls) = &attacker.endpoint.tls else { return };
    let Ok(stream) = attacker.connect(&[]).await else { return };
    if let Ok(stream) = attacker.endpoint.handshake(tls, stream).await {
        ended(stream.get_ref().0).await;
    }
}

/// Reads one connection byte by byte, until the server has ended it.
async fn read_one_slowly(attacker: Attacker, bytes: Arc<[u8]>) {
    let Ok(mut stream) = attacker.connect(&bytes).await else { return };
    while stream.read_u8().await.is_ok() {
        sleep(CHECK).await;
    }
}

/// The interval at which a connection with unread answers is checked for its end.
const CHECK: Duration = Duration::from_millis(100);

/// Completes when the server has ended the connection. Reads nothing, so that answers stay unread.
async fn ended(stream: &TcpStream) {
    while let Ok(ready) = stream.ready(Interest::READABLE | Interest::ERROR).await {
        if ready.is_read_closed() || ready.is_error() {
            return;
        }
        // Unread answers make the connection ready at once.
        sleep(CHECK).await;
    }
}
