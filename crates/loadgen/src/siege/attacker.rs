//! The means of an attack: connections from chosen addresses of the loopback network.

use std::convert::Infallible;
use std::net::{Ipv4Addr, SocketAddr};
use std::sync::Arc;
use std::sync::atomic::{AtomicU32, Ordering};
use std::time::Duration;

use anyhow::Result;
use madang_loadgen::TestUser;
use tokio::io::{AsyncWriteExt, Interest};
use tokio::net::{TcpSocket, TcpStream};
use tokio::task::JoinSet;
use tokio::time::sleep;

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
    pub(super) server: SocketAddr,
    pub(super) scale: Scale,
    /// The session of a user who belongs to the attacker.
    pub(super) user: TestUser,
    http: reqwest::Client,
    addresses: SourceAddresses,
}

impl Attacker {
    /// Signs the attacker's user up.
    pub(super) async fn new(
        server: SocketAddr,
        addresses: SourceAddresses,
        scale: Scale,
        http: reqwest::Client,
    ) -> Result<Self> {
        let user = TestUser::sign_up(&http, server, "attacker").await?;
        Ok(Self { server, scale, user, http, addresses })
    }

    /// Connects from the next address and sends bytes.
    pub(super) async fn connect(&self, bytes: &[u8]) -> std::io::Result<TcpStream> {
        let socket = TcpSocket::new_v4()?;
        socket.bind(SocketAddr::from((self.addresses.next(), 0)))?;
        let mut stream = socket.connect(self.server).await?;
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
        let mut held = JoinSet::new();
        loop {
            while held.len() < connections.min(self.scale.connections) {
                held.spawn(hold_one(self.clone(), Arc::clone(&bytes)));
            }
            // An ended connection is one that the server has refused or evicted.
            held.join_next().await;
        }
    }

    /// Opens connections that each send `opening` and then, as fast as the server reads, the frames of the numbers that
    /// follow. The answers are read and ignored.
    pub(super) async fn send_repeatedly(
        &self,
        connections: usize,
        opening: Vec<u8>,
        frame: impl Fn(u32) -> Vec<u8> + Send + Sync + 'static,
    ) -> Result<Infallible> {
        let sender = Arc::new(Sender { opening, next: AtomicU32::new(0), frame });
        let mut sending = JoinSet::new();
        loop {
            while sending.len() < connections.min(self.scale.connections) {
                let (attacker, sender) = (self.clone(), Arc::clone(&sender));
                sending.spawn(async move {
                    // An error is the end of the connection.
                    sender.send(&attacker).await.ok();
                    sleep(attacker.scale.reopen).await;
                });
            }
            sending.join_next().await;
        }
    }

    /// The path of a large answer: the app's module, or without the app its page.
    pub(super) async fn large_path(&self) -> Result<String> {
        let page = self.http.get(format!("http://{}/", self.server)).send().await?.text().await?;
        let name = page.split(['"', '\'']).find(|part| part.contains(".wasm"));
        Ok(format!("/{}", name.unwrap_or_default().trim_start_matches('/')))
    }
}

/// The bytes of connections that send.
struct Sender<F> {
    opening: Vec<u8>,
    next: AtomicU32,
    frame: F,
}

impl<F: Fn(u32) -> Vec<u8>> Sender<F> {
    /// Sends on one connection until it ends.
    async fn send(&self, attacker: &Attacker) -> std::io::Result<()> {
        let (mut answers, mut requests) = attacker.connect(&self.opening).await?.into_split();
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
    sleep(attacker.scale.reopen).await;
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
