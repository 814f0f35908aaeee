//! Compares the messages that the users wrote and saw with the stored messages.

use std::collections::{BTreeMap, HashMap, HashSet};

use madang_shared::{CommandId, RoomId, Seq, User, UserId};

/// Findings that are described; further ones are only counted.
const FINDINGS: usize = 20;

/// A row of the database.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct StoredMessage {
    pub(crate) seq: Seq,
    pub(crate) author: UserId,
    pub(crate) command: CommandId,
    pub(crate) text: String,
}

/// A message as its author passed it to the client. No author writes the same text twice.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct WrittenMessage {
    pub(crate) command: CommandId,
    pub(crate) text: String,
}

/// A message in a client's timeline.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct ShownMessage {
    pub(crate) seq: Seq,
    pub(crate) command: CommandId,
}

/// The messages that one user wrote and saw.
#[derive(Clone, Debug)]
pub(crate) struct ClientRecord {
    pub(crate) user: User,
    /// The room of the messages.
    pub(crate) room: RoomId,
    /// In the order of writing. The outbox is empty at the end.
    pub(crate) written: Vec<WrittenMessage>,
    /// The acknowledged commands, with the sequence number of each acknowledgement.
    pub(crate) acknowledged: BTreeMap<CommandId, Option<Seq>>,
    /// The client's timeline at the end.
    pub(crate) timeline: Vec<ShownMessage>,
    /// Whether the timeline must begin at the first message. It must always reach the last one.
    pub(crate) whole: bool,
}

/// The result of the comparison.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(crate) struct Verdict {
    pub(crate) written: u64,
    /// Written messages with an acknowledgement. Fewer than [`Self::present`]: when a kill loses an
    /// acknowledgement, the client finds its message in the stream.
    pub(crate) acknowledged: u64,
    /// Stored messages.
    pub(crate) present: u64,
    /// Written messages that are not stored, or are stored with another text.
    pub(crate) lost: u64,
    /// Messages that are stored twice, or were never written.
    pub(crate) doubled: u64,
    /// Messages whose position contradicts the author's order, the acknowledgement or a timeline.
    pub(crate) out_of_order: u64,
    /// Descriptions of the first problems.
    pub(crate) findings: Vec<String>,
}

impl Verdict {
    /// Whether there is no problem.
    pub(crate) fn is_clean(&self) -> bool {
        (self.lost, self.doubled, self.out_of_order) == (0, 0, 0)
    }

    /// Adds the result of another room.
    pub(crate) fn add(&mut self, other: Self) {
        self.written += other.written;
        self.acknowledged += other.acknowledged;
        self.present += other.present;
        self.lost += other.lost;
        self.doubled += other.doubled;
        self.out_of_order += other.out_of_order;
        self.findings.extend(other.findings);
    }

    fn add_finding(&mut self, finding: impl FnOnce() -> String) {
        if self.findings.len() < FINDINGS {
            self.findings.push(finding());
        }
    }

    fn lost(&mut self, finding: impl FnOnce() -> String) {
        self.lost += 1;
        self.add_finding(|| format!("lost: {}", finding()));
    }

    fn doubled(&mut self, finding: impl FnOnce() -> String) {
        self.doubled += 1;
        self.add_finding(|| format!("doubled: {}", finding()));
    }

    fn out_of_order(&mut self, finding: impl FnOnce() -> String) {
        self.out_of_order += 1;
        self.add_finding(|| format!("out of order: {}", finding()));
    }
}

/// Compares the records of one room with its stored messages, which are in ascending order.
pub(crate) fn compare(stored: &[StoredMessage], records: &[ClientRecord]) -> Verdict {
    let mut verdict = Verdict { present: stored.len() as u64, ..Verdict::default() };
    check_stored(&mut verdict, stored, records);
    let by_command: HashMap<(UserId, CommandId), &StoredMessage> =
        stored.iter().rev().map(|message| ((message.author, message.command), message)).collect();
    for record in records {
        check_written(&mut verdict, &by_command, record);
        check_timeline(&mut verdict, stored, record);
    }
    verdict
}

