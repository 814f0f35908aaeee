//! Long polling of Engine.IO 3, the protocol of Socket.IO versions 1 and 2.
//!
//! Clients of version 1 encode UTF-8 twice there, in both directions; clients of version 2 name the same protocol and
//! do not. So a request is decoded a second time where possible, and a response contains only ASCII, which both read
//! alike: JSON can escape all other characters.
//!
//! A payload of this protocol is `<length>:<packet>` for each packet, with the length in UTF-16 code units.

use std::borrow::Cow;
use std::fmt::Write as _;

/// Changes each packet of a payload; none if the text is not a payload.
pub(super) fn rewrite(mut payload: &str, change: impl Fn(&str) -> Cow<'_, str>) -> Option<String> {
    let mut rewritten = String::with_capacity(payload.len());
    while !payload.is_empty() {
        let (length, rest) = payload.split_once(':')?;
        let (packet, rest) = rest.split_at(byte_length(rest, length.parse().ok()?)?);
        let packet = change(packet);
        write!(rewritten, "{}:{packet}", packet.encode_utf16().count()).ok()?;
        payload = rest;
    }
    Some(rewritten)
}

/// The number of bytes of the first `units` UTF-16 code units of a text.
fn byte_length(text: &str, units: usize) -> Option<usize> {
    let mut left = units;
    for (index, char) in text.char_indices() {
        if left == 0 {
            return Some(index);
        }
        left = left.checked_sub(char.len_utf16())?;
    }
    (left == 0).then_some(text.len())
}

/// Decodes a text that was encoded twice: all its characters are bytes, and the bytes are UTF-8. Hardly any other text
/// has this form.
pub(super) fn decode_again(packet: &str) -> Cow<'_, str> {
    let bytes: Option<Vec<u8>> = packet.chars().map(|char| u8::try_from(char).ok()).collect();
    match bytes.filter(|_| !packet.is_ascii()).map(String::from_utf8) {
        Some(Ok(decoded)) => Cow::Owned(decoded),
        _ => Cow::Borrowed(packet),
    }
}

/// Escapes all characters outside ASCII. They can only be within JSON strings (RFC 8259 section 7).
pub(super) fn escape_to_ascii(packet: &str) -> Cow<'_, str> {
    if packet.is_ascii() {
        return Cow::Borrowed(packet);
    }
    let mut escaped = String::with_capacity(2 * packet.len());
    for char in packet.chars() {
        if char.is_ascii() {
            escaped.push(char);
            continue;
        }
        for unit in char.encode_utf16(&mut [0; 2]) {
            // Writing to a string cannot fail.
            write!(escaped, "\\u{unit:04x}").ok();
        }
    }
    Cow::Owned(escaped)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn text_that_was_encoded_twice_is_decoded_and_other_text_is_unchanged() {
        let twice: String = "안녕 👋".bytes().map(char::from).collect();
        let units = twice.encode_utf16().count();
        let payload = format!("{}:42[\"data\",\"{twice}\"]1:2", units + 13);
        let once = "18:42[\"data\",\"안녕 👋\"]1:2";
        assert_eq!(rewrite(&payload, decode_again).as_deref(), Some(once));
        for unchanged in [once, "7:42[\"é\"]", "2:40", ""] {
            assert_eq!(rewrite(unchanged, decode_again).as_deref(), Some(unchanged));
        }
    }

    #[test]
    fn responses_are_escaped_to_ascii() {
        let response = rewrite("8:42[\"é👋\"]2:40", escape_to_ascii);
        assert_eq!(response.as_deref(), None, "the length is wrong");
        let response = rewrite("9:42[\"é👋\"]2:40", escape_to_ascii).unwrap();
        assert_eq!(response, "24:42[\"\\u00e9\\ud83d\\udc4b\"]2:40");
    }

    #[test]
    fn other_text_than_a_payload_is_left_to_the_engine() {
        for wrong in ["x", "5:ab", "-1:a", ":", "99999999999999999999:a"] {
            assert_eq!(rewrite(wrong, escape_to_ascii), None, "{wrong}");
        }
    }
}
