//! Attacks with messages that cost the server work or memory.

use std::convert::Infallible;

use anyhow::Result;
use futures_util::FutureExt;
use tokio::task::JoinSet;

use super::Scenario;
use crate::siege::attacker::Attacker;
use crate::siege::web_socket::{HELLO, handshake, page_query, post_command, text_frame};

/// The room that every user has joined.
const ROOM: u64 = 1;
/// Connections of each attack.
const MENTIONING: usize = 2;
const ECHOING: usize = 32;
const COMMANDING: usize = 100;
const NOT_READING: usize = 150;
/// Bytes of a message to the echo.
const ECHO_BYTES: usize = 1024 * 1024;
/// Queries of a connection whose answers are not read.
const QUERIES: u32 = 300;
/// Messages of a page.
const PAGE_MESSAGES: u32 = 50;
/// A text of 4,000 characters, each with several bytes.
const LONG_TEXT: (&str, usize) = ("가", 4_000);
/// A text of 4,000 characters that each could begin a mention, or cost normalisation.
const MENTIONS: (&str, usize) = ("@@ﷺ.", 1_000);

/// The attacks of this group.
pub(super) fn scenarios() -> Vec<Scenario> {
    vec![
        Scenario { name: "texts of mentions", run: |attacker| mentions(attacker).boxed() },
        Scenario { name: "echoes of 1 MiB, compressed", run: |attacker| echoes(attacker).boxed() },
        Scenario { name: "commands of one user", run: |attacker| commands(attacker).boxed() },
        Scenario {
            name: "unread pages of history",
            run: |attacker| unread_pages(attacker).boxed(),
        },
    ]
}

async fn mentions(attacker: Attacker) -> Result<Infallible> {
    let (part, count) = MENTIONS;
    post_repeatedly(attacker, MENTIONING, part.repeat(count)).await
}

async fn commands(attacker: Attacker) -> Result<Infallible> {
    post_repeatedly(attacker, COMMANDING, "fast".to_owned()).await
}

/// Posts a text as fast as the server reads, on several connections of one user.
async fn post_repeatedly(
    attacker: Attacker,
    connections: usize,
    text: String,
) -> Result<Infallible> {
    let opening = opening_of_user(&attacker);
    let frames = move |number| text_frame(&post_command(number, ROOM, &text));
    attacker.send_repeatedly(connections, opening, frames).await
}

async fn echoes(attacker: Attacker) -> Result<Infallible> {
    let frame = text_frame(&"a".repeat(ECHO_BYTES));
    let opening = handshake("/ws?plain", "Sec-WebSocket-Extensions: permessage-deflate\r\n");
    attacker.send_repeatedly(ECHOING, opening, move |_| frame.clone()).await
}

async fn unread_pages(attacker: Attacker) -> Result<Infallible> {
    let mut bytes = opening_of_user(&attacker);
    for number in 0..QUERIES {
        bytes.extend(text_frame(&page_query(number, ROOM, PAGE_MESSAGES)));
    }
    let (part, count) = LONG_TEXT;
    let mut attacks = JoinSet::new();
    // The messages of the pages, as many as the budget of the user allows.
    attacks.spawn(post_repeatedly(attacker.clone(), 1, part.repeat(count)));
    attacks.spawn(async move { attacker.hold_some(NOT_READING, &bytes).await });
    match attacks.join_next().await {
        Some(ended) => ended?,
        None => std::future::pending().await,
    }
}

/// The handshake and the hello of the attacker's user.
fn opening_of_user(attacker: &Attacker) -> Vec<u8> {
    let session = format!("Authorization: Bearer {}\r\n", attacker.user.token);
    let mut bytes = handshake("/api/socket?protocol=madang.v2.json", &session);
    bytes.extend(text_frame(HELLO));
    bytes
}