/// The sequence numbers have no gap; every message is stored once and in its author's order.
fn check_stored(verdict: &mut Verdict, stored: &[StoredMessage], records: &[ClientRecord]) {
    let mut numbers: HashMap<(UserId, &str), usize> = HashMap::new();
    for ClientRecord { user, written, .. } in records {
        numbers.extend(
            written.iter().enumerate().map(|(index, one)| ((user.id, one.text.as_str()), index)),
        );
    }
    let mut texts = HashSet::new();
    let mut commands = HashSet::new();
    let mut last: HashMap<UserId, usize> = HashMap::new();
    for (expected, StoredMessage { seq, author, command, text }) in (1..).zip(stored) {
        if seq.0 != expected {
            verdict.out_of_order(|| format!("seq {} instead of {expected}", seq.0));
        }
        // Texts are compared too: a client could send an old message with a new command id.
        let again = !texts.insert((author, text)) | !commands.insert((author, command));
        let Some(number) = numbers.get(&(*author, text.as_str())) else {
            verdict.doubled(|| format!("{text:?} at {} was never written", seq.0));
            continue;
        };
        if again {
            verdict.doubled(|| format!("{text:?} is stored again at {}", seq.0));
            continue;
        }
        if last.insert(*author, *number).is_some_and(|earlier| earlier > *number) {
            verdict.out_of_order(|| {
                format!("{text:?} at {} was written before its predecessor", seq.0)
            });
        }
    }
}

/// Every written message is stored at the acknowledged position.
fn check_written(
    verdict: &mut Verdict,
    stored: &HashMap<(UserId, CommandId), &StoredMessage>,
    record: &ClientRecord,
) {
    verdict.written += record.written.len() as u64;
    let author = record.user.id;
    for WrittenMessage { command, text } in &record.written {
        let acknowledged = record.acknowledged.get(command);
        verdict.acknowledged += u64::from(acknowledged.is_some());
        match (stored.get(&(author, *command)), acknowledged) {
            (Some(stored), _) if stored.text != *text => {
                verdict.lost(|| format!("{text:?} is stored as {:?}", stored.text));
            }
            (Some(stored), Some(seq)) if *seq != Some(stored.seq) => {
                verdict.out_of_order(|| {
                    format!(
                        "{text:?} was acknowledged at {seq:?}, but is stored at {:?}",
                        stored.seq
                    )
                });
            }
            (Some(_), _) => {}
            (None, Some(seq)) => {
                verdict.lost(|| format!("{text:?}, acknowledged at {seq:?}"));
            }
            (None, None) => verdict.lost(|| format!("{text:?}, sent without an acknowledgement")),
        }
    }
}

/// The timeline is the end of the stored messages, or all of them if it is whole.
fn check_timeline(verdict: &mut Verdict, stored: &[StoredMessage], record: &ClientRecord) {
    let ClientRecord { user, timeline, whole, .. } = record;
    if timeline.len() > stored.len() || (*whole && timeline.len() < stored.len()) {
        verdict.out_of_order(|| {
            format!("{} shows {} messages of {}", user.name, timeline.len(), stored.len())
        });
    }
    let end = stored.iter().rev().zip(timeline.iter().rev());
    for (StoredMessage { seq, command, text, .. }, message) in end {
        if (*seq, *command) != (message.seq, message.command) {
            verdict.out_of_order(|| {
                let (name, shown) = (&user.name, message.seq);
                format!(
                    "{text:?} is stored at {seq:?}, but {name} shows another message or {shown:?}"
                )
            });
        }
    }
    if timeline.is_empty() && !stored.is_empty() {
        verdict.out_of_order(|| format!("{} shows no message", user.name));
    }
}

#[cfg(test)]
mod tests;
