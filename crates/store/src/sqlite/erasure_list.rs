//! The list of erased accounts beside the database file, which survives the restoration of an older copy: at the next
//! opening, the accounts of the list are erased in the copy before it serves.
//!
//! One line per account, as JSON. The list holds no personal data: the id, the time of the sign-up, hashes of the name, and
//! the receipt. Backups leave it out, as they leave out the stamp.

use std::collections::BTreeSet;
use std::ffi::OsString;
use std::fs::{File, OpenOptions};
use std::io::{self, Read, Write};
use std::path::{Path, PathBuf};

use madang_hub::erasure::ErasureRecord;
use madang_shared::{Timestamp, codec};

use super::options::OpenError;
use crate::rules::erasure_list;
use crate::transaction::Transaction;

/// The list beside a database.
#[derive(Clone, Debug)]
pub(super) struct ErasureList(PathBuf);

impl ErasureList {
    pub(super) fn of(database: &Path) -> Self {
        let mut path = OsString::from(database);
        path.push("-erasures");
        Self(path.into())
    }

    /// Adds a record, unless it is listed. The file is synced.
    pub(super) fn add(&self, record: &ErasureRecord) -> io::Result<()> {
        let listed = self.read()?;
        let is_listed = |it: &ErasureRecord| (it.user, it.made_at) == (record.user, record.made_at);
        if listed.iter().any(is_listed) {
            return Ok(());
        }
        let mut file = OpenOptions::new().create(true).append(true).open(&self.0)?;
        file.write_all(format!("{}\n", codec::encode_part(record)).as_bytes())?;
        file.sync_all()
    }

    /// The records. The last line may have been cut by a power failure; any other line that cannot be read is an error, so
    /// that no erasure is forgotten.
    fn read(&self) -> io::Result<Vec<ErasureRecord>> {
        let mut text = String::new();
        match File::open(&self.0) {
            Ok(mut file) => file.read_to_string(&mut text)?,
            Err(error) if error.kind() == io::ErrorKind::NotFound => return Ok(Vec::new()),
            Err(error) => return Err(error),
        };
        let (whole, _cut) = text.rsplit_once('\n').unwrap_or_default();
        let lines = whole.lines().enumerate();
        lines
            .map(|(index, line)| {
                codec::decode_part(line).map_err(|_| {
                    let detail = format!("line {} of {} is damaged", index + 1, self.0.display());
                    io::Error::new(io::ErrorKind::InvalidData, detail)
                })
            })
            .collect()
    }

    /// Brings a database that is being opened to the list, and the list to the database.
    pub(super) fn reconcile(
        &self,
        path: &Path,
        transaction: &dyn Transaction,
        now: Timestamp,
    ) -> Result<(), OpenError> {
        let of_file = |error: io::Error| OpenError::Engine {
            path: path.to_owned(),
            detail: format!("the list of erased accounts beside it cannot be used: {error}"),
        };
        let of_statement = |error| OpenError::of_statement(path, error);
        let stored = erasure_list::records(transaction).map_err(of_statement)?;
        let listed = self.read().map_err(of_file)?;
        let known: BTreeSet<_> = stored.iter().map(|it| (it.user, it.made_at)).collect();
        let missing: Vec<_> = listed
            .into_iter()
            .filter(|record| !known.contains(&(record.user, record.made_at)))
            .collect();
        if !missing.is_empty() {
            // Clients read these events from the log.
            let erased = erasure_list::apply_list(transaction, (missing, now), &mut Vec::new())
                .map_err(of_statement)?;
            tracing::warn!(
                accounts = erased.len(),
                "the database is an older copy; the accounts that were erased since are erased again"
            );
        }
        stored.iter().try_for_each(|record| self.add(record)).map_err(of_file)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use madang_shared::UserId;

    fn record(user: u64) -> ErasureRecord {
        let (user, made_at) = (UserId(user), Timestamp(5));
        ErasureRecord { user, made_at, names: vec!["ab".into()], receipt: "{}".into() }
    }

    #[test]
    fn a_list_is_read_as_it_was_written_and_a_cut_line_is_left_out() {
        let folder = tempfile::tempdir().unwrap();
        let list = ErasureList::of(&folder.path().join("db"));
        assert_eq!(list.read().unwrap(), []);
        list.add(&record(1)).unwrap();
        list.add(&record(2)).unwrap();
        list.add(&record(1)).unwrap();
        assert_eq!(list.read().unwrap(), [record(1), record(2)]);
        let text = std::fs::read_to_string(&list.0).unwrap();
        std::fs::write(&list.0, &text[..text.len() - 5]).unwrap();
        assert_eq!(list.read().unwrap(), [record(1)]);
        std::fs::write(&list.0, format!("damaged\n{text}")).unwrap();
        assert!(list.read().is_err());
    }
}
