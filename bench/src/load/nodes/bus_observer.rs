//! Counts the messages between nodes: a subscriber of all subjects of the NATS server.

use std::io::{BufRead, BufReader, Read, Write};
use std::net::{SocketAddr, TcpStream};
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};
use std::thread;

use anyhow::{Context, Result};

/// The subscription to all subjects, in the protocol of NATS.
const SUBSCRIBE: &[u8] = b"CONNECT {\"verbose\":false}\r\nSUB > 1\r\n";

/// The numbers of messages and of their bytes since the start.
#[derive(Clone, Debug, Default)]
pub(super) struct BusObserver {
    messages: Arc<AtomicU64>,
    bytes: Arc<AtomicU64>,
}

impl BusObserver {
    /// Begins to count, in a thread that ends with the connection.
    pub(super) fn start(server: SocketAddr) -> Result<Self> {
        let mut stream = TcpStream::connect(server).context("cannot connect to NATS")?;
        stream.write_all(SUBSCRIBE)?;
        let observer = Self::default();
        let counting = observer.clone();
        // An error means that the server has ended.
        thread::spawn(move || counting.count(stream).ok());
        Ok(observer)
    }

    pub(super) fn messages(&self) -> u64 {
        self.messages.load(Ordering::Relaxed)
    }

    pub(super) fn bytes(&self) -> u64 {
        self.bytes.load(Ordering::Relaxed)
    }

    fn count(&self, stream: TcpStream) -> Result<()> {
        let mut writer = stream.try_clone()?;
        let mut reader = BufReader::new(stream);
        let (mut line, mut payload) = (String::new(), Vec::new());
        loop {
            line.clear();
            if reader.read_line(&mut line)? == 0 {
                return Ok(());
            }
            if line.starts_with("PING") {
                writer.write_all(b"PONG\r\n")?;
            } else if line.starts_with("MSG ") {
                let length = line.trim_end().rsplit(' ').next().unwrap_or_default();
                let length: usize = length.parse().context("a message without a length")?;
                payload.resize(length + 2, 0);
                reader.read_exact(&mut payload)?;
                self.messages.fetch_add(1, Ordering::Relaxed);
                self.bytes.fetch_add(length as u64, Ordering::Relaxed);
            }
        }
    }
}
