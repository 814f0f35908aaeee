//! Checks the frames that one client received, as they arrived. The client itself hides a faulty node: it ignores repeated
//! events, and subscribes again after a gap.

use std::collections::{BTreeSet, HashSet};

use madang_shared::{CommandId, Seq};

/// A frame about the room of a client, or the start of a connection.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum StreamEntry {
    /// A connection was accepted.
    Connected,
    /// The answer to a subscription: the events after this seq follow.
    Follows(Seq),
    /// An event.
    Event(Seq),
    /// An acknowledgement, with the seq of the event.
    Acknowledged(CommandId, Option<Seq>),
}

/// The result of a check.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(super) struct StreamVerdict {
    /// Events that did not arrive between two that did.
    pub(super) lost: u64,
    /// Events and acknowledgements that arrived twice on one connection.
    pub(super) doubled: u64,
    /// Events and acknowledgements that arrived after a later one, and events without a subscription.
    pub(super) out_of_order: u64,
}

/// The part of a stream since the last subscription.
#[derive(Default)]
struct Section {
    next: Option<u64>,
    holes: BTreeSet<u64>,
}

/// Checks the frames of one client, in the order of their arrival.
pub(super) fn check_stream(entries: &[StreamEntry]) -> StreamVerdict {
    let mut verdict = StreamVerdict::default();
    let mut section = Section::default();
    let mut acknowledged = HashSet::new();
    let mut last_acknowledged = Seq(0);
    for entry in entries {
        match *entry {
            StreamEntry::Connected => {
                verdict.end(&section);
                section = Section::default();
                acknowledged.clear();
                last_acknowledged = Seq(0);
            }
            StreamEntry::Follows(seq) => {
                verdict.end(&section);
                section = Section { next: Some(seq.0 + 1), holes: BTreeSet::new() };
            }
            StreamEntry::Event(seq) => verdict.event(&mut section, seq.0),
            StreamEntry::Acknowledged(command, seq) => {
                if !acknowledged.insert(command) {
                    verdict.doubled += 1;
                } else if let Some(seq) = seq {
                    verdict.out_of_order += u64::from(seq < last_acknowledged);
                    last_acknowledged = last_acknowledged.max(seq);
                }
            }
        }
    }
    verdict.end(&section);
    verdict
}

impl StreamVerdict {
    /// Adds the result of another client.
    pub(super) fn add(&mut self, other: Self) {
        self.lost += other.lost;
        self.doubled += other.doubled;
        self.out_of_order += other.out_of_order;
    }

    fn end(&mut self, section: &Section) {
        self.lost += section.holes.len() as u64;
    }

    fn event(&mut self, section: &mut Section, seq: u64) {
        match section.next {
            None => self.out_of_order += 1,
            Some(next) if seq >= next => {
                section.holes.extend(next..seq);
                section.next = Some(seq + 1);
            }
            Some(_) if section.holes.remove(&seq) => self.out_of_order += 1,
            Some(_) => self.doubled += 1,
        }
    }
}

#[cfg(test)]
mod tests;
