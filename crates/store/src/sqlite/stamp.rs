//! The stamp: a small file beside the database that names the last events that the server has sent. If
//! the database lacks one of them at the next opening, commits were lost: a backup was restored, or the
//! write-ahead log was cut. Every topic gets a new epoch then, so that no client continues from a
//! position that another event has taken.
//!
//! The stamp is written after each commit and before its acknowledgements, without a sync: it survives a
//! kill of the process. After a power cut it may be older than the database, which is harmless.

use std::ffi::OsString;
use std::fs::{File, OpenOptions};
use std::io::{self, Read, Seek, SeekFrom, Write};
use std::path::{Path, PathBuf};

use madang_hub::ports::TopicEvent;
use madang_shared::{Epoch, Seq, Topic};
use rusqlite::Connection;

use super::file_identity::inode;
use crate::error::StatementError;
use crate::rules::log;

/// The first line of the file.
const HEADER: &str = "madang-stamp 1";
/// The size of the file, in bytes. It is constant, so that one write in place replaces all of it.
const BYTES: usize = 256;

/// The content of the file.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(super) struct StampContent {
    /// The epoch of the notices. Each database has another one.
    epoch: u64,
    /// The inode of the database file: a copy has another one.
    inode: u64,
    /// The last event of the server's own commits.
    own: Option<(Topic, Seq)>,
    /// The last event of triggers. Their order is not that of the server's own commits.
    external: Option<(Topic, Seq)>,
}

/// The source of an event.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum EventSource {
    Own,
    Trigger,
}

/// The open file.
#[derive(Debug)]
pub(super) struct Stamp {
    file: File,
    content: StampContent,
    failed: bool,
}

impl Stamp {
    /// Writes a new stamp without events.
    pub(super) fn create(database: &Path, connection: &Connection) -> Result<Self, io::Error> {
        let content = StampContent {
            epoch: epoch(connection).map_err(|error| io::Error::other(format!("{error:?}")))?,
            inode: inode(database)?,
            ..StampContent::default()
        };
        let path = path_of(database);
        let file = OpenOptions::new().create(true).truncate(false).write(true).open(path)?;
        file.set_len(BYTES as u64)?;
        let mut stamp = Self { file, content, failed: false };
        stamp.write()?;
        Ok(stamp)
    }

    /// Records the last of the events, which are committed.
    pub(super) fn record(&mut self, events: &[TopicEvent], source: EventSource) {
        let Some(last) = events.last().map(|event| (event.topic, event.entry.seq)) else { return };
        match source {
            EventSource::Own => self.content.own = Some(last),
            EventSource::Trigger => self.content.external = Some(last),
        }
        let written = self.write();
        if let Err(error) = &written
            && !self.failed
        {
            tracing::warn!(%error, "the stamp beside the database cannot be written; a lost commit may go unnoticed");
        }
        self.failed = written.is_err();
    }

    fn write(&mut self) -> io::Result<()> {
        let mut text = self.content.to_text();
        text.truncate(BYTES);
        self.file.seek(SeekFrom::Start(0))?;
        self.file.write_all(format!("{text:<BYTES$}").as_bytes())
    }
}

impl StampContent {
    /// The stamp beside a database; `None` if there is none, or if it cannot be read.
    pub(super) fn read(database: &Path) -> Option<Self> {
        let mut text = String::new();
        let file = File::open(path_of(database)).ok()?;
        file.take(BYTES as u64).read_to_string(&mut text).ok()?;
        Self::parse(&text)
    }

    fn parse(text: &str) -> Option<Self> {
        let mut lines = text.trim_end().lines();
        if lines.next() != Some(HEADER) {
            return None;
        }
        let mut content = Self::default();
        for line in lines {
            let words: Vec<&str> = line.split(' ').collect();
            match words.as_slice() {
                ["epoch", epoch] => content.epoch = epoch.parse().ok()?,
                ["inode", inode] => content.inode = inode.parse().ok()?,
                // An earlier version may have had a topic that this version does not know.
                ["own", topic, seq] => content.own = position(topic, seq),
                ["trigger", topic, seq] => content.external = position(topic, seq),
                _ => return None,
            }
        }
        Some(content)
    }

    fn to_text(&self) -> String {
        let line = |source, event: Option<(Topic, Seq)>| {
            event.map_or_else(String::new, |(topic, seq)| format!("{source} {topic} {}\n", seq.0))
        };
        let (own, external) = (line("own", self.own), line("trigger", self.external));
        format!("{HEADER}\nepoch {}\ninode {}\n{own}{external}", self.epoch, self.inode)
    }

    /// Whether the database is the one that was stamped, and holds the events of the stamp.
    pub(super) fn agrees(
        &self,
        database: &Path,
        connection: &Connection,
    ) -> Result<bool, StatementError> {
        if inode(database).ok() != Some(self.inode) || epoch(connection)? != self.epoch {
            return Ok(false);
        }
        for (topic, seq) in [self.own, self.external].into_iter().flatten() {
            match log::head(connection, topic) {
                Ok(head) if head >= seq => {}
                Ok(_) | Err(StatementError::Refused(_)) => return Ok(false),
                Err(error) => return Err(error),
            }
        }
        Ok(true)
    }
}

fn path_of(database: &Path) -> PathBuf {
    let mut path = OsString::from(database);
    path.push("-stamp");
    path.into()
}

fn epoch(connection: &Connection) -> Result<u64, StatementError> {
    let Epoch(epoch) = log::position(connection, Topic::Notices)?.epoch;
    Ok(epoch)
}

fn position(topic: &str, seq: &str) -> Option<(Topic, Seq)> {
    Some((topic.parse().ok()?, Seq(seq.parse().ok()?)))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_stamp_is_read_as_it_was_written() {
        let full = StampContent {
            epoch: u64::MAX,
            inode: u64::MAX,
            own: Some((Topic::Memberships(madang_shared::UserId(u64::MAX)), Seq(u64::MAX))),
            external: Some((Topic::Orders, Seq(u64::MAX))),
        };
        assert!(full.to_text().len() <= BYTES);
        for content in [StampContent::default(), full] {
            assert_eq!(
                StampContent::parse(&format!("{:<BYTES$}", content.to_text())),
                Some(content)
            );
        }
        let of_earlier = "madang-stamp 1\nepoch 7\ninode 8\nown rooms 3\ntrigger orders 4\n";
        let expected =
            StampContent { epoch: 7, inode: 8, own: None, external: Some((Topic::Orders, Seq(4))) };
        assert_eq!(StampContent::parse(of_earlier), Some(expected));
        for damaged in ["", "\0\0\0", "madang-stamp 2\n", "madang-stamp 1\nepoch x\n"] {
            assert_eq!(StampContent::parse(damaged), None, "{damaged:?}");
        }
    }
}
