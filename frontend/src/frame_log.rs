//! The last frames that this page sent and received, for the inspector, with the round-trip time of each answer.
//! Frames are stored as text, and views read them only while the inspector is open.

use std::collections::VecDeque;

use leptos::prelude::*;
use madang_client::VecMap;
use madang_shared::Timestamp;

use crate::browser;

/// Frames in the log; older ones are dropped.
const MAX_FRAMES: usize = 200;
/// The stored part of a frame, in bytes; pages of history are long.
const MAX_TEXT_BYTES: usize = 4_096;
/// Requests without an answer; at this number all are dropped.
const MAX_WAITING: usize = 256;

/// A sent or received frame.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct LoggedFrame {
    pub(crate) number: u64,
    pub(crate) at: Timestamp,
    pub(crate) sent: bool,
    /// The length of the whole frame.
    pub(crate) bytes: usize,
    /// The frame, or its beginning.
    pub(crate) text: String,
    /// The time since the request that this answers, in milliseconds.
    pub(crate) round_trip: Option<u64>,
}

impl LoggedFrame {
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
    frames: VecDeque<LoggedFrame>,
    number: u64,
    /// The time at which each request without an answer was sent.
    waiting: VecMap<String, Timestamp>,
}

/// The log of the last frames. Copies are the same log.
#[derive(Clone, Copy)]
pub(crate) struct FrameLog {
    log: StoredValue<Log, LocalStorage>,
    trigger: Trigger,
}

impl FrameLog {
    pub(crate) fn new() -> Self {
        Self { log: StoredValue::new_local(Log::default()), trigger: Trigger::new() }
    }

    /// Records a frame. Views see it after the next [`FrameLog::notify`].
    pub(crate) fn record(self, sent: bool, text: &str) {
        self.log.try_update_value(|log| log.record(sent, text, browser::now()));
    }

    /// Makes recorded frames visible to views.
    pub(crate) fn notify(self) {
        self.trigger.notify();
    }

    /// The last frames, newest first. A view that reads them runs again after [`FrameLog::notify`].
    pub(crate) fn frames(self) -> Vec<LoggedFrame> {
        self.trigger.track();
        self.log.with_value(|log| log.frames.iter().rev().cloned().collect())
    }
}

impl Log {
    fn record(&mut self, sent: bool, text: &str, now: Timestamp) {
        let round_trip = exchange_key(text).and_then(|exchange_key| {
            if sent {
                if self.waiting.len() >= MAX_WAITING {
                    self.waiting = VecMap::default();
                }
                self.waiting.insert(exchange_key, now);
                return None;
            }
            self.waiting.remove(&exchange_key).map(|requested_at| now.since(requested_at))
        });
        self.number += 1;
        if self.frames.len() == MAX_FRAMES {
            self.frames.pop_front();
        }
        let end = (0..=MAX_TEXT_BYTES.min(text.len())).rev().find(|at| text.is_char_boundary(*at));
        self.frames.push_back(LoggedFrame {
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

/// The key that a request shares with its answer: the first value in either is the id of a command or
/// a query, or the topic. Events answer no request.
fn exchange_key(text: &str) -> Option<String> {
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
        let mut record = |sent, text: &str, at| {
            log.record(sent, text, Timestamp(at));
            log.frames.back().and_then(|frame| frame.round_trip)
        };
        assert_eq!(record(true, r#"{"command":{"id":"0197","command":{"chat":{}}}}"#, 10), None);
        assert_eq!(record(true, r#"{"query":{"id":5,"query":{}}}"#, 11), None);
        assert_eq!(record(true, r#"{"subscribe":{"topic":"room:1"}}"#, 12), None);
        assert_eq!(record(false, r#"{"event":{"topic":"room:1","seq":1,"event":{}}}"#, 13), None);
        assert_eq!(record(false, r#"{"ack":{"id":"0197","at":{}}}"#, 15), Some(5));
        assert_eq!(record(false, r#"{"ack":{"id":"0197"}}"#, 16), None, "answered once");
        assert_eq!(record(false, r#"{"error":{"about":{"query":5},"failure":{}}}"#, 18), Some(7));
        assert_eq!(record(false, r#"{"recovered":{"topic":"room:1","from":{}}}"#, 20), Some(8));
    }

    #[test]
    fn long_frames_are_kept_in_part_and_old_ones_not_at_all() {
        let mut log = Log::default();
        for n in 0..300 {
            log.record(false, &format!(r#"{{"event":"{n}{}"}}"#, "가".repeat(2_000)), Timestamp(n));
        }
        assert_eq!(log.frames.len(), MAX_FRAMES);
        let last = log.frames.back().unwrap();
        assert!(last.text.len() <= MAX_TEXT_BYTES && last.bytes > 6_000 && !last.is_whole());
        assert_eq!((last.kind(), last.number), ("event", 300));
    }
}
