//! The faults that a test can inject. They are errors of the engine, in the place of a step of its
//! transaction, so that a fault takes the path of a real one: its changes are rolled back by SQLite.

use rusqlite::ffi;

use crate::sqlite::group::{FaultPoint, GroupStep};

#[derive(Debug, Default)]
pub(super) struct Faults {
    /// No transaction begins, not even one that reads.
    pub(super) is_unavailable: bool,
    /// No transaction that writes is committed.
    pub(super) commits_fail: bool,
    /// The number of writes that still succeed; `None` for no limit. A refused write does not count.
    pub(super) remaining_writes: Option<u64>,
}

impl Faults {
    /// The error in place of a read.
    pub(super) fn check_read(&self) -> rusqlite::Result<()> {
        if self.is_unavailable { Err(error(ffi::SQLITE_CANTOPEN)) } else { Ok(()) }
    }
}

impl FaultPoint for Faults {
    fn check(&mut self, step: GroupStep) -> rusqlite::Result<()> {
        match step {
            GroupStep::Begin => self.check_read(),
            GroupStep::Commit if self.commits_fail => Err(error(ffi::SQLITE_IOERR)),
            GroupStep::Change => match &mut self.remaining_writes {
                Some(0) => Err(error(ffi::SQLITE_FULL)),
                Some(remaining) => {
                    *remaining -= 1;
                    Ok(())
                }
                None => Ok(()),
            },
            GroupStep::Commit => Ok(()),
        }
    }
}

fn error(code: i32) -> rusqlite::Error {
    let message = "the test has injected this fault".to_owned();
    rusqlite::Error::SqliteFailure(ffi::Error::new(code), Some(message))
}
