//! Decides when changed files are used.

use super::identity::PemContents;

/// The files at a poll, or why they cannot be read.
pub(super) type ReadResult = Result<PemContents, String>;

/// Certificate and key are two files, written one after the other. A change is reported when two
/// polls in a row find the same contents, and once only.
#[derive(Debug)]
pub(super) struct FileWatch {
    last_read: ReadResult,
    is_reported: bool,
}

impl FileWatch {
    /// A watch of files whose contents are in use.
    pub(super) fn new(in_use: PemContents) -> Self {
        Self { last_read: Ok(in_use), is_reported: true }
    }

    /// The change to use now, if any.
    pub(super) fn poll(&mut self, current: ReadResult) -> Option<ReadResult> {
        if current != self.last_read {
            *self = Self { last_read: current, is_reported: false };
            return None;
        }
        if self.is_reported {
            return None;
        }
        self.is_reported = true;
        Some(current)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn files(certificate: &str, key: &str) -> PemContents {
        PemContents { certificate: certificate.into(), key: key.into() }
    }

    #[test]
    fn a_change_is_reported_once_when_the_files_are_stable() {
        let mut watch = FileWatch::new(files("a", "a"));
        assert_eq!(watch.poll(Ok(files("a", "a"))), None);
        assert_eq!(watch.poll(Ok(files("b", "a"))), None, "the key may follow");
        assert_eq!(watch.poll(Ok(files("b", "b"))), None, "more may follow");
        assert_eq!(watch.poll(Ok(files("b", "b"))), Some(Ok(files("b", "b"))));
        assert_eq!(watch.poll(Ok(files("b", "b"))), None, "already reported");
    }

    #[test]
    fn unreadable_files_are_reported_once_and_used_when_they_are_back() {
        let gone = || Err("gone".to_owned());
        let mut watch = FileWatch::new(files("a", "a"));
        assert_eq!(watch.poll(gone()), None, "perhaps moved into place");
        assert_eq!(watch.poll(gone()), Some(gone()));
        assert_eq!(watch.poll(gone()), None);
        assert_eq!(watch.poll(Ok(files("a", "a"))), None);
        assert_eq!(watch.poll(Ok(files("a", "a"))), Some(Ok(files("a", "a"))));
    }
}
