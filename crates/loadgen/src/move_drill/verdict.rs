//! Compares the messages that the members wrote with those in the database after both moves.

use std::collections::HashMap;
use std::path::Path;

use anyhow::Result;
use madang_loadgen::output::print_line;
use madang_shared::CommandId;
use rusqlite::{Connection, OpenFlags};
use uuid::Uuid;

use super::member::MemberRecord;

/// The result of the drill.
#[derive(Debug, Default)]
pub(super) struct DrillVerdict {
    written: u64,
    acknowledged: u64,
    present: u64,
    /// Written messages that are not stored, or are stored with another text.
    lost: u64,
    /// Stored messages beyond the written ones.
    doubled: u64,
    /// Messages whose position contradicts their author's order or their acknowledgement.
    out_of_order: u64,
    /// Subscriptions that were continued.
    recovered: u64,
    /// Subscriptions that were not.
    resets: Vec<String>,
    /// Events that a member did not receive in order.
    holes: u64,
}

impl DrillVerdict {
    /// Reads the database, whose server has stopped.
    pub(super) fn of(database: &Path, records: &[MemberRecord]) -> Result<Self> {
        let connection = Connection::open_with_flags(database, OpenFlags::SQLITE_OPEN_READ_ONLY)?;
        let sql = "SELECT author_id, command, seq, text FROM messages";
        let mut statement = connection.prepare(sql)?;
        let rows = statement.query_map([], |row| {
            let key = (row.get::<_, i64>(0)?.unsigned_abs(), Uuid::from_bytes(row.get(1)?));
            Ok((key, (row.get::<_, i64>(2)?.unsigned_abs(), row.get::<_, String>(3)?)))
        })?;
        let mut verdict = Self::default();
        let mut stored = HashMap::new();
        for row in rows {
            let (key, message) = row?;
            verdict.present += 1;
            stored.insert(key, message);
        }
        for record in records {
            verdict.add(record, &stored);
        }
        verdict.count_doubled();
        Ok(verdict)
    }

    fn count_doubled(&mut self) {
        self.doubled = self.present.saturating_sub(self.written - self.lost);
    }

    fn add(&mut self, record: &MemberRecord, stored: &HashMap<(u64, Uuid), (u64, String)>) {
        let mut last = 0;
        for (command, text) in &record.written {
            self.written += 1;
            let CommandId(id) = *command;
            let Some((seq, _)) = stored.get(&(record.user.0, id)).filter(|it| it.1 == *text) else {
                self.lost += 1;
                continue;
            };
            let is_acknowledged_elsewhere = match record.acknowledged.get(command) {
                Some(at) => {
                    self.acknowledged += 1;
                    at.is_none_or(|at| at.seq.0 != *seq)
                }
                // The client has found its message in the stream.
                None => false,
            };
            self.out_of_order += u64::from(*seq <= last || is_acknowledged_elsewhere);
            last = *seq;
        }
        self.recovered += record.reception.recovered;
        self.resets.extend(record.reception.resets.iter().cloned());
        self.holes += record.reception.holes;
    }

    /// Whether nothing is wrong, and the members have resumed at all.
    pub(super) fn is_clean(&self) -> bool {
        let faults = self.lost + self.doubled + self.out_of_order + self.holes;
        faults == 0 && self.resets.is_empty() && self.recovered > 0
    }

    pub(super) fn print(&self, waiting: u64) {
        for reset in &self.resets {
            print_line(reset);
        }
        let rows = [
            ("written", self.written),
            ("in outboxes at a stop", waiting),
            ("acknowledged", self.acknowledged),
            ("present", self.present),
            ("lost", self.lost),
            ("doubled", self.doubled),
            ("out of order", self.out_of_order),
            ("subscriptions resumed", self.recovered),
            ("resets", self.resets.len() as u64),
            ("holes", self.holes),
        ];
        for (what, count) in rows {
            print_line(format_args!("{what:<24}{count:>10}"));
        }
    }
}

#[cfg(test)]
mod tests {
    use madang_shared::frames::LogPosition;
    use madang_shared::{RoomId, Seq, Topic, UserId};

    use super::*;
    use crate::move_drill::member::Reception;

    /// The verdict over three messages that were written and acknowledged in order, and are stored as given.
    fn verdict(stored: &[(u128, u64, &str)]) -> DrillVerdict {
        let command = |number| CommandId(Uuid::from_u128(number));
        let topic = Topic::Room(RoomId(1));
        let at = |seq| Some(LogPosition { topic, seq: Seq(seq) });
        let record = MemberRecord {
            user: UserId(7),
            written: (1..=3).map(|number| (command(number), format!("text {number}"))).collect(),
            acknowledged: [(command(1), at(1)), (command(2), at(2))].into(),
            reception: Reception::default(),
        };
        let rows = stored
            .iter()
            .map(|(id, seq, text)| ((7, Uuid::from_u128(*id)), (*seq, (*text).to_owned())));
        let mut verdict = DrillVerdict { present: stored.len() as u64, ..DrillVerdict::default() };
        verdict.add(&record, &rows.collect());
        verdict.count_doubled();
        verdict
    }

    #[test]
    fn each_kind_of_wrong_message_is_counted() {
        let counts = |stored: &[(u128, u64, &str)]| {
            let found = verdict(stored);
            (found.lost, found.doubled, found.out_of_order)
        };
        let [one, two, three] = [(1, 1, "text 1"), (2, 2, "text 2"), (3, 3, "text 3")];
        assert_eq!(counts(&[one, two, three]), (0, 0, 0));
        assert_eq!(counts(&[one, three]), (1, 0, 0));
        assert_eq!(counts(&[one, two, (3, 3, "another text")]), (1, 1, 0));
        assert_eq!(counts(&[one, two, three, (4, 4, "text 3")]), (0, 1, 0));
        assert_eq!(counts(&[(1, 2, "text 1"), (2, 1, "text 2"), three]), (0, 0, 2));
        assert!(!verdict(&[one, two, three]).is_clean(), "nobody has resumed");
    }
}
