//! The rows of a move, as an engine stores them.

use std::fmt::Write;

use super::{MoveError, PageVisit, Table};

/// The largest page, in rows and in bytes. One row may be larger.
const PAGE_ROWS: usize = 4_096;
const PAGE_BYTES: usize = 1024 * 1024;
/// The longest part of a text or of bytes in the description of a key.
const DESCRIBED: usize = 24;

/// A stored value.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum Cell {
    Null,
    Integer(i64),
    /// The bytes of a text. SQLite stores any bytes.
    Text(Vec<u8>),
    Bytes(Vec<u8>),
    /// A value that no column of the schema holds.
    Other(&'static str),
}

/// The values of a row, in the order of the table's columns.
pub(crate) type Row = Vec<Cell>;

impl Cell {
    /// The memory of a value, roughly.
    fn bytes(&self) -> usize {
        match self {
            Self::Text(bytes) | Self::Bytes(bytes) => bytes.len() + 32,
            Self::Null | Self::Integer(_) | Self::Other(_) => 32,
        }
    }
}

/// Collects rows into pages.
pub(crate) struct PageBuffer<'p, 'v> {
    rows: Vec<Row>,
    bytes: usize,
    visit: &'p mut PageVisit<'v>,
}

impl<'p, 'v> PageBuffer<'p, 'v> {
    pub(crate) fn new(visit: &'p mut PageVisit<'v>) -> Self {
        Self { rows: Vec::new(), bytes: 0, visit }
    }

    /// Adds a row, and gives a full page to the visitor.
    pub(crate) fn push(&mut self, row: Row) -> Result<(), MoveError> {
        self.bytes += row.iter().map(Cell::bytes).sum::<usize>();
        self.rows.push(row);
        if self.rows.len() >= PAGE_ROWS || self.bytes >= PAGE_BYTES {
            self.flush()?;
        }
        Ok(())
    }

    /// Gives the last page to the visitor.
    pub(crate) fn flush(&mut self) -> Result<(), MoveError> {
        if !self.rows.is_empty() {
            (self.visit)(&self.rows)?;
            self.rows.clear();
            self.bytes = 0;
        }
        Ok(())
    }
}

/// The key of a row, for the operator: `room_id 3, seq 17`.
pub(crate) fn describe_key(table: &Table, row: &[Cell]) -> String {
    let keys =
        table.key.iter().filter_map(|&column| Some((table.columns.get(column)?, row.get(column)?)));
    let parts: Vec<String> =
        keys.map(|(column, cell)| format!("{} {}", column.name, describe(cell))).collect();
    parts.join(", ")
}

fn describe(cell: &Cell) -> String {
    match cell {
        Cell::Null => "NULL".to_owned(),
        Cell::Integer(number) => number.to_string(),
        Cell::Text(bytes) => {
            let text = String::from_utf8_lossy(bytes);
            format!("{:?}", text.chars().take(DESCRIBED).collect::<String>())
        }
        Cell::Bytes(bytes) => {
            let mut text = String::from("x'");
            for byte in bytes.iter().take(DESCRIBED) {
                // Writing to a string does not fail.
                write!(text, "{byte:02x}").ok();
            }
            text.push('\'');
            text
        }
        Cell::Other(kind) => (*kind).to_owned(),
    }
}
