//! Moving everything from a database file to PostgreSQL, or back. Positions and epochs stay, so that clients resume.
//!
//! The tables come from the schema (`transfer`). The move checks every value, copies the rows from one snapshot, and then
//! compares both databases by what each has stored. Only then a server can find the new database, and the old one is
//! marked, so that a server that starts on it all the same gives every topic a new epoch.

mod checking;

use std::collections::BTreeMap;
use std::path::PathBuf;

use checking::ValueCheck;

use crate::postgres::ConnectOptions;
use crate::postgres::transfer::{PostgresSource, PostgresTarget};
use crate::sqlite::transfer::{FileSource, FileTarget, ScratchDatabase};
pub use crate::transfer::MoveError;
use crate::transfer::{MoveSource, MoveTarget, Table, TableDigest};

/// The space that a database needs in another engine, in percent of its size.
const RESERVE_PERCENT: u64 = 150;

/// One side of a move.
#[derive(Debug)]
pub enum MoveSide {
    /// A database file, by its path.
    File(PathBuf),
    /// A PostgreSQL database.
    Postgres(Box<ConnectOptions>),
}

/// The parts of a move, in their order.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum MovePart {
    /// Every value is read and checked.
    Check,
    /// The rows are written.
    Copy,
    /// The rows of the target are read again and compared.
    Compare,
}

/// The progress of a move.
#[derive(Clone, Copy, Debug)]
pub struct MoveProgress<'t> {
    /// The part.
    pub part: MovePart,
    /// The table.
    pub table: &'t str,
    /// The rows of the table so far.
    pub rows: u64,
    /// Whether the part is done for this table.
    pub is_done: bool,
}

/// The result of a move, or of its trial.
#[derive(Debug)]
pub struct MoveReport {
    /// The tables and their rows.
    pub tables: Vec<(String, u64)>,
    /// The size of the source, in bytes.
    pub source_bytes: u64,
    /// Tables of other programs, which stay behind.
    pub unknown_tables: Vec<String>,
    /// Whether a server uses the source. Only a trial is possible then.
    pub is_in_use: bool,
}

impl MoveReport {
    /// The rows of all tables.
    pub fn rows(&self) -> u64 {
        self.tables.iter().map(|(_, rows)| rows).sum()
    }
}

