//! The size of the database, and the rooms and people that use it.

use madang_hub::administration::DatabaseSize;
use madang_shared::health::{LISTED_USERS_OF_STORAGE, PersonStorage, RoomStorage, StorageReport};
use madang_shared::roles::RoomKind;
use madang_shared::{RoomId, User, UserId};

use crate::error::StatementError;
use crate::transaction::{Transaction, values};

/// The size of the database. It reads no event, so it is cheap at any size.
pub(crate) fn database_size(transaction: &dyn Transaction) -> Result<DatabaseSize, StatementError> {
    let bytes = transaction.one(transaction.size_query(), &[], |row| row.natural(0))?;
    // Added here: engines differ in the type of a sum.
    let heads = transaction.all("SELECT head FROM topics", &[], |row| row.natural(0))?;
    Ok(DatabaseSize { bytes, events: heads.into_iter().fold(0, u64::saturating_add) })
}

/// The use of storage. It reads all texts, so it is for a request of a person alone.
pub(crate) fn report(
    transaction: &dyn Transaction,
    reader: UserId,
) -> Result<StorageReport, StatementError> {
    let limit = LISTED_USERS_OF_STORAGE as u64;
    // The name of a private room is for its members.
    let sql = "SELECT rooms.id, rooms.kind, \
        CASE WHEN rooms.kind = 'public' OR EXISTS ( \
            SELECT 1 FROM members WHERE room_id = rooms.id AND user_id = ?1) THEN rooms.name END, \
        coalesce((SELECT sum(octet_length(text)) FROM messages WHERE room_id = rooms.id), 0) \
        + coalesce((SELECT sum(octet_length(content)) FROM log JOIN topics ON topics.id = log.topic_id \
            WHERE topics.name = 'room:' || rooms.id), 0) AS bytes \
        FROM rooms ORDER BY bytes DESC, rooms.id LIMIT ?2";
    let rooms = transaction.all(sql, &values![reader.0, limit], |row| {
        Ok(RoomStorage {
            id: RoomId(row.natural(0)?),
            kind: RoomKind::parse(&row.string(1)).unwrap_or(RoomKind::Private),
            name: row.optional_string(2),
            bytes: row.natural(3)?,
        })
    })?;
    let sql = "SELECT users.id, users.name, count(*), sum(written.bytes) AS bytes FROM ( \
            SELECT author_id, octet_length(text) AS bytes FROM messages \
            UNION ALL SELECT author_id, octet_length(text) AS bytes FROM posts) AS written \
        JOIN users ON users.id = written.author_id \
        GROUP BY users.id, users.name ORDER BY bytes DESC, users.id LIMIT ?1";
    let people = transaction.all(sql, &values![limit], |row| {
        Ok(PersonStorage {
            user: User { id: UserId(row.natural(0)?), name: row.string(1) },
            texts: row.natural(2)?,
            bytes: row.natural(3)?,
        })
    })?;
    let database_bytes = database_size(transaction)?.bytes;
    Ok(StorageReport { database_bytes, rooms, people })
}
