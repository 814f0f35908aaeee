//! What there is in the end: as a new user reads it page by page, and as it stands in the file.

use std::collections::BTreeMap;
use std::path::Path;
use std::time::Duration;

use anyhow::{Context, Result};
use madang_client::{Action, ConnectionState};
use madang_loadgen::{Clock, Driver, Visitor};
use madang_shared::frames::ErrorContext;
use madang_shared::{CommandId, Seq, ServerFrame, UserId};
use rusqlite::{Connection, OpenFlags};
use tokio::time::{sleep, timeout};
use uuid::Uuid;

use super::verdict::{Recipients, Testimony};
use super::writer::{room_of, timeline_of};

/// The longest silence of a server that is asked for history.
const ANSWER_WITHIN: Duration = Duration::from_secs(30);
/// The server's file within its folder.
const DATABASE: &str = "madang.sqlite";

/// Loads the first room back to its beginning, as somebody does who scrolls up.
pub(super) async fn read_everything(
    visitor: Visitor,
    clock: Clock,
    seed: u64,
) -> Result<Testimony> {
    let user = visitor.user.clone();
    let mut driver = Driver::new(visitor, clock, seed);
    loop {
        let room =
            room_of(&driver).filter(|_| *driver.client().connection() == ConnectionState::Live);
        let timeline = room.and_then(|room| driver.client().features().timeline(room));
        match (room, timeline) {
            (Some(_), Some(timeline)) if !timeline.has_older() => break,
            (Some(room), _) => driver.act(Action::LoadOlder(room)),
            (None, _) => {}
        }
        let step = timeout(ANSWER_WITHIN, driver.step()).await;
        let frame = step.with_context(|| {
            format!("the history does not load: {}", driver.trouble().unwrap_or("silence"))
        })?;
        if let Some(ServerFrame::Error { about: ErrorContext::Query(_), failure }) = frame {
            anyhow::ensure!(failure.retry, "the server refuses to show the history: {failure}");
            // The server said how long it wants to be left in peace.
            sleep(Duration::from_millis(failure.retry_after.unwrap_or(1_000))).await;
        }
    }
    let timeline = timeline_of(&driver);
    let (written, acknowledged) = (Vec::new(), BTreeMap::new());
    Ok(Testimony { user, written, acknowledged, timeline, whole: true })
}

/// Reads the first room from the file of a server that has stopped.
pub(super) fn read_database(folder: &Path) -> Result<Vec<Recipients>> {
    let connection =
        Connection::open_with_flags(folder.join(DATABASE), OpenFlags::SQLITE_OPEN_READ_ONLY)
            .context("cannot open the server's database")?;
    let sql = "SELECT seq, author_id, command, text FROM messages \
        WHERE room_id = (SELECT min(id) FROM rooms) ORDER BY seq";
    let mut statement = connection.prepare(sql)?;
    let rows = statement.query_map([], |row| {
        Ok(Recipients {
            seq: Seq(row.get::<_, i64>(0)?.unsigned_abs()),
            author: UserId(row.get::<_, i64>(1)?.unsigned_abs()),
            command: CommandId(Uuid::from_bytes(row.get(2)?)),
            text: row.get(3)?,
        })
    })?;
    rows.collect::<Result<_, _>>().context("cannot read the server's database")
}
