//! The server's database, opened by the test itself.

use std::path::Path;

use anyhow::Result;
use madang_shared::chat::ChatEvent;
use madang_shared::{CommandId, Event, Message, RoomId, Seq, Timestamp, Topic, User, codec};
use rusqlite::{Connection, OpenFlags};

/// The test's own connection to the server's database.
pub(crate) struct Database(Connection);

impl Database {
    pub(crate) fn open(path: &Path) -> Result<Self> {
        let flags = OpenFlags::SQLITE_OPEN_READ_WRITE | OpenFlags::SQLITE_OPEN_NO_MUTEX;
        Ok(Self(Connection::open_with_flags(path, flags)?))
    }

    /// Executes and commits a statement, as another program does. Returns the number of changed rows.
    pub(crate) fn execute(&self, sql: &str) -> Result<usize> {
        Ok(self.0.execute(sql, [])?)
    }

    /// The only secret of one-time passwords.
    pub(crate) fn totp_secret(&self) -> Result<Vec<u8>> {
        Ok(self.0.query_row("SELECT secret FROM totp_secrets", [], |row| row.get(0))?)
    }

    /// Seq, author and text of every message in a room, in order.
    pub(crate) fn messages(&self, room: RoomId) -> Result<Vec<(u64, String, String)>> {
        let sql = "SELECT seq, users.name, text FROM messages JOIN users ON users.id = author_id \
            WHERE room_id = ?1 ORDER BY seq";
        let mut statement = self.0.prepare(sql)?;
        let rows = statement.query_map([i64::try_from(room.0)?], |row| {
            Ok((row.get::<_, i64>(0)?.unsigned_abs(), row.get(1)?, row.get(2)?))
        })?;
        Ok(rows.collect::<Result<_, _>>()?)
    }

    /// The read mark of a user in a room.
    pub(crate) fn read_mark(&self, room: RoomId, user: &str) -> Result<u64> {
        let sql = "SELECT read_up_to FROM members JOIN users ON users.id = user_id \
            WHERE room_id = ?1 AND users.name = ?2";
        let found = (i64::try_from(room.0)?, user);
        Ok(self.0.query_row(sql, found, |row| row.get::<_, i64>(0))?.unsigned_abs())
    }

    /// Inserts `count` messages of one author into an empty room, one a minute up to `last`, in the form in which
    /// the server writes them. The server must be down.
    pub(crate) fn insert_messages(
        &mut self,
        room: RoomId,
        author: &User,
        count: u64,
        last: Timestamp,
        text: impl Fn(u64) -> String,
    ) -> Result<()> {
        let transaction = self.0.transaction()?;
        {
            let topic = Topic::Room(room);
            let topic_id: i64 = transaction.query_row(
                "SELECT id FROM topics WHERE name = ?1 AND head = 0",
                [topic.to_string()],
                |row| row.get(0),
            )?;
            let mut messages = transaction.prepare(
                "INSERT INTO messages (room_id, seq, author_id, at, command, text) \
                VALUES (?1, ?2, ?3, ?4, ?5, ?6)",
            )?;
            let mut log = transaction
                .prepare("INSERT INTO log (topic_id, seq, at, content) VALUES (?1, ?2, ?3, ?4)")?;
            for seq in 1..=count {
                let at = Timestamp(last.0 - (count - seq) * 60_000);
                let command = CommandId::new(at, u128::from(seq));
                let message = Message::new(Seq(seq), author.clone(), at, text(seq), command);
                messages.execute((
                    i64::try_from(room.0)?,
                    i64::try_from(seq)?,
                    i64::try_from(author.id.0)?,
                    i64::try_from(at.0)?,
                    command.0.as_bytes(),
                    &message.text,
                ))?;
                let content = codec::encode_event(&Event::Chat(ChatEvent::Posted(message)));
                log.execute((topic_id, i64::try_from(seq)?, i64::try_from(at.0)?, content))?;
            }
            let head = i64::try_from(count)?;
            transaction.execute("UPDATE topics SET head = ?1 WHERE id = ?2", (head, topic_id))?;
        }
        Ok(transaction.commit()?)
    }
}
