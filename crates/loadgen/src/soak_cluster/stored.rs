//! The messages of a room as they are in the database.

use anyhow::{Context, Result};
use madang_shared::{CommandId, RoomId, Seq, UserId};
use tokio_postgres::{Client, NoTls, Row};
use uuid::Uuid;

use crate::verdict::StoredMessage;

/// A connection to the database that no disturbance reaches, except the end of PostgreSQL.
pub(super) struct StoredMessages {
    client: Client,
}

impl StoredMessages {
    /// Connects to the database.
    pub(super) async fn connect(database: &str) -> Result<Self> {
        let (client, connection) = tokio_postgres::connect(database, NoTls).await?;
        // It ends with the client; a lost connection fails the next statement.
        tokio::spawn(connection);
        Ok(Self { client })
    }

    /// The messages of a room, in the order of the log.
    pub(super) async fn of_room(&self, room: RoomId) -> Result<Vec<StoredMessage>> {
        let sql =
            "SELECT seq, author_id, command, text FROM messages WHERE room_id = $1 ORDER BY seq";
        let rows = self.client.query(sql, &[&room.0.cast_signed()]).await?;
        rows.iter().map(message).collect::<Result<_>>().context("cannot read the messages")
    }
}

fn message(row: &Row) -> Result<StoredMessage> {
    let unsigned =
        |column: usize| Ok::<u64, anyhow::Error>(row.try_get::<_, i64>(column)?.unsigned_abs());
    Ok(StoredMessage {
        seq: Seq(unsigned(0)?),
        author: UserId(unsigned(1)?),
        command: CommandId(Uuid::from_slice(row.try_get(2)?)?),
        text: row.try_get(3)?,
    })
}
