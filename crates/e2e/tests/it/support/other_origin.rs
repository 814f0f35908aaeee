//! A web server of another origin.

use anyhow::Result;
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::TcpListener;
use tokio::task::JoinHandle;

const PAGE: &str = "<!doctype html><title>other origin</title>";

/// A server whose only page is empty. Dropping it stops it.
pub(crate) struct OtherOrigin {
    /// The origin of its page.
    pub(crate) origin: String,
    serving: JoinHandle<()>,
}

impl OtherOrigin {
    pub(crate) async fn start() -> Result<Self> {
        let listener = TcpListener::bind("127.0.0.1:0").await?;
        let origin = format!("http://{}", listener.local_addr()?);
        let serving = tokio::spawn(async move {
            while let Ok((mut stream, _)) = listener.accept().await {
                let answer = format!(
                    "HTTP/1.1 200 OK\r\nContent-Type: text/html\r\nConnection: close\r\n\
                     Content-Length: {}\r\n\r\n{PAGE}",
                    PAGE.len()
                );
                let mut request = [0; 4096];
                // Errors are ignored: browsers open connections without using them.
                tokio::spawn(async move {
                    if stream.read(&mut request).await.is_ok() {
                        stream.write_all(answer.as_bytes()).await.ok();
                    }
                });
            }
        });
        Ok(Self { origin, serving })
    }
}

impl Drop for OtherOrigin {
    fn drop(&mut self) {
        self.serving.abort();
    }
}
