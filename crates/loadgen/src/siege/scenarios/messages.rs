//! Attacks with messages that cost the server work or memory.

use std::convert::Infallible;

use anyhow::Result;
use futures_util::FutureExt;
use tokio::task::JoinSet;

use super::Scenario;
use crate::siege::attacker::Attacker;
use crate::siege::web_socket::{handshake, opening_of, page_query, post_command, text_frame};

/// The room that every user has joined.
const ROOM: u64 = 1;
/// Connections of each attack.
const MENTIONING: usize = 2;
const ECHOING: usize = 32;
const COMMANDING: usize = 100;
const NOT_READING: usize = 150;
/// Users of an attack: fewer than may sign up from one address in a burst.
const USERS: usize = 50;
/// Users that fill the disk.
const FILLING: usize = 10;
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
/// A short text.
const SHORT_TEXT: (&str, usize) = ("fast", 1);

/// The attacks of this group.
pub(super) fn scenarios() -> Vec<Scenario> {
    vec![
        Scenario::new("texts of mentions", |attacker| {
            post_as_one(attacker, MENTIONING, MENTIONS).boxed()
        }),
        Scenario::new("texts of mentions, 50 users", |attacker| {
            post_as_many(attacker, USERS, MENTIONS).boxed()
        }),
        Scenario::new("echoes of 1 MiB, compressed", |attacker| echoes(attacker).boxed()),
        Scenario::new("commands of one user", |attacker| {
            post_as_one(attacker, COMMANDING, SHORT_TEXT).boxed()
        }),
        Scenario::new("commands of 50 users", |attacker| {
            post_as_many(attacker, USERS, SHORT_TEXT).boxed()
        }),
        Scenario::new("longest texts of 10 users", |attacker| {
            post_as_many(attacker, FILLING, LONG_TEXT).boxed()
        }),
        Scenario::new("unread pages of history", |attacker| unread_pages(attacker).boxed()),
    ]
}

/// Posts a text as the attacker's user.
async fn post_as_one(
    attacker: Attacker,
    connections: usize,
    text: (&str, usize),
) -> Result<Infallible> {
    let openings = vec![opening_of(&attacker.user)];
    post_repeatedly(attacker, connections, openings, text).await
}

/// Posts a text as many users, each on two connections.
async fn post_as_many(attacker: Attacker, users: usize, text: (&str, usize)) -> Result<Infallible> {
    let openings: Vec<_> = attacker.further_users(users).await?.iter().map(opening_of).collect();
    post_repeatedly(attacker, 2 * users, openings, text).await
}

/// Posts a text as fast as the server reads, on several connections.
async fn post_repeatedly(
    attacker: Attacker,
    connections: usize,
    openings: Vec<Vec<u8>>,
    (part, count): (&str, usize),
) -> Result<Infallible> {
    let text = part.repeat(count);
    let frames = move |number| text_frame(&post_command(number, ROOM, &text));
    attacker.send_repeatedly(connections, openings, frames).await
}

async fn echoes(attacker: Attacker) -> Result<Infallible> {
    let frame = text_frame(&"a".repeat(ECHO_BYTES));
    let server = attacker.endpoint.address;
    let opening =
        handshake(server, "/ws?plain", "Sec-WebSocket-Extensions: permessage-deflate\r\n");
    attacker.send_repeatedly(ECHOING, vec![opening], move |_| frame.clone()).await
}

async fn unread_pages(attacker: Attacker) -> Result<Infallible> {
    let mut bytes = opening_of(&attacker.user);
    for number in 0..QUERIES {
        bytes.extend(text_frame(&page_query(number, ROOM, PAGE_MESSAGES)));
    }
    let mut attacks = JoinSet::new();
    // The messages of the pages, as many as the budget of the user allows.
    attacks.spawn(post_as_one(attacker.clone(), 1, LONG_TEXT));
    attacks.spawn(async move { attacker.hold_some(NOT_READING, &bytes).await });
    match attacks.join_next().await {
        Some(ended) => ended?,
        None => std::future::pending().await,
    }
}
