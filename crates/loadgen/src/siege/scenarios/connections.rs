//! Attacks that hold connections, or what belongs to them.

use std::convert::Infallible;

use anyhow::Result;
use futures_util::FutureExt;

use super::Scenario;
use crate::siege::attacker::Attacker;
use crate::siege::web_socket::{SOCKET_PATH, handshake};

/// Bytes of an unfinished head.
const HEAD_BYTES: usize = 390_000;
/// The end of a head.
const END: &str = "\r\n";
/// Requests in one write, whose answers are not read.
const PIPELINED_REQUESTS: usize = 40;

/// The attacks of this group.
pub(super) fn scenarios() -> Vec<Scenario> {
    vec![
        Scenario::new("silent connections", |attacker| hold(attacker, Vec::new()).boxed()),
        Scenario::over_tls("silent connections after a TLS handshake", |attacker| {
            async move { attacker.hold_over_tls().await }.boxed()
        }),
        Scenario::new("unfinished heads", |attacker| {
            let head = head(&attacker, "GET /", "Cookie: a");
            hold(attacker, head).boxed()
        }),
        Scenario::new("unfinished heads of 390 KB", |attacker| {
            let mut head = head(&attacker, "GET /", "Cookie: ");
            head.resize(HEAD_BYTES, b'a');
            hold(attacker, head).boxed()
        }),
        Scenario::new("unfinished bodies", |attacker| unfinished_bodies(attacker).boxed()),
        Scenario::new("unread pages of the app", |attacker| unread_module(attacker).boxed()),
        Scenario::new("pages of the app, read byte by byte", |attacker| {
            slow_module(attacker).boxed()
        }),
        Scenario::new("unread posts of a user", |attacker| unread_posts(attacker).boxed()),
        Scenario::new("WebSockets without a hello", |attacker| {
            upgrades(attacker, SOCKET_PATH).boxed()
        }),
        Scenario::new("WebSockets of the echo", |attacker| upgrades(attacker, "/ws?plain").boxed()),
        Scenario::new("unread event streams", |attacker| event_streams(attacker).boxed()),
    ]
}

/// The beginning of a request: its method and path, its host, and further headers.
fn head(attacker: &Attacker, request: &str, headers: &str) -> Vec<u8> {
    let host = attacker.endpoint.address;
    format!("{request} HTTP/1.1\r\nHost: {host}\r\n{headers}").into_bytes()
}

async fn hold(attacker: Attacker, bytes: Vec<u8>) -> Result<Infallible> {
    attacker.hold(&bytes).await
}

async fn unfinished_bodies(attacker: Attacker) -> Result<Infallible> {
    let headers = "Content-Type: application/json\r\nContent-Length: 16000\r\n\r\n{\"name\":\"";
    let mut request = head(&attacker, "POST /api/session", headers);
    request.resize(15_000, b'a');
    attacker.hold(&request).await
}

async fn unread_module(attacker: Attacker) -> Result<Infallible> {
    let requests = requests_for_the_module(&attacker).await?;
    attacker.hold(&requests).await
}

async fn slow_module(attacker: Attacker) -> Result<Infallible> {
    let requests = requests_for_the_module(&attacker).await?;
    attacker.read_slowly(&requests).await
}

async fn requests_for_the_module(attacker: &Attacker) -> Result<Vec<u8>> {
    let path = attacker.large_path().await?;
    Ok(head(attacker, &format!("GET {path}"), END).repeat(PIPELINED_REQUESTS))
}

async fn unread_posts(attacker: Attacker) -> Result<Infallible> {
    let session = format!("Authorization: Bearer {}\r\n{END}", attacker.user.token);
    attacker.hold(&head(&attacker, "GET /posts", &session).repeat(PIPELINED_REQUESTS)).await
}

async fn upgrades(attacker: Attacker, path: &str) -> Result<Infallible> {
    attacker.hold(&handshake(attacker.endpoint.address, path, "")).await
}

async fn event_streams(attacker: Attacker) -> Result<Infallible> {
    attacker.hold(&head(&attacker, "GET /lab/transports/events?rate=50&after=0", END)).await
}
