//! The writer of JSON: strings, numbers and punctuation.

use std::fmt::{Display, Write};

use serde::ser;

/// The error of a serializer that cannot fail. Its type has no values, so the compiler drops the code
/// that would handle them.
#[derive(Debug)]
pub(in crate::compact) enum Never {}

impl Display for Never {
    fn fmt(&self, _: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        match *self {}
    }
}

impl std::error::Error for Never {}

impl ser::Error for Never {
    fn custom<T: Display>(_: T) -> Self {
        unreachable!("derived implementations do not fail")
    }
}

/// The text written so far.
#[derive(Default)]
pub(in crate::compact) struct Writer {
    text: String,
}

impl Writer {
    pub(in crate::compact) fn into_text(self) -> String {
        self.text
    }

    pub(super) fn put(&mut self, text: &str) {
        self.text.push_str(text);
    }

    pub(super) fn put_number(&mut self, number: impl Display) {
        // Writing to a string cannot fail.
        write!(self.text, "{number}").ok();
    }

    pub(super) fn put_string(&mut self, text: &str) {
        self.put("\"");
        for char in text.chars() {
            match char {
                '"' => self.put("\\\""),
                '\\' => self.put("\\\\"),
                '\n' => self.put("\\n"),
                '\r' => self.put("\\r"),
                '\t' => self.put("\\t"),
                '\u{8}' => self.put("\\b"),
                '\u{c}' => self.put("\\f"),
                '\0'..' ' => {
                    self.put("\\u00");
                    let code = u32::from(char);
                    for digit in [code >> 4, code & 15] {
                        self.text.extend(char::from_digit(digit, 16));
                    }
                }
                _ => self.text.push(char),
            }
        }
        self.put("\"");
    }

    /// Writes `{"name":`.
    pub(super) fn open_variant(&mut self, name: &str) {
        self.put("{");
        self.put_string(name);
        self.put(":");
    }
}