/// Moves everything. A trial reads and checks, and writes nothing. `free_bytes` is the free space of the disk of a target
/// file. Blocks on the disk and on the network.
///
/// # Errors
/// [`MoveError`]: one sentence for the operator. The source is unchanged, and the target holds no database, except after
/// [`MoveError::NotRetired`].
pub fn run(
    from: &MoveSide,
    to: &MoveSide,
    is_trial: bool,
    free_bytes: Option<u64>,
    progress: &mut (dyn FnMut(MoveProgress<'_>) + Send),
) -> Result<MoveReport, MoveError> {
    let moving = || {
        let mut scratch = ScratchDatabase::create()?;
        let tables = scratch.moved_tables()?;
        let mut source: Box<dyn MoveSource> = match from {
            MoveSide::File(path) => Box::new(FileSource::open(path, &tables, is_trial)?),
            MoveSide::Postgres(options) => {
                Box::new(PostgresSource::open(options, &tables, is_trial)?)
            }
        };
        let mut target: Box<dyn MoveTarget> = match (from, to) {
            (MoveSide::Postgres(_), MoveSide::File(path)) => Box::new(FileTarget::inspect(path)?),
            (MoveSide::File(_), MoveSide::Postgres(options)) => {
                Box::new(PostgresTarget::inspect(options, is_trial)?)
            }
            _ => return Err(MoveError::SameEngine),
        };
        let (source, target) = (source.as_mut(), target.as_mut());
        let digests = check(&mut scratch, &tables, source, progress)?;
        let source_bytes = source.bytes()?;
        if let (MoveSide::File(path), Some(free)) = (to, free_bytes) {
            let needed = source_bytes.saturating_mul(RESERVE_PERCENT) / 100;
            let folder = path.parent().unwrap_or(path).to_owned();
            if free < needed {
                return Err(MoveError::Space { folder, free, needed });
            }
        }
        let report = MoveReport {
            tables: tables
                .iter()
                .zip(&digests)
                .map(|(table, digest)| (table.name.clone(), digest.rows))
                .collect(),
            source_bytes,
            unknown_tables: source.unknown_tables().to_owned(),
            is_in_use: source.is_in_use(),
        };
        if !is_trial {
            let sequences = copy(&tables, source, target, progress)?;
            compare(&tables, &digests, &sequences, target, progress)?;
            target.publish()?;
            source.retire().map_err(|error| MoveError::NotRetired { detail: error.to_string() })?;
        }
        Ok(report)
    };
    // The connections have runtimes of their own, which must not wait inside the caller's.
    let moved = std::thread::scope(|scope| scope.spawn(moving).join());
    moved.unwrap_or_else(|panic| std::panic::resume_unwind(panic))
}

/// Reads and checks every row of the source, and returns the digests of its tables.
fn check(
    scratch: &mut ScratchDatabase,
    tables: &[Table],
    source: &mut dyn MoveSource,
    progress: &mut dyn FnMut(MoveProgress<'_>),
) -> Result<Vec<TableDigest>, MoveError> {
    let mut values = ValueCheck::new(scratch);
    let mut digests = Vec::with_capacity(tables.len());
    for table in tables {
        let mut step = |rows, is_done| {
            progress(MoveProgress { part: MovePart::Check, table: &table.name, rows, is_done });
        };
        let digest = values.read(table, source, &mut |rows| step(rows, false))?;
        let counted = source.count(table)?;
        if counted != digest.rows {
            let detail =
                format!("{} has {counted} rows, of which {} were read", table.name, digest.rows);
            return Err(MoveError::Differs { detail });
        }
        for reference in &table.references {
            values.add_orphans(table, reference, &source.orphans(table, reference)?);
        }
        step(digest.rows, true);
        digests.push(digest);
    }
    values.finish()?;
    Ok(digests)
}

/// The tables for which the target keeps a sequence, with the last id that the source has given out.
type Sequences = BTreeMap<String, i64>;

fn copy(
    tables: &[Table],
    source: &mut dyn MoveSource,
    target: &mut dyn MoveTarget,
    progress: &mut dyn FnMut(MoveProgress<'_>),
) -> Result<Sequences, MoveError> {
    target.begin(tables)?;
    let mut sequences = Sequences::new();
    for table in tables {
        let mut written = 0;
        let mut step = |rows, is_done| {
            progress(MoveProgress { part: MovePart::Copy, table: &table.name, rows, is_done });
        };
        source.pages(table, &mut |rows| {
            target.write(table, rows)?;
            written += rows.len() as u64;
            step(written, false);
            Ok(())
        })?;
        if let Some(last) = source.last_id(table)?
            && target.set_last_id(table, last)?
        {
            sequences.insert(table.name.clone(), last);
        }
        step(written, true);
    }
    target.complete(tables)?;
    Ok(sequences)
}

/// Compares what the target has stored with the digests of the source.
fn compare(
    tables: &[Table],
    digests: &[TableDigest],
    sequences: &Sequences,
    target: &mut dyn MoveTarget,
    progress: &mut dyn FnMut(MoveProgress<'_>),
) -> Result<(), MoveError> {
    for (table, expected) in tables.iter().zip(digests) {
        let mut step = |rows, is_done| {
            progress(MoveProgress { part: MovePart::Compare, table: &table.name, rows, is_done });
        };
        let counted = target.count(table)?;
        if counted != expected.rows {
            let detail =
                format!("{} has {} rows, and {counted} arrived", table.name, expected.rows);
            return Err(MoveError::Differs { detail });
        }
        let found = TableDigest::of(target, table, &mut |rows| step(rows, false))?;
        if found != *expected {
            let detail = format!("the rows of {} have another hash", table.name);
            return Err(MoveError::Differs { detail });
        }
        if let Some(last) = sequences.get(&table.name)
            && target.last_id(table)?.is_none_or(|found| found < *last)
        {
            let detail = format!("{} would give out ids up to {last} again", table.name);
            return Err(MoveError::Differs { detail });
        }
        step(found.rows, true);
    }
    Ok(())
}
