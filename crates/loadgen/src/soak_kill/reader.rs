//! The final state: the history as a new user reads it page by page, and the rows of the database.

use std::collections::BTreeMap;
use std::path::Path;
use std::time::Duration;

use anyhow::{Context, Result};
use madang_client::{Action, ConnectionState};
use madang_loadgen::{Driver, MonotonicClock, TestUser};
use madang_shared::frames::ErrorContext;
use madang_shared::{CommandId, PostId, RoomId, Seq, ServerFrame, UserId};
use rusqlite::{Connection, OpenFlags, Params, Row};
use tokio::time::{sleep, timeout};
use uuid::Uuid;

use super::post_verdict::StoredPosts;
use crate::room::{self, room_of, timeline_of};
use crate::verdict::{ClientRecord, StoredMessage};

/// Time limit for each page of the history.
const RESPONSE_WITHIN: Duration = Duration::from_secs(30);
/// The name of the database file in the server's data folder.
const DATABASE: &str = "madang.sqlite";

/// Loads a room back to its beginning, page by page.
pub(super) async fn read_history(
    user: TestUser,
    room: RoomId,
    clock: MonotonicClock,
    seed: u64,
) -> Result<ClientRecord> {
    let author = user.user.clone();
    let mut driver = Driver::new(user, clock, seed);
    room::join(&mut driver, room).await?;
    loop {
        let live =
            room_of(&driver).filter(|_| *driver.client().connection() == ConnectionState::Live);
        let timeline = live.and_then(|room| driver.client().features().timeline(room));
        match (live, timeline) {
            (Some(_), Some(timeline)) if !timeline.has_older() => break,
            (Some(room), _) => driver.act(Action::LoadOlder(room)),
            (None, _) => {}
        }
        let step = timeout(RESPONSE_WITHIN, driver.step()).await;
        let frame = step.with_context(|| {
            format!(
                "cannot load the history: {}",
                driver.last_error().unwrap_or("the server does not respond")
            )
        })?;
        if let Some(ServerFrame::Error { about: ErrorContext::Query(_), failure }) = frame {
            anyhow::ensure!(failure.retry, "the server refuses to show the history: {failure}");
            // The rate limit says when to ask again.
            sleep(Duration::from_millis(failure.retry_after.unwrap_or(1_000))).await;
        }
    }
    let timeline = timeline_of(&driver);
    let (written, acknowledged) = (Vec::new(), BTreeMap::new());
    Ok(ClientRecord { user: author, room, written, acknowledged, timeline, whole: true })
}

/// Reads the messages of a room from the database. The server must have stopped.
pub(super) fn read_messages(folder: &Path, room: RoomId) -> Result<Vec<StoredMessage>> {
    let sql = "SELECT seq, author_id, command, text FROM messages WHERE room_id = ?1 ORDER BY seq";
    rows(&open(folder)?, sql, [room.0.cast_signed()], |row| {
        Ok(StoredMessage {
            seq: Seq(unsigned(row, 0)?),
            author: UserId(unsigned(row, 1)?),
            command: CommandId(Uuid::from_bytes(row.get(2)?)),
            text: row.get(3)?,
        })
    })
}

/// Reads the posts and their log from the database. The server must have stopped.
pub(super) fn read_posts(folder: &Path) -> Result<StoredPosts> {
    let connection = open(folder)?;
    let posts = "SELECT id, author_id, text FROM posts";
    let of_topic = "topic_id = (SELECT id FROM topics WHERE name = 'posts')";
    let commands = format!("SELECT author_id, command, seq FROM commands WHERE {of_topic}");
    let events = format!("SELECT seq FROM log WHERE {of_topic} ORDER BY seq");
    Ok(StoredPosts {
        posts: rows(&connection, posts, [], |row| {
            Ok((PostId(unsigned(row, 0)?), UserId(unsigned(row, 1)?), row.get(2)?))
        })?,
        commands: rows(&connection, &commands, [], |row| {
            let command = CommandId(Uuid::from_bytes(row.get(1)?));
            Ok((UserId(unsigned(row, 0)?), command, unsigned(row, 2)?))
        })?,
        events: rows(&connection, &events, [], |row| unsigned(row, 0))?,
    })
}

fn open(folder: &Path) -> Result<Connection> {
    Connection::open_with_flags(folder.join(DATABASE), OpenFlags::SQLITE_OPEN_READ_ONLY)
        .context("cannot open the server's database")
}

fn rows<T>(
    connection: &Connection,
    sql: &str,
    parameters: impl Params,
    row: impl FnMut(&Row<'_>) -> rusqlite::Result<T>,
) -> Result<Vec<T>> {
    let mut statement = connection.prepare(sql)?;
    let rows = statement.query_map(parameters, row)?;
    rows.collect::<Result<_, _>>().context("cannot read the server's database")
}

fn unsigned(row: &Row<'_>, column: usize) -> rusqlite::Result<u64> {
    Ok(row.get::<_, i64>(column)?.unsigned_abs())
}
