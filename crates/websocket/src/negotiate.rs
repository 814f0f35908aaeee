//! Negotiates permessage-deflate (RFC 7692 section 7.1; grammar of the header: RFC 6455 section
//! 9.1).

use std::borrow::Cow;

use crate::deflate::Window;

const NAME: &str = "permessage-deflate";

/// The compression that client and server agreed on.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct NegotiatedCompression {
    /// The window that we compress with.
    pub window: Window,
    /// Whether the client requested this window, so that the answer has to name it.
    pub window_requested: bool,
}

impl NegotiatedCompression {
    /// Takes the first acceptable offer from all values of `Sec-WebSocket-Extensions`. An offer
    /// that is malformed, has unknown parameters, or requests the impossible is skipped.
    pub fn negotiate<'a>(headers: impl IntoIterator<Item = &'a str>) -> Option<Self> {
        let mut offers = headers.into_iter().flat_map(|header| split(header, ','));
        offers.find_map(|offer| {
            let mut parts = split(offer, ';');
            if parts.next()? == NAME { Self::from_parameters(parts) } else { None }
        })
    }

    fn from_parameters<'a>(parameters: impl Iterator<Item = &'a str>) -> Option<Self> {
        let mut names = Vec::new();
        let mut agreed = Self { window: Window::LARGEST, window_requested: false };
        for parameter in parameters {
            let (name, value) = match parameter.split_once('=') {
                Some((name, value)) => (name.trim_ascii(), Some(unquoted(value.trim_ascii())?)),
                None => (parameter, None),
            };
            if names.contains(&name) {
                return None;
            }
            names.push(name);
            match (name, value) {
                // The first two hold anyway: see `answer`. The third says that the client supports
                // a smaller window of its own; we always read with the largest.
                (
                    "server_no_context_takeover"
                    | "client_no_context_takeover"
                    | "client_max_window_bits",
                    None,
                ) => {}
                ("client_max_window_bits", Some(bits)) => {
                    window_bits(&bits)?;
                }
                ("server_max_window_bits", Some(bits)) => {
                    let window = Window::new(window_bits(&bits)?)?;
                    agreed = Self { window, window_requested: true };
                }
                _ => return None,
            }
        }
        Some(agreed)
    }

    /// The value of `Sec-WebSocket-Extensions` in the response. We carry no context from one
    /// message to the next, so that a compressed frame is valid for every socket. We request the
    /// same of the client, so that nothing is held for it between two messages.
    pub fn answer(self) -> String {
        let answer = format!("{NAME}; server_no_context_takeover; client_no_context_takeover");
        if self.window_requested {
            format!("{answer}; server_max_window_bits={}", self.window.bits())
        } else {
            answer
        }
    }
}

/// "A decimal integer value without leading zeroes between 8 to 15 inclusive" (sections 7.1.2.1 and 2).
fn window_bits(value: &str) -> Option<u8> {
    let bits: u8 = value.parse().ok()?;
    ((8..=15).contains(&bits) && value == bits.to_string()).then_some(bits)
}

/// Splits at separators outside of quotes, and trims the parts.
fn split(text: &str, separator: char) -> impl Iterator<Item = &str> {
    let (mut is_quoted, mut is_escaped) = (false, false);
    let parts = text.split(move |character| {
        if is_escaped {
            is_escaped = false;
        } else if is_quoted && character == '\\' {
            is_escaped = true;
        } else if character == '"' {
            is_quoted = !is_quoted;
        }
        !is_quoted && character == separator
    });
    parts.map(str::trim_ascii)
}

/// Removes quotes and escapes from a value; the result must be a token (RFC 6455 section 9.1).
fn unquoted(value: &str) -> Option<Cow<'_, str>> {
    let Some(quoted) = value.strip_prefix('"') else {
        return is_token(value).then_some(Cow::Borrowed(value));
    };
    let mut value = String::new();
    let mut characters = quoted.strip_suffix('"')?.chars();
    while let Some(character) = characters.next() {
        value.push(match character {
            '"' => return None,
            '\\' => characters.next()?,
            other => other,
        });
    }
    is_token(&value).then_some(Cow::Owned(value))
}

/// A token of HTTP (RFC 9110 section 5.6.2).
pub(crate) fn is_token(text: &str) -> bool {
    let is_part = |byte: u8| byte.is_ascii_alphanumeric() || b"!#$%&'*+-.^_`|~".contains(&byte);
    !text.is_empty() && text.bytes().all(is_part)
}
