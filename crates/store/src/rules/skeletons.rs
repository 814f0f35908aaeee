//! The skeletons of names: which names look alike. See [`madang_hub::names::skeletons`].

use madang_hub::names;

use super::erased_names;
use crate::error::StatementError;
use crate::transaction::{Row, Transaction, values};

/// A table with names, and the table of their skeletons.
#[derive(Clone, Copy)]
pub(crate) enum NameTable {
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
                insert: "INSERT INTO user_skeletons (user_id, skeleton) VALUES (?1, ?2) \
                    ON CONFLICT DO NOTHING",
                missing: "SELECT id, name FROM users \
                    WHERE NOT EXISTS (SELECT 1 FROM user_skeletons WHERE user_id = users.id)",
            },
            Self::Rooms => Statements {
                find: "SELECT 1 FROM room_skeletons JOIN rooms ON rooms.id = room_id \
                    WHERE skeleton IN (?1, ?2) AND name_key <> ?3 AND kind = 'public'",
                insert: "INSERT INTO room_skeletons (room_id, skeleton) VALUES (?1, ?2) \
                    ON CONFLICT DO NOTHING",
                missing: "SELECT id, name FROM rooms \
                    WHERE name <> '' AND NOT EXISTS (SELECT 1 FROM room_skeletons WHERE room_id = rooms.id)",
            },
        }
    }

    /// Whether a name looks like another one, or like that of an erased account. `name_key` is the key of the name itself.
    pub(crate) fn has_look_alike(
        self,
        transaction: &dyn Transaction,
        name: &str,
        name_key: &str,
    ) -> Result<bool, StatementError> {
        let [as_seen, as_read] = names::skeletons(name);
        Ok(transaction.exists(self.statements().find, &values![as_seen, as_read, name_key])?
            || (matches!(self, Self::Users)
                && erased_names::is_erased_name(transaction, name, name_key)?))
    }

    /// Adds the skeletons of a new or changed name.
    pub(crate) fn add(
        self,
        transaction: &dyn Transaction,
        id: u64,
        name: &str,
    ) -> Result<(), StatementError> {
        for skeleton in names::skeletons(name) {
            transaction.run(self.statements().insert, &values![id, skeleton])?;
        }
        Ok(())
    }

    fn add_missing(self, transaction: &dyn Transaction) -> Result<(), StatementError> {
        let read = |row: &Row<'_>| Ok((row.natural(0)?, row.string(1)));
        let missing = transaction.all(self.statements().missing, &[], read)?;
        missing.iter().try_for_each(|(id, name)| self.add(transaction, *id, name))
    }
}

/// Adds the skeletons of names that have none: those of earlier versions, and those that another program wrote.
pub(crate) fn add_missing(transaction: &dyn Transaction) -> Result<(), StatementError> {
    NameTable::Users.add_missing(transaction)?;
    NameTable::Rooms.add_missing(transaction)
}
