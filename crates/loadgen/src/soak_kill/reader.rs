//! The final state: the history as a new user reads it page by page, and the rows of the database.

use std::collections::BTreeMap;
use std::path::Path;
use std::time::Duration;

use anyhow::{Context, Result};
use madang_client::{Action, ConnectionState};
use madang_loadgen::{Driver, MonotonicClock, TestUser};
use madang_shared::frames::ErrorContext;
use madang_shared::{CommandId, Seq, ServerFrame, UserId};
use rusqlite::{Connection, OpenFlags};
use tokio::time::{sleep, timeout};
use uuid::Uuid;

use super::first_room::{room_of, timeline_of};
use super::verdict::{ClientRecord, StoredMessage};

/// Time limit for each page of the history.
const RESPONSE_WITHIN: Duration = Duration::from_secs(30);
/// The name of the database file in the server's data folder.
const DATABASE: &str = "madang.sqlite";

/// Loads the first room back to its beginning, page by page.
pub(super) async fn read_history(
    user: TestUser,
    clock: MonotonicClock,
    seed: u64,
) -> Result<ClientRecord> {
    let author = user.user.clone();
    let mut driver = Driver::new(user, clock, seed);
    loop {
        let room =
            room_of(&driver).filter(|_| *driver.client().connection() == ConnectionState::Live);
        let timeline = room.and_then(|room| driver.client().features().timeline(room));
        match (room, timeline) {
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
    Ok(ClientRecord { user: author, written, acknowledged, timeline, whole: true })
}

/// Reads the messages of the first room from the database. The server must have stopped.
pub(super) fn read_database(folder: &Path) -> Result<Vec<StoredMessage>> {
    let connection =
        Connection::open_with_flags(folder.join(DATABASE), OpenFlags::SQLITE_OPEN_READ_ONLY)
            .context("cannot open the server's database")?;
    let sql = "SELECT seq, author_id, command, text FROM messages \
        WHERE room_id = (SELECT min(id) FROM rooms) ORDER BY seq";
    let mut statement = connection.prepare(sql)?;
    let rows = statement.query_map([], |row| {
        Ok(StoredMessage {
            seq: Seq(row.get::<_, i64>(0)?.unsigned_abs()),
            author: UserId(row.get::<_, i64>(1)?.unsigned_abs()),
            command: CommandId(Uuid::from_bytes(row.get(2)?)),
            text: row.get(3)?,
        })
    })?;
    rows.collect::<Result<_, _>>().context("cannot read the server's database")
}
