//! A local exchange: an HTTP server with one fixed response, which can fail on demand.

use std::net::Ipv4Addr;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, AtomicUsize, Ordering};

use anyhow::Result;
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::{TcpListener, TcpStream};
use tokio::task::JoinHandle;

/// The running exchange. Dropping it stops it.
pub(crate) struct StubExchange {
    task: JoinHandle<()>,
    url: String,
    state: Arc<State>,
}

struct State {
    answer: String,
    available: AtomicBool,
    requests: AtomicUsize,
}

impl StubExchange {
    /// Starts an exchange that answers every request with this JSON.
    pub(crate) async fn start(answer: &str) -> Result<Self> {
        let listener = TcpListener::bind((Ipv4Addr::LOCALHOST, 0)).await?;
        let url = format!("http://{}", listener.local_addr()?);
        let available = AtomicBool::new(true);
        let state =
            Arc::new(State { answer: answer.into(), available, requests: AtomicUsize::new(0) });
        let shared = state.clone();
        let task = tokio::spawn(async move {
            while let Ok((stream, _)) = listener.accept().await {
                // The task's error is ignored: the server under test may disconnect at any time.
                tokio::spawn(serve(stream, shared.clone()));
            }
        });
        Ok(Self { task, url, state })
    }

    pub(crate) fn url(&self) -> &str {
        &self.url
    }

    /// The number of requests so far.
    pub(crate) fn request_count(&self) -> usize {
        self.state.requests.load(Ordering::Relaxed)
    }

    /// Answers requests from now on, or closes every connection without an answer.
    pub(crate) fn set_available(&self, available: bool) {
        self.state.available.store(available, Ordering::Relaxed);
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
        // The requests have no body, so an empty line ends each of them.
        while !head.ends_with(b"\r\n\r\n") {
            if stream.read_buf(&mut head).await? == 0 {
                return Ok(());
            }
        }
        head.clear();
        if !state.available.load(Ordering::Relaxed) {
            return Ok(());
        }
        state.requests.fetch_add(1, Ordering::Relaxed);
        let answer = format!(
            "HTTP/1.1 200 OK\r\ncontent-type: application/json\r\ncontent-length: {}\r\n\r\n{}",
            state.answer.len(),
            state.answer
        );
        stream.write_all(answer.as_bytes()).await?;
    }
}
