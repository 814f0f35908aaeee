//! What users wrote and saw, held against what is stored.

use std::collections::{BTreeMap, HashMap, HashSet};

use madang_shared::{CommandId, Seq, User, UserId};

/// Findings told in words; the rest is only counted.
const FINDINGS: usize = 20;

/// A message as the database has it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Recipients {
    pub(super) seq: Seq,
    pub(super) author: UserId,
    pub(super) command: CommandId,
    pub(super) text: String,
}

/// A message as its author gave it to the client. No author writes the same text twice.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Written {
    pub(super) command: CommandId,
    pub(super) text: String,
}

/// A message as a client shows it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Row {
    pub(super) seq: Seq,
    pub(super) command: CommandId,
}

/// What one user wrote and saw.
#[derive(Clone, Debug)]
pub(super) struct Testimony {
    pub(super) user: User,
    /// In the order in which it was written. At the end nothing of it waits any more.
    pub(super) written: Vec<Written>,
    /// What the server acknowledged, and the place that it named.
    pub(super) acknowledged: BTreeMap<CommandId, Option<Seq>>,
    /// What the client shows at the end.
    pub(super) timeline: Vec<Row>,
    /// Whether that should be everything from the beginning, or only some of it up to the end.
    pub(super) whole: bool,
}

/// How it went.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(super) struct Verdict {
    pub(super) written: u64,
    /// Of the written ones, those whose acknowledgement a client saw. Fewer than are present: where a
    /// kill takes an acknowledgement away, the client learns of its message from the stream.
    pub(super) acknowledged: u64,
    /// Stored messages.
    pub(super) present: u64,
    /// Acknowledged, or written and settled, and not stored as they were written.
    pub(super) lost: u64,
    /// Stored again, or stored though nobody wrote it.
    pub(super) doubled: u64,
    /// At another place than the author's order, the acknowledgement, or a client's timeline says.
    pub(super) out_of_order: u64,
    /// The first of what is wrong, in words.
    pub(super) findings: Vec<String>,
}

impl Verdict {
    /// Whether nothing is wrong.
    pub(super) fn is_clean(&self) -> bool {
        (self.lost, self.doubled, self.out_of_order) == (0, 0, 0)
    }

    fn find(&mut self, finding: impl FnOnce() -> String) {
        if self.findings.len() < FINDINGS {
            self.findings.push(finding());
        }
    }

    fn lost(&mut self, finding: impl FnOnce() -> String) {
        self.lost += 1;
        self.find(|| format!("lost: {}", finding()));
    }

    fn doubled(&mut self, finding: impl FnOnce() -> String) {
        self.doubled += 1;
        self.find(|| format!("doubled: {}", finding()));
    }

    fn out_of_order(&mut self, finding: impl FnOnce() -> String) {
        self.out_of_order += 1;
        self.find(|| format!("out of order: {}", finding()));
    }
}

/// Holds the testimonies against the truth, which is given by ascending place.
pub(super) fn compare(truth: &[Recipients], testimonies: &[Testimony]) -> Verdict {
    let mut verdict = Verdict { present: truth.len() as u64, ..Verdict::default() };
    check_truth(&mut verdict, truth, testimonies);
    let stored: HashMap<(UserId, CommandId), &Recipients> =
        truth.iter().rev().map(|stored| ((stored.author, stored.command), stored)).collect();
    for testimony in testimonies {
        check_written(&mut verdict, &stored, testimony);
        check_timeline(&mut verdict, truth, testimony);
    }
    verdict
}

/// Places without holes; every message once, by an author who wrote it, in the author's order.
fn check_truth(verdict: &mut Verdict, truth: &[Recipients], testimonies: &[Testimony]) {
    let mut numbers: HashMap<(UserId, &str), usize> = HashMap::new();
    for Testimony { user, written, .. } in testimonies {
        numbers.extend(
            written.iter().enumerate().map(|(index, one)| ((user.id, one.text.as_str()), index)),
        );
    }
    let mut texts = HashSet::new();
    let mut commands = HashSet::new();
    let mut last: HashMap<UserId, usize> = HashMap::new();
    for (place, Recipients { seq, author, command, text }) in (1..).zip(truth) {
        if seq.0 != place {
            verdict.out_of_order(|| format!("place {} is where {place} should be", seq.0));
        }
        // The text too: a client that made a new command of an old message would double it.
        let again = !texts.insert((author, text)) | !commands.insert((author, command));
        let Some(number) = numbers.get(&(*author, text.as_str())) else {
            verdict.doubled(|| format!("nobody wrote {text:?} at {}", seq.0));
            continue;
        };
        if again {
            verdict.doubled(|| format!("{text:?} stands at {} again", seq.0));
            continue;
        }
        if last.insert(*author, *number).is_some_and(|earlier| earlier > *number) {
            verdict.out_of_order(|| format!("{text:?} at {} was written earlier", seq.0));
        }
    }
}

/// All of it is stored, and where the server said.
fn check_written(
    verdict: &mut Verdict,
    stored: &HashMap<(UserId, CommandId), &Recipients>,
    testimony: &Testimony,
) {
    verdict.written += testimony.written.len() as u64;
    let author = testimony.user.id;
    for Written { command, text } in &testimony.written {
        let acknowledged = testimony.acknowledged.get(command);
        verdict.acknowledged += u64::from(acknowledged.is_some());
        match (stored.get(&(author, *command)), acknowledged) {
            (Some(stored), _) if stored.text != *text => {
                verdict.lost(|| format!("{text:?} is stored as {:?}", stored.text));
            }
            (Some(stored), Some(place)) if *place != Some(stored.seq) => {
                verdict.out_of_order(|| {
                    format!(
                        "{text:?} was acknowledged at {place:?}, and stands at {:?}",
                        stored.seq
                    )
                });
            }
            (Some(_), _) => {}
            (None, Some(place)) => {
                verdict.lost(|| format!("{text:?}, acknowledged at {place:?}"));
            }
            (None, None) => verdict.lost(|| format!("{text:?}, settled without acknowledgement")),
        }
    }
}

/// What the client shows is the end of the truth, or all of it.
fn check_timeline(verdict: &mut Verdict, truth: &[Recipients], testimony: &Testimony) {
    let Testimony { user, timeline, whole, .. } = testimony;
    if timeline.len() > truth.len() || (*whole && timeline.len() < truth.len()) {
        verdict.out_of_order(|| {
            format!("{} shows {} messages of {}", user.name, timeline.len(), truth.len())
        });
    }
    let end = truth.iter().rev().zip(timeline.iter().rev());
    for (Recipients { seq, command, text, .. }, row) in end {
        if (*seq, *command) != (row.seq, row.command) {
            verdict.out_of_order(|| {
                let (name, shown) = (&user.name, row.seq);
                format!("where {text:?} stands at {seq:?}, {name} shows another or {shown:?}")
            });
        }
    }
    if timeline.is_empty() && !truth.is_empty() {
        verdict.out_of_order(|| format!("{} shows nothing", user.name));
    }
}

#[cfg(test)]
mod tests;
