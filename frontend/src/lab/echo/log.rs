//! The log of sent and echoed messages, with sizes and times.

use std::collections::VecDeque;

use crate::text;

/// Rows that stay on the page.
const MAX_ROWS: usize = 100;
/// UTF-16 code units of a text that a row shows.
const SHOWN_UNITS: u32 = 80;
/// Bytes of a message that a row shows.
const SHOWN_BYTES: usize = 24;

/// A sent or received message.
#[derive(Clone, Debug, PartialEq)]
pub(super) struct Row {
    pub(super) key: u64,
    pub(super) sent: bool,
    pub(super) binary: bool,
    /// The size of the message without its frame, in bytes.
    pub(super) bytes: usize,
    /// The beginning of the message.
    pub(super) shown: String,
    /// Milliseconds since the page began.
    pub(super) at: f64,
    /// For an echo: milliseconds since the message was sent.
    pub(super) round_trip: Option<f64>,
}

/// All messages, newest last.
#[derive(Clone, Debug, Default)]
pub(super) struct Log {
    pub(super) rows: VecDeque<Row>,
    /// The send times of messages without an echo. The echo answers in order.
    waiting: VecDeque<f64>,
    keys: u64,
}

impl Log {
    pub(super) fn sent(&mut self, at: f64, message: Message<'_>) {
        self.waiting.push_back(at);
        self.add(at, message, true, None);
    }

    pub(super) fn received(&mut self, at: f64, message: Message<'_>) {
        let round_trip = self.waiting.pop_front().map(|sent| at - sent);
        self.add(at, message, false, round_trip);
    }

    /// The connection is closed: no more echoes.
    pub(super) fn closed(&mut self) {
        self.waiting.clear();
    }

    fn add(&mut self, at: f64, message: Message<'_>, sent: bool, round_trip: Option<f64>) {
        self.keys += 1;
        let (binary, bytes, shown) = match message {
            Message::Text(text) => (false, text.len(), beginning(text)),
            Message::Binary(bytes) => (true, bytes.len(), hex(bytes)),
        };
        self.rows.push_back(Row { key: self.keys, sent, binary, bytes, shown, at, round_trip });
        if self.rows.len() > MAX_ROWS {
            self.rows.pop_front();
        }
    }
}

/// A message of either kind.
#[derive(Clone, Copy, Debug)]
pub(super) enum Message<'a> {
    Text(&'a str),
    Binary(&'a [u8]),
}

fn beginning(text: &str) -> String {
    let shown = text::beginning(text, SHOWN_UNITS);
    if shown.len() < text.len() { shown + "…" } else { shown }
}

fn hex(bytes: &[u8]) -> String {
    let pairs: Vec<String> = bytes.iter().take(SHOWN_BYTES).map(|it| format!("{it:02x}")).collect();
    let more = if bytes.len() > SHOWN_BYTES { " …" } else { "" };
    pairs.join(" ") + more
}

/// The bytes of a text of hexadecimal digit pairs, with or without spaces; none for any other text.
pub(super) fn from_hex(text: &str) -> Option<Vec<u8>> {
    let digits: Option<Vec<u8>> = text
        .chars()
        .filter(|c| !c.is_whitespace())
        .map(|c| c.to_digit(16).and_then(|digit| u8::try_from(digit).ok()))
        .collect();
    let digits = digits?;
    let pairs = digits.chunks_exact(2);
    if !pairs.remainder().is_empty() {
        return None;
    }
    Some(pairs.map(|pair| pair.iter().fold(0, |byte, digit| byte * 16 + digit)).collect())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn bytes_are_written_in_pairs_of_digits() {
        for (text, bytes) in [
            ("", Some(vec![])),
            ("00 ff A0", Some(vec![0, 255, 160])),
            ("00ffa0", Some(vec![0, 255, 160])),
            ("0", None),
            ("0g", None),
            ("한글", None),
        ] {
            assert_eq!(from_hex(text), bytes, "{text}");
        }
        assert_eq!(hex(&[0, 255, 160]), "00 ff a0");
    }

    #[test]
    fn each_answer_is_measured_from_what_it_answers() {
        let mut log = Log::default();
        log.sent(1.0, Message::Text("a"));
        log.sent(2.0, Message::Binary(&[7]));
        log.received(5.0, Message::Text("Echo: a"));
        log.received(8.0, Message::Binary(&[7]));
        log.received(9.0, Message::Text("by itself"));
        let trips: Vec<Option<f64>> = log.rows.iter().map(|row| row.round_trip).collect();
        assert_eq!(trips, [None, None, Some(4.0), Some(6.0), None]);
        assert_eq!(log.rows[2].bytes, 7);
    }
}
