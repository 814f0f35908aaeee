//! The last frames of this page, for the inspector: what was sent, what came, and how long an answer
//! took. Kept as text and read only when somebody looks.

use std::collections::VecDeque;

use leptos::prelude::*;
use madang_client::VecMap;
use madang_shared::Timestamp;

use crate::browser;

/// So many frames are kept.
const KEPT: usize = 200;
/// So much of a frame is kept, in bytes; pages of history are long.
const KEPT_BYTES: usize = 4_096;
/// Questions that wait for an answer; beyond it they are forgotten.
const WAITING: usize = 256;

/// A frame that was sent or came.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Seen {
    pub(crate) number: u64,
    pub(crate) at: Timestamp,
    pub(crate) sent: bool,
    /// Of the whole frame.
    pub(crate) bytes: usize,
    /// The frame, or its beginning.
    pub(crate) text: String,
    /// In milliseconds, where this answers something.
    pub(crate) round_trip: Option<u64>,
}

impl Seen {
    /// The frame's kind: `command`, `event`, …
    pub(crate) fn kind(&self) -> &str {
        kind(&self.text)
    }

    pub(crate) fn is_whole(&self) -> bool {
        self.text.len() == self.bytes
    }
}

#[derive(Default)]
struct Log {
    frames: VecDeque<Seen>,
    number: u64,
    /// When each question was sent that has no answer yet.
    waiting: VecMap<String, Timestamp>,
}

/// The last frames. Copies are the same log.
#[derive(Clone, Copy)]
pub(crate) struct Wire {
    log: StoredValue<Log, LocalStorage>,
    bell: Trigger,
}

impl Wire {
    pub(crate) fn new() -> Self {
        Self { log: StoredValue::new_local(Log::default()), bell: Trigger::new() }
    }

    /// Notes a frame. It shows at the next [`Wire::ring`].
    pub(crate) fn note(self, sent: bool, text: &str) {
        self.log.try_update_value(|log| log.note(sent, text, browser::now()));
    }

    /// Shows what was noted.
    pub(crate) fn ring(self) {
        self.bell.notify();
    }

    /// The last frames, newest first; read from a view, it follows.
    pub(crate) fn frames(self) -> Vec<Seen> {
        self.bell.track();
        self.log.with_value(|log| log.frames.iter().rev().cloned().collect())
    }
}

impl Log {
    fn note(&mut self, sent: bool, text: &str, now: Timestamp) {
        let round_trip = subject(text).and_then(|subject| {
            if sent {
                if self.waiting.len() >= WAITING {
                    self.waiting = VecMap::default();
                }
                self.waiting.insert(subject, now);
                return None;
            }
            self.waiting.remove(&subject).map(|asked| now.since(asked))
        });
        self.number += 1;
        if self.frames.len() == KEPT {
            self.frames.pop_front();
        }
        let end = (0..=KEPT_BYTES.min(text.len())).rev().find(|at| text.is_char_boundary(*at));
        self.frames.push_back(Seen {
            number: self.number,
            at: now,
            sent,
            bytes: text.len(),
            text: text.get(..end.unwrap_or(0)).unwrap_or_default().to_owned(),
            round_trip,
        });
    }
}

/// A frame is an object with one key, its kind.
fn kind(text: &str) -> &str {
    text.strip_prefix("{\"").and_then(|rest| rest.split('"').next()).unwrap_or("?")
}

/// What a question and its answer have in common: the first value in either is the id of a command or
/// a query, or the topic. Events answer nothing.
fn subject(text: &str) -> Option<String> {
    let family = match kind(text) {
        "command" | "ack" => "command",
        "query" | "answer" => "query",
        "subscribe" | "snapshot" | "recovered" | "reset" => "topic",
        "hello" | "welcome" => return Some("hello".to_owned()),
        "error" => {
            let about = text.strip_prefix("{\"error\":{\"about\":{\"")?;
            let (family, rest) = about.split_once("\":")?;
            return Some(format!("{family} {}", first_value(rest)));
        }
        _ => return None,
    };
    let inner = text.split_once(":{\"")?.1;
    Some(format!("{family} {}", first_value(inner.split_once("\":")?.1)))
}

fn first_value(text: &str) -> &str {
    text.split([',', '}']).next().unwrap_or_default().trim_matches('"')
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_answer_knows_how_long_it_took() {
        let mut log = Log::default();
        let mut note = |sent, text: &str, at| {
            log.note(sent, text, Timestamp(at));
            log.frames.back().and_then(|seen| seen.round_trip)
        };
        assert_eq!(note(true, r#"{"command":{"id":"0197","command":{"chat":{}}}}"#, 10), None);
        assert_eq!(note(true, r#"{"query":{"id":5,"query":{}}}"#, 11), None);
        assert_eq!(note(true, r#"{"subscribe":{"topic":"room:1"}}"#, 12), None);
        assert_eq!(note(false, r#"{"event":{"topic":"room:1","seq":1,"event":{}}}"#, 13), None);
        assert_eq!(note(false, r#"{"ack":{"id":"0197","at":{}}}"#, 15), Some(5));
        assert_eq!(note(false, r#"{"ack":{"id":"0197"}}"#, 16), None, "answered once");
        assert_eq!(note(false, r#"{"error":{"about":{"query":5},"failure":{}}}"#, 18), Some(7));
        assert_eq!(note(false, r#"{"recovered":{"topic":"room:1","from":{}}}"#, 20), Some(8));
    }

    #[test]
    fn long_frames_are_kept_in_part_and_old_ones_not_at_all() {
        let mut log = Log::default();
        for n in 0..300 {
            log.note(false, &format!(r#"{{"event":"{n}{}"}}"#, "가".repeat(2_000)), Timestamp(n));
        }
        assert_eq!(log.frames.len(), KEPT);
        let last = log.frames.back().unwrap();
        assert!(last.text.len() <= KEPT_BYTES && last.bytes > 6_000 && !last.is_whole());
        assert_eq!((last.kind(), last.number), ("event", 300));
    }
}
