//! Floods of small acts: many of them are cheap, or refused.

use std::convert::Infallible;

use anyhow::Result;
use futures_util::FutureExt;
use tokio::io::AsyncReadExt;

use super::Scenario;
use crate::siege::attacker::Attacker;
use crate::siege::web_socket::{handshake, opening_of, ping_frame, text_frame};

/// Connections of a flood.
const CONNECTIONS: usize = 100;
/// Connections that come and go at the same time.
const COMING_AND_GOING: usize = 200;
/// A frame that the server refuses.
const MALFORMED: &str = r#"{"command":{"id":7}}"#;
/// A sign-up with an empty name.
const SIGN_UP: &str = r#"{"name":"","bearer":true}"#;

/// The attacks of this group.
pub(super) fn scenarios() -> Vec<Scenario> {
    vec![
        Scenario::new("pings", |attacker| pings(attacker).boxed()),
        Scenario::new("malformed commands", |attacker| malformed_commands(attacker).boxed()),
        Scenario::new("refused sign-ups", |attacker| refused_sign_ups(attacker).boxed()),
        Scenario::new("hellos, one connection after another", |attacker| hellos(attacker).boxed()),
    ]
}

async fn pings(attacker: Attacker) -> Result<Infallible> {
    let opening = handshake(attacker.endpoint.address, "/ws?plain", "");
    attacker.send_repeatedly(CONNECTIONS, vec![opening], |_| ping_frame()).await
}

async fn malformed_commands(attacker: Attacker) -> Result<Infallible> {
    let opening = opening_of(&attacker.user);
    attacker.send_repeatedly(CONNECTIONS, vec![opening], |_| text_frame(MALFORMED)).await
}

async fn refused_sign_ups(attacker: Attacker) -> Result<Infallible> {
    let (host, length) = (attacker.endpoint.address, SIGN_UP.len());
    let request = format!(
        "POST /api/session HTTP/1.1\r\nHost: {host}\r\nContent-Type: application/json\r\n\
        Content-Length: {length}\r\n\r\n{SIGN_UP}"
    );
    attacker.send_repeatedly(CONNECTIONS, vec![Vec::new()], move |_| request.clone().into()).await
}

async fn hellos(attacker: Attacker) -> Result<Infallible> {
    let opening = opening_of(&attacker.user);
    attacker.repeat(COMING_AND_GOING, move |attacker| hello(attacker, opening.clone())).await
}

/// Connects, says hello, reads a part of the answers, and disconnects.
async fn hello(attacker: Attacker, opening: Vec<u8>) {
    let Ok(mut stream) = attacker.connect(&opening).await else { return };
    // The answer to the handshake alone is shorter.
    let mut answers = [0; 512];
    stream.read_exact(&mut answers).await.ok();
}
