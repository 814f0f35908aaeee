//! When changed files are taken.

use super::files::Contents;

/// What was found at a look: the files, or why they could not be read.
pub(super) type Found = Result<Contents, String>;

/// Certificate and key are two files, and are written one after the other: what has changed is taken
/// once it has been the same at two looks, and once only, however often it is found again.
#[derive(Debug)]
pub(super) struct Watch {
    seen: Found,
    taken: bool,
}

impl Watch {
    /// These are in use.
    pub(super) fn new(in_use: Contents) -> Self {
        Self { seen: Ok(in_use), taken: true }
    }

    /// What is to be taken now, if anything is.
    pub(super) fn look(&mut self, found: Found) -> Option<Found> {
        if found != self.seen {
            *self = Self { seen: found, taken: false };
            return None;
        }
        if self.taken {
            return None;
        }
        self.taken = true;
        Some(found)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn files(certificate: &str, key: &str) -> Contents {
        Contents { certificate: certificate.into(), key: key.into() }
    }

    #[test]
    fn what_has_changed_is_taken_once_when_it_changes_no_more() {
        let mut watch = Watch::new(files("a", "a"));
        assert_eq!(watch.look(Ok(files("a", "a"))), None);
        assert_eq!(watch.look(Ok(files("b", "a"))), None, "the key may follow");
        assert_eq!(watch.look(Ok(files("b", "b"))), None, "more may follow");
        assert_eq!(watch.look(Ok(files("b", "b"))), Some(Ok(files("b", "b"))));
        assert_eq!(watch.look(Ok(files("b", "b"))), None, "it is in use, or known to be no good");
    }

    #[test]
    fn files_that_cannot_be_read_are_told_once_and_taken_when_they_are_back() {
        let gone = || Err("gone".to_owned());
        let mut watch = Watch::new(files("a", "a"));
        assert_eq!(watch.look(gone()), None, "moved into place, perhaps");
        assert_eq!(watch.look(gone()), Some(gone()));
        assert_eq!(watch.look(gone()), None);
        assert_eq!(watch.look(Ok(files("a", "a"))), None);
        assert_eq!(watch.look(Ok(files("a", "a"))), Some(Ok(files("a", "a"))));
    }
}
