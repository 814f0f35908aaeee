//! An exchange of one's own: an HTTP server that knows one answer, and can go silent.

use std::net::Ipv4Addr;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, AtomicUsize, Ordering};

use anyhow::Result;
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::{TcpListener, TcpStream};
use tokio::task::JoinHandle;

/// Dropping it closes it.
pub(crate) struct StubExchange {
    task: JoinHandle<()>,
    url: String,
    state: Arc<State>,
}

struct State {
    answer: String,
    open: AtomicBool,
    asked: AtomicUsize,
}

impl StubExchange {
    /// One that answers every request with this JSON.
    pub(crate) async fn start(answer: &str) -> Result<Self> {
        let listener = TcpListener::bind((Ipv4Addr::LOCALHOST, 0)).await?;
        let url = format!("http://{}", listener.local_addr()?);
        let open = AtomicBool::new(true);
        let state = Arc::new(State { answer: answer.into(), open, asked: AtomicUsize::new(0) });
        let shared = state.clone();
        let task = tokio::spawn(async move {
            while let Ok((stream, _)) = listener.accept().await {
                // A server that goes away in the middle is no concern of an exchange.
                tokio::spawn(serve(stream, shared.clone()));
            }
        });
        Ok(Self { task, url, state })
    }

    pub(crate) fn url(&self) -> &str {
        &self.url
    }

    /// How often it was asked.
    pub(crate) fn request_count(&self) -> usize {
        self.state.asked.load(Ordering::Relaxed)
    }

    /// Answers from now on, or breaks every connection.
    pub(crate) fn set_available(&self, open: bool) {
        self.state.open.store(open, Ordering::Relaxed);
    }
}

impl Drop for StubExchange {
    fn drop(&mut self) {
        self.task.abort();
    }
}

async fn serve(mut stream: TcpStream, state: Arc<State>) -> Result<()> {
    let mut head = Vec::new();
    loop {
        // A request without a body ends with an empty line.
        while !head.ends_with(b"\r\n\r\n") {
            if stream.read_buf(&mut head).await? == 0 {
                return Ok(());
            }
        }
        head.clear();
        if !state.open.load(Ordering::Relaxed) {
            return Ok(());
        }
        state.asked.fetch_add(1, Ordering::Relaxed);
        let answer = format!(
            "HTTP/1.1 200 OK\r\ncontent-type: application/json\r\ncontent-length: {}\r\n\r\n{}",
            state.answer.len(),
            state.answer
        );
        stream.write_all(answer.as_bytes()).await?;
    }
}
