//! Warnings about files that have become large.

use super::file_identity::FileSizes;

const MIB: u64 = 1024 * 1024;
/// The size of the write-ahead log from which each doubling is reported, in bytes. It is emptied at 4 MB
/// as long as no reader keeps it.
const LARGE_LOG: u64 = 128 * MIB;
/// The size of the database from which each doubling is reported, in bytes.
const LARGE_DATABASE: u64 = 1024 * MIB;

/// The sizes that were reported.
#[derive(Debug)]
pub(super) struct SizeReports {
    log: Doublings,
    database: Doublings,
}

impl SizeReports {
    /// Reports only the growth of the database from its present size on.
    pub(super) fn new(present: FileSizes) -> Self {
        let mut database = Doublings::from(LARGE_DATABASE);
        database.next_report(present.database);
        Self { log: Doublings::from(LARGE_LOG), database }
    }

    /// Warns about a file that has become large, or has doubled since the last warning.
    pub(super) fn report(&mut self, sizes: FileSizes) {
        if let Some(bytes) = self.log.next_report(sizes.log) {
            tracing::warn!(
                megabytes = bytes / MIB,
                "the write-ahead log grows, because a program keeps a read transaction open; end it (a shell \
                after BEGIN or in the middle of a query, a backup), or the disk fills up"
            );
        }
        if let Some(bytes) = self.database.next_report(sizes.database) {
            tracing::warn!(
                megabytes = bytes / MIB,
                "the database has grown; the next report follows when it has doubled"
            );
        }
    }
}

/// The report of a size at a threshold, and at each doubling beyond it.
#[derive(Debug)]
struct Doublings {
    threshold: u64,
    reported: u64,
}

impl Doublings {
    fn from(threshold: u64) -> Self {
        Self { threshold, reported: 0 }
    }

    /// The size, if it has reached the threshold or has doubled since the last report.
    fn next_report(&mut self, size: u64) -> Option<u64> {
        if size < self.threshold {
            self.reported = 0;
            return None;
        }
        if size < self.reported.saturating_mul(2) {
            return None;
        }
        self.reported = size;
        Some(size)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_large_file_is_reported_once_and_at_each_doubling() {
        let mut doublings = Doublings::from(LARGE_LOG);
        let mut report = |size| doublings.next_report(size);
        assert_eq!(report(LARGE_LOG - 1), None);
        assert_eq!(report(LARGE_LOG), Some(LARGE_LOG));
        assert_eq!(report(2 * LARGE_LOG - 1), None);
        assert_eq!(report(2 * LARGE_LOG), Some(2 * LARGE_LOG));
        assert_eq!(report(3 * LARGE_LOG), None);
        // Emptied, and large again.
        assert_eq!(report(0), None);
        assert_eq!(report(LARGE_LOG + 1), Some(LARGE_LOG + 1));
    }

    #[test]
    fn a_database_that_was_large_at_the_start_is_reported_when_it_has_doubled() {
        let present = FileSizes { database: 3 * LARGE_DATABASE, log: 0 };
        let mut reports = SizeReports::new(present);
        assert_eq!(reports.database.next_report(5 * LARGE_DATABASE), None);
        let doubled = 6 * LARGE_DATABASE;
        assert_eq!(reports.database.next_report(doubled), Some(doubled));
        let mut reports = SizeReports::new(FileSizes { database: 0, log: 0 });
        assert_eq!(reports.database.next_report(LARGE_DATABASE), Some(LARGE_DATABASE));
    }
}
