//! The values that the other engine would refuse, found before the first row is written.

use crate::sqlite::transfer::ScratchDatabase;
use crate::transfer::{
    Cell, ColumnKind, DigestBuilder, MoveError, MoveSource, Reference, Row, Table, TableDigest,
    describe_key,
};

/// The values that are named. The others are counted.
const NAMED: usize = 20;

/// Checks the rows of a source.
pub(super) struct ValueCheck<'s> {
    scratch: &'s mut ScratchDatabase,
    refusals: Refusals,
}

#[derive(Default)]
struct Refusals {
    count: u64,
    named: Vec<String>,
}

impl Refusals {
    fn add(&mut self, table: &Table, row: &[Cell], reason: &str) {
        self.count += 1;
        if self.named.len() < NAMED {
            self.named.push(format!("{} ({}): {reason}", table.name, describe_key(table, row)));
        }
    }
}

impl<'s> ValueCheck<'s> {
    pub(super) fn new(scratch: &'s mut ScratchDatabase) -> Self {
        Self { scratch, refusals: Refusals::default() }
    }

    /// Reads and checks a table, and returns its digest.
    pub(super) fn read(
        &mut self,
        table: &Table,
        source: &mut dyn MoveSource,
        progress: &mut dyn FnMut(u64),
    ) -> Result<TableDigest, MoveError> {
        let mut digest = DigestBuilder::new();
        source.pages(table, &mut |rows| {
            digest.add(rows);
            self.check(table, rows)?;
            progress(digest.rows());
            Ok(())
        })?;
        Ok(digest.finish())
    }

    fn check(&mut self, table: &Table, rows: &[Row]) -> Result<(), MoveError> {
        let Self { scratch, refusals } = self;
        let before = refusals.count;
        for row in rows {
            for (column, cell) in table.columns.iter().zip(row) {
                if let Some(reason) = reason(column.kind, cell) {
                    refusals.add(table, row, &format!("{} holds {reason}", column.name));
                }
            }
        }
        // Such a value may break a rule of its table too, and is named once.
        if refusals.count > before {
            return Ok(());
        }
        scratch.check(table, rows, &mut |row, reason| refusals.add(table, row, &reason))
    }

    /// Adds the rows that reference a missing row.
    pub(super) fn add_orphans(&mut self, table: &Table, reference: &Reference, rows: &[Row]) {
        let name = table.columns.get(reference.column).map_or("?", |column| &column.name);
        for row in rows {
            let reason = format!("{name} references a missing row of {}", reference.to_table);
            self.refusals.add(table, row, &reason);
        }
    }

    /// # Errors
    /// If values were found.
    pub(super) fn finish(self) -> Result<(), MoveError> {
        let Refusals { count, named } = self.refusals;
        if count == 0 { Ok(()) } else { Err(MoveError::Values { count, named }) }
    }
}

/// The reason why the other engine refuses a value.
fn reason(kind: ColumnKind, cell: &Cell) -> Option<&'static str> {
    match (kind, cell) {
        (ColumnKind::Text, Cell::Text(bytes)) if bytes.contains(&0) => {
            Some("the character NUL, which PostgreSQL does not store")
        }
        (ColumnKind::Text, Cell::Text(bytes)) if std::str::from_utf8(bytes).is_err() => {
            Some("bytes that are no UTF-8, which PostgreSQL does not store")
        }
        (_, Cell::Null)
        | (ColumnKind::Integer, Cell::Integer(_))
        | (ColumnKind::Bytes, Cell::Bytes(_))
        | (ColumnKind::Text, Cell::Text(_)) => None,
        _ => Some("a value of another type"),
    }
}
