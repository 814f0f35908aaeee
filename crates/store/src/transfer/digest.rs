//! The comparison of both databases: the number of rows of a table, and a hash of them.

use sha2::{Digest, Sha256};

use super::{Cell, MoveError, Row, Table, TableReader};

/// The rows of a table: their number, and a hash over all values in the order of the key.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct TableDigest {
    pub(crate) rows: u64,
    hash: [u8; 32],
}

/// A digest that is not complete.
pub(crate) struct DigestBuilder {
    rows: u64,
    hash: Sha256,
}

impl DigestBuilder {
    pub(crate) fn new() -> Self {
        Self { rows: 0, hash: Sha256::new() }
    }

    /// Adds rows, in the order of the key.
    pub(crate) fn add(&mut self, rows: &[Row]) {
        for row in rows {
            self.rows += 1;
            for cell in row {
                self.add_cell(cell);
            }
        }
    }

    /// Each value begins with its type and its length, so that no two rows have the same bytes.
    fn add_cell(&mut self, cell: &Cell) {
        let (kind, bytes): (u8, &[u8]) = match cell {
            Cell::Null => (0, &[]),
            Cell::Integer(number) => (1, &number.to_be_bytes()),
            Cell::Text(bytes) => (2, bytes),
            Cell::Bytes(bytes) => (3, bytes),
            Cell::Other(kind) => (4, kind.as_bytes()),
        };
        self.hash.update([kind]);
        self.hash.update((bytes.len() as u64).to_be_bytes());
        self.hash.update(bytes);
    }

    /// The rows so far.
    pub(crate) fn rows(&self) -> u64 {
        self.rows
    }

    pub(crate) fn finish(self) -> TableDigest {
        TableDigest { rows: self.rows, hash: self.hash.finalize().into() }
    }
}

impl TableDigest {
    /// Reads a table and computes its digest. `progress` gets the number of rows so far.
    pub(crate) fn of(
        reader: &mut dyn TableReader,
        table: &Table,
        progress: &mut dyn FnMut(u64),
    ) -> Result<Self, MoveError> {
        let mut digest = DigestBuilder::new();
        reader.pages(table, &mut |rows| {
            digest.add(rows);
            progress(digest.rows);
            Ok(())
        })?;
        Ok(digest.finish())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn digest(rows: &[Row]) -> TableDigest {
        let mut builder = DigestBuilder::new();
        builder.add(rows);
        builder.finish()
    }

    #[test]
    fn a_digest_differs_with_each_value_type_border_and_order() {
        let text = |text: &str| Cell::Text(text.into());
        let tables: [Vec<Row>; 8] = [
            vec![],
            vec![vec![Cell::Null]],
            vec![vec![text("")]],
            vec![vec![Cell::Bytes(Vec::new())]],
            vec![vec![text("ab"), text("c")]],
            vec![vec![text("a"), text("bc")]],
            vec![vec![Cell::Integer(1)], vec![Cell::Integer(2)]],
            vec![vec![Cell::Integer(2)], vec![Cell::Integer(1)]],
        ];
        for (index, one) in tables.iter().enumerate() {
            for (other_index, other) in tables.iter().enumerate() {
                assert_eq!(digest(one) == digest(other), index == other_index, "{one:?} {other:?}");
            }
        }
    }
}
