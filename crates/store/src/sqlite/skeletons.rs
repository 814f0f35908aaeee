//! The skeletons of names: which names look alike. See [`madang_hub::names::skeletons`].

use madang_hub::names;
use rusqlite::Connection;

use super::values::string;

/// A table with names, and the table of their skeletons.
#[derive(Clone, Copy)]
pub(super) enum NameTable {
    Users,
    Rooms,
}

struct Statements {
    find: &'static str,
    insert: &'static str,
    missing: &'static str,
}

impl NameTable {
    fn statements(self) -> Statements {
        match self {
            Self::Users => Statements {
                find: "SELECT 1 FROM user_skeletons JOIN users ON users.id = user_id \
                    WHERE skeleton IN (?1, ?2) AND name_key <> ?3",
                insert: "INSERT OR IGNORE INTO user_skeletons (user_id, skeleton) VALUES (?1, ?2)",
                missing: "SELECT id, name FROM users \
                    WHERE NOT EXISTS (SELECT 1 FROM user_skeletons WHERE user_id = users.id)",
            },
            Self::Rooms => Statements {
                find: "SELECT 1 FROM room_skeletons JOIN rooms ON rooms.id = room_id \
                    WHERE skeleton IN (?1, ?2) AND name_key <> ?3",
                insert: "INSERT OR IGNORE INTO room_skeletons (room_id, skeleton) VALUES (?1, ?2)",
                missing: "SELECT id, name FROM rooms \
                    WHERE NOT EXISTS (SELECT 1 FROM room_skeletons WHERE room_id = rooms.id)",
            },
        }
    }

    /// Whether a name looks like another one. `name_key` is the key of the name itself.
    pub(super) fn has_look_alike(
        self,
        connection: &Connection,
        name: &str,
        name_key: &str,
    ) -> rusqlite::Result<bool> {
        let [as_seen, as_read] = names::skeletons(name);
        let values = (as_seen, as_read, name_key);
        connection.prepare_cached(self.statements().find)?.exists(values)
    }

    /// Adds the skeletons of a new or changed name.
    pub(super) fn add(self, connection: &Connection, id: i64, name: &str) -> rusqlite::Result<()> {
        let mut statement = connection.prepare_cached(self.statements().insert)?;
        for skeleton in names::skeletons(name) {
            statement.execute((id, skeleton))?;
        }
        Ok(())
    }

    fn add_missing(self, connection: &Connection) -> rusqlite::Result<()> {
        let mut statement = connection.prepare(self.statements().missing)?;
        let mut rows = statement.query([])?;
        let mut missing: Vec<(i64, String)> = Vec::new();
        while let Some(row) = rows.next()? {
            missing.push((row.get(0)?, string(row, 1)?));
        }
        missing.iter().try_for_each(|(id, name)| self.add(connection, *id, name))
    }
}

/// Adds the skeletons of names that have none: those of earlier versions, and those that another program wrote.
pub(super) fn add_missing(connection: &Connection) -> rusqlite::Result<()> {
    NameTable::Users.add_missing(connection)?;
    NameTable::Rooms.add_missing(connection)
}
