//! `madang move`: locks the data folder, moves the database, and reports on standard error.

use std::fmt;
use std::io::{self, Write};
use std::path::Path;
use std::process::ExitCode;
use std::time::{Duration, Instant};

use anyhow::{Context, Result, bail};
use madang_store::moving::{self, MovePart, MoveProgress, MoveReport, MoveSide};
use rustix::fs::{Access, access};

use crate::config::{Direction, MoveSettings};
use crate::database::DATABASE;
use crate::{data_folder, disk, logging};

/// The interval between two lines about one table.
const INTERVAL: Duration = Duration::from_secs(2);
const MIB: u64 = 1024 * 1024;

/// Moves, and returns the exit code.
pub(crate) fn run(settings: &MoveSettings) -> ExitCode {
    match move_all(settings) {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => {
            logging::report_fatal(&error);
            ExitCode::FAILURE
        }
    }
}

fn move_all(settings: &MoveSettings) -> Result<()> {
    let MoveSettings { direction, folder, postgres, is_trial } = settings;
    let file = folder.join(DATABASE);
    let is_to_folder = *direction == Direction::ToFolder;
    let mut lock = None;
    if !is_trial && (is_to_folder || file.exists()) {
        if is_to_folder {
            data_folder::create(folder)?;
        }
        lock = Some(data_folder::lock(folder)?);
    }
    let free_bytes = if is_to_folder { Some(writable_bytes(folder)?) } else { None };
    let file = MoveSide::File(file);
    let postgres = MoveSide::Postgres(Box::new(postgres.clone()));
    let (from, to) = if is_to_folder { (&postgres, &file) } else { (&file, &postgres) };
    let mut lines = ProgressLines { started: Instant::now(), last: Instant::now() };
    let report = moving::run(from, to, *is_trial, free_bytes, &mut |step| lines.report(step))?;
    let took = lines.started.elapsed();
    drop(lock);
    print_report(settings, &report, took);
    Ok(())
}

/// The bytes that this user may write to the disk of a folder, which may be missing.
fn writable_bytes(folder: &Path) -> Result<u64> {
    let absolute = std::path::absolute(folder)
        .with_context(|| format!("the path {} is invalid", folder.display()))?;
    let existing = absolute.ancestors().find(|it| it.exists()).unwrap_or(&absolute);
    if access(existing, Access::WRITE_OK | Access::EXEC_OK).is_err() {
        bail!("this user cannot write to {}", existing.display());
    }
    let bytes = disk::free_bytes(existing);
    bytes.with_context(|| format!("the free space of {} cannot be read", existing.display()))
}

/// The lines about the progress: one for each part of a table, and more for one that takes long.
struct ProgressLines {
    started: Instant,
    last: Instant,
}

impl ProgressLines {
    fn report(&mut self, MoveProgress { part, table, rows, is_done }: MoveProgress<'_>) {
        if !is_done && self.last.elapsed() < INTERVAL {
            return;
        }
        self.last = Instant::now();
        let verb = match (part, is_done) {
            (MovePart::Check, true) => "checked",
            (MovePart::Check, false) => "checking",
            (MovePart::Copy, true) => "copied",
            (MovePart::Copy, false) => "copying",
            (MovePart::Compare, true) => "compared",
            (MovePart::Compare, false) => "comparing",
        };
        let seconds = self.started.elapsed().as_secs_f64();
        note(format_args!("{verb} {table}: {rows} rows, {seconds:.1} s"));
    }
}

fn print_report(settings: &MoveSettings, report: &MoveReport, took: Duration) {
    let MoveSettings { direction, folder, is_trial, .. } = settings;
    for table in &report.unknown_tables {
        note(format_args!("warning: the table {table} is not Madang's, so it stays behind"));
    }
    let others = other_files(folder);
    if !others.is_empty() {
        note(format_args!(
            "these files in {} are not of the database, so they stay where they are: {}",
            folder.display(),
            others.join(", ")
        ));
    }
    let seconds = took.as_secs_f64().max(0.001);
    let rows = report.rows();
    for (table, rows) in &report.tables {
        writeln!(io::stdout(), "{table}\t{rows}").ok();
    }
    if *is_trial {
        let size = report.source_bytes.div_ceil(MIB);
        note(format_args!("{rows} rows in {size} MiB can be moved; nothing was written"));
        if *direction == Direction::ToPostgres {
            note(format_args!(
                "PostgreSQL does not tell the free space of its disk; it needs about {} MiB there",
                size * 3
            ));
        }
        if report.is_in_use {
            note(format_args!("a server uses the database; stop it before the move"));
        }
        return;
    }
    #[expect(clippy::cast_precision_loss, reason = "a rate for people")]
    let rate = rows as f64 / seconds;
    note(format_args!("{rows} rows were moved and compared in {seconds:.1} s ({rate:.0} rows/s)"));
    let next = match direction {
        Direction::ToPostgres => {
            "start the servers with MADANG_DATABASE; a server that starts on the folder all the same lets every client begin \
            from a snapshot"
        }
        Direction::ToFolder => {
            "start the server with `--data` and without MADANG_DATABASE; a server that starts on PostgreSQL all the same lets \
            every client begin from a snapshot"
        }
    };
    note(format_args!("{next}"));
}

/// The names of files in the data folder that belong neither to the database nor to its locks.
fn other_files(folder: &Path) -> Vec<String> {
    let entries = std::fs::read_dir(folder).into_iter().flatten().filter_map(Result::ok);
    let names = entries.map(|entry| entry.file_name().to_string_lossy().into_owned());
    let mut others: Vec<String> =
        names.filter(|name| !name.starts_with(DATABASE) && name != data_folder::LOCK).collect();
    others.sort_unstable();
    others
}

/// A line for the operator. A closed standard error has no reader for it.
fn note(line: fmt::Arguments<'_>) {
    writeln!(io::stderr(), "madang: {line}").ok();
}
