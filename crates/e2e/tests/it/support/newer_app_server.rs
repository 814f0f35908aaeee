//! A server with a newer version of the app, on the port of the stopped server.

use std::collections::HashMap;
use std::net::SocketAddr;
use std::sync::Arc;

use anyhow::{Context, Result};
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::{TcpListener, TcpStream};
use tokio::task::{JoinHandle, JoinSet};

use super::test_server::TestServer;

/// The content type and the bytes of a file.
type File = (String, Vec<u8>);

/// The app's files, with another version in the page and in the service worker.
pub(crate) struct NewerApp(HashMap<String, File>);

impl NewerApp {
    /// Copies the app of a running server. The copy's page has the attribute `data-version=second`.
    pub(crate) async fn copy(server: &TestServer) -> Result<Self> {
        let worker = fetch(server, "/worker.js").await?;
        let text = String::from_utf8(worker.1)?;
        let list =
            text.lines().find_map(|line| line.strip_prefix("const FILES = ")?.strip_suffix(';'));
        let paths: Vec<String> =
            serde_json::from_str(list.context("worker.js has no list of files")?)?;
        let mut files = HashMap::new();
        for path in paths {
            let mut file = fetch(server, &path).await?;
            if path == "/" {
                let page = String::from_utf8(file.1)?;
                file.1 = page.replacen("<html ", "<html data-version=second ", 1).into_bytes();
            }
            files.insert(path, file);
        }
        let text = text.replacen("const VERSION = \"", "const VERSION = \"second-", 1);
        files.insert("/worker.js".to_owned(), (worker.0, text.into_bytes()));
        Ok(Self(files))
    }

    /// Serves these files and nothing else.
    pub(crate) async fn serve(self, address: SocketAddr) -> Result<NewerAppServer> {
        let listener = TcpListener::bind(address).await?;
        let files = Arc::new(self.0);
        Ok(NewerAppServer(tokio::spawn(async move {
            // They end with the server: a browser sends its next request over a connection that it opened in advance,
            // and the old app would answer it in place of the server that follows.
            let mut connections = JoinSet::new();
            while let Ok((stream, _)) = listener.accept().await {
                let files = Arc::clone(&files);
                // Errors are ignored: browsers open connections without using them.
                connections.spawn(async move { answer(stream, &files).await.ok() });
            }
        })))
    }
}

/// The running server.
pub(crate) struct NewerAppServer(JoinHandle<()>);

impl NewerAppServer {
    /// Ends all connections and frees the port. After a drop, the port is free only once the runtime has dropped the task.
    pub(crate) async fn stop(mut self) {
        self.0.abort();
        // An aborted task ends with an error.
        (&mut self.0).await.ok();
    }
}

impl Drop for NewerAppServer {
    fn drop(&mut self) {
        self.0.abort();
    }
}

async fn fetch(server: &TestServer, path: &str) -> Result<File> {
    let answer = reqwest::get(server.url(path)).await?.error_for_status()?;
    let kind = answer
        .headers()
        .get("content-type")
        .context("the response has no content type")?
        .to_str()?
        .to_owned();
    Ok((kind, answer.bytes().await?.to_vec()))
}

async fn answer(mut stream: TcpStream, files: &HashMap<String, File>) -> Result<()> {
    let mut request = Vec::new();
    while !request.ends_with(b"\r\n\r\n") {
        request.push(stream.read_u8().await?);
    }
    let request = String::from_utf8(request)?;
    let path = request.split(' ').nth(1).unwrap_or_default();
    let path = if files.contains_key(path) || path.starts_with("/api/") { path } else { "/" };
    let (status, kind, body) = match files.get(path) {
        Some((kind, body)) => ("200 OK", kind.as_str(), body.as_slice()),
        None => ("404 Not Found", "text/plain", [].as_slice()),
    };
    let head = format!(
        "HTTP/1.1 {status}\r\nContent-Type: {kind}\r\nContent-Length: {}\r\n\
        Cache-Control: no-cache\r\nConnection: close\r\n\r\n",
        body.len()
    );
    stream.write_all(head.as_bytes()).await?;
    Ok(stream.write_all(body).await?)
}
