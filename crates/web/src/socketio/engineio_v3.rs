//! Long polling of Engine.IO 3, the protocol of Socket.IO versions 1 and 2.
//!
//! Clients of version 1 encode UTF-8 twice there, in both directions; clients of version 2 name the same protocol and
//! do not. So a request is decoded a second time where possible, and a response contains only ASCII, which both read
//! alike: JSON can escape all other characters.
//!
//! A payload of this protocol is `<length>:<packet>` for each packet, with the length in UTF-16 code units.

use std::borrow::Cow;
use std::fmt::Write as _;

use axum::body::{Body, to_bytes};
use axum::extract::Request;
use axum::http::header::{CONTENT_LENGTH, CONTENT_TYPE};
use axum::http::{HeaderMap, Method, StatusCode};
use axum::response::{IntoResponse, Response};
use madang_shared::ErrorCode;

use super::limits::{MAX_PACKET_BYTES, MAX_POST_BYTES, MAX_WAITING_PACKETS};
use crate::http::problem::Problem;

/// Limit for one response, in bytes. The engine's payloads are much smaller.
const MAX_RESPONSE_BYTES: usize = MAX_WAITING_PACKETS * MAX_PACKET_BYTES;

/// Removes the second encoding from a request.
///
/// # Errors
/// `too_long` above the limit for a request.
pub(super) async fn decode_request(request: Request) -> Result<Request, Problem> {
    if *request.method() != Method::POST || !is_text(request.headers()) {
        return Ok(request);
    }
    let (mut parts, body) = request.into_parts();
    let limit = usize::try_from(MAX_POST_BYTES).unwrap_or(usize::MAX);
    let body = to_bytes(body, limit).await.map_err(|error| {
        tracing::debug!(%error, "Socket.IO: a long polling request exceeds its limit or broke off");
        let message = "The request is longer than 64 KiB; send fewer packets at once.";
        Problem::new(ErrorCode::TooLong, message)
    })?;
    parts.headers.remove(CONTENT_LENGTH);
    let rewritten = str::from_utf8(&body).ok().and_then(|text| rewrite(text, decode_again));
    Ok(Request::from_parts(parts, rewritten.map_or_else(|| Body::from(body), Body::from)))
}

/// Escapes a response of the engine to ASCII.
pub(super) async fn encode_response(response: Response) -> Response {
    if !is_text(response.headers()) || !response.status().is_success() {
        return response;
    }
    let (mut parts, body) = response.into_parts();
    let Ok(body) = to_bytes(body, MAX_RESPONSE_BYTES).await else {
        tracing::error!("the engine's response exceeds its limit");
        return StatusCode::INTERNAL_SERVER_ERROR.into_response();
    };
    parts.headers.remove(CONTENT_LENGTH);
    let rewritten = str::from_utf8(&body).ok().and_then(|text| rewrite(text, escape_to_ascii));
    Response::from_parts(parts, rewritten.map_or_else(|| Body::from(body), Body::from))
}

fn is_text(headers: &HeaderMap) -> bool {
    headers.get(CONTENT_TYPE).is_none_or(|kind| kind.as_bytes().starts_with(b"text/"))
}

/// Changes each packet of a payload; none if the text is not a payload.
fn rewrite(mut payload: &str, change: impl Fn(&str) -> Cow<'_, str>) -> Option<String> {
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
fn decode_again(packet: &str) -> Cow<'_, str> {
    let bytes: Option<Vec<u8>> = packet.chars().map(|char| u8::try_from(char).ok()).collect();
    match bytes.filter(|_| !packet.is_ascii()).map(String::from_utf8) {
        Some(Ok(decoded)) => Cow::Owned(decoded),
        _ => Cow::Borrowed(packet),
    }
}

/// Escapes all characters outside ASCII. They can only be within JSON strings (RFC 8259 section 7).
fn escape_to_ascii(packet: &str) -> Cow<'_, str> {
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
