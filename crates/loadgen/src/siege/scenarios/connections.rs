//! Attacks that hold connections, or what belongs to them.

use std::convert::Infallible;

use anyhow::Result;
use futures_util::FutureExt;

use super::Scenario;
use crate::siege::attacker::Attacker;
use crate::siege::web_socket::handshake;

/// Bytes of an unfinished head.
const HEAD_BYTES: usize = 390_000;
/// Requests in one write, whose answers are not read.
const PIPELINED_REQUESTS: usize = 40;

/// The attacks of this group.
pub(super) fn scenarios() -> Vec<Scenario> {
    vec![
        Scenario { name: "silent connections", run: |attacker| hold(attacker, Vec::new()).boxed() },
        Scenario {
            name: "unfinished heads",
            run: |attacker| {
                hold(attacker, b"GET / HTTP/1.1\r\nHost: x\r\nCookie: a".to_vec()).boxed()
            },
        },
        Scenario {
            name: "unfinished heads of 390 KB",
            run: |attacker| {
                let mut head = b"GET / HTTP/1.1\r\nHost: x\r\nCookie: ".to_vec();
                head.resize(HEAD_BYTES, b'a');
                hold(attacker, head).boxed()
            },
        },
        Scenario { name: "unfinished bodies", run: |attacker| unfinished_bodies(attacker).boxed() },
        Scenario {
            name: "unread pages of the app",
            run: |attacker| unread_module(attacker).boxed(),
        },
        Scenario { name: "unread posts of a user", run: |attacker| unread_posts(attacker).boxed() },
        Scenario {
            name: "WebSockets without a hello",
            run: |attacker| upgrades(attacker, "/api/socket?protocol=madang.v2.json").boxed(),
        },
        Scenario {
            name: "WebSockets of the echo",
            run: |attacker| upgrades(attacker, "/ws?plain").boxed(),
        },
        Scenario { name: "unread event streams", run: |attacker| event_streams(attacker).boxed() },
    ]
}

async fn hold(attacker: Attacker, bytes: Vec<u8>) -> Result<Infallible> {
    attacker.hold(&bytes).await
}

async fn unfinished_bodies(attacker: Attacker) -> Result<Infallible> {
    let mut request =
        b"POST /api/session HTTP/1.1\r\nHost: x\r\nContent-Type: application/json\r\n\
        Content-Length: 16000\r\n\r\n{\"name\":\""
            .to_vec();
    request.resize(15_000, b'a');
    attacker.hold(&request).await
}

async fn unread_module(attacker: Attacker) -> Result<Infallible> {
    let path = attacker.large_path().await?;
    let request = format!("GET {path} HTTP/1.1\r\nHost: x\r\n\r\n");
    attacker.hold(request.repeat(PIPELINED_REQUESTS).as_bytes()).await
}

async fn unread_posts(attacker: Attacker) -> Result<Infallible> {
    let token = &attacker.user.token;
    let request =
        format!("GET /posts HTTP/1.1\r\nHost: x\r\nAuthorization: Bearer {token}\r\n\r\n");
    attacker.hold(request.repeat(PIPELINED_REQUESTS).as_bytes()).await
}

async fn upgrades(attacker: Attacker, path: &str) -> Result<Infallible> {
    attacker.hold(&handshake(path, "")).await
}

async fn event_streams(attacker: Attacker) -> Result<Infallible> {
    let request = "GET /lab/transports/events?rate=50&after=0 HTTP/1.1\r\nHost: x\r\n\r\n";
    attacker.hold(request.as_bytes()).await
}
