//! Long polling as clients of version 1 do it. They encode UTF-8 twice there, in both directions; those of
//! version 2, which say that they speak the same protocol, do not. So what comes is decoded once more where
//! that can be done, and what goes out has nothing in it that both would not read alike: JSON in ASCII.
//!
//! A payload of that protocol is `<length>:<packet>` for each packet, the length in UTF-16 code units.

use std::borrow::Cow;
use std::fmt::Write as _;

use axum::body::{Body, to_bytes};
use axum::extract::Request;
use axum::http::header::{CONTENT_LENGTH, CONTENT_TYPE};
use axum::http::{HeaderMap, Method, StatusCode};
use axum::response::{IntoResponse, Response};

use super::gateway::{MAX_POST_BYTES, MAX_WAITING_PACKETS};
use crate::problem::Problem;

/// Bytes of one answer. The engine ends a payload well before.
const MAX_ANSWER_BYTES: usize = MAX_WAITING_PACKETS * super::gateway::MAX_PACKET_BYTES;

/// What a client sends, encoded once.
///
/// # Errors
/// If there is too much of it.
pub(super) async fn request(request: Request) -> Result<Request, Problem> {
    if *request.method() != Method::POST || !is_text(request.headers()) {
        return Ok(request);
    }
    let (mut parts, body) = request.into_parts();
    let limit = usize::try_from(MAX_POST_BYTES).unwrap_or(usize::MAX);
    let body = to_bytes(body, limit).await.map_err(|error| {
        tracing::debug!(%error, "Socket.IO: a request of long polling is no good");
        Problem::new(madang_shared::ErrorCode::TooLong, "A request has at most 64 KiB.")
    })?;
    parts.headers.remove(CONTENT_LENGTH);
    let rewritten = str::from_utf8(&body).ok().and_then(|text| rewrite(text, decode_again));
    Ok(Request::from_parts(parts, rewritten.map_or_else(|| Body::from(body), Body::from)))
}

/// What the engine answers, in ASCII.
pub(super) async fn answer(response: Response) -> Response {
    if !is_text(response.headers()) || !response.status().is_success() {
        return response;
    }
    let (mut parts, body) = response.into_parts();
    let Ok(body) = to_bytes(body, MAX_ANSWER_BYTES).await else {
        tracing::error!("the engine's answer is longer than it can be");
        return StatusCode::INTERNAL_SERVER_ERROR.into_response();
    };
    parts.headers.remove(CONTENT_LENGTH);
    let rewritten = str::from_utf8(&body).ok().and_then(|text| rewrite(text, in_ascii));
    Response::from_parts(parts, rewritten.map_or_else(|| Body::from(body), Body::from))
}

fn is_text(headers: &HeaderMap) -> bool {
    headers.get(CONTENT_TYPE).is_none_or(|kind| kind.as_bytes().starts_with(b"text/"))
}

/// Changes each packet of a payload; none if it is no payload.
fn rewrite(mut payload: &str, change: impl Fn(&str) -> Cow<'_, str>) -> Option<String> {
    let mut rewritten = String::with_capacity(payload.len());
    while !payload.is_empty() {
        let (length, rest) = payload.split_once(':')?;
        let (packet, rest) = rest.split_at(bytes_of(rest, length.parse().ok()?)?);
        let packet = change(packet);
        write!(rewritten, "{}:{packet}", packet.encode_utf16().count()).ok()?;
        payload = rest;
    }
    Some(rewritten)
}

/// How many bytes the first so many UTF-16 code units take.
fn bytes_of(text: &str, units: usize) -> Option<usize> {
    let mut left = units;
    for (index, char) in text.char_indices() {
        if left == 0 {
            return Some(index);
        }
        left = left.checked_sub(char.len_utf16())?;
    }
    (left == 0).then_some(text.len())
}

/// A text that was encoded twice has nothing but bytes for characters, and those are UTF-8. Hardly any text
/// that was not is like that.
fn decode_again(packet: &str) -> Cow<'_, str> {
    let bytes: Option<Vec<u8>> = packet.chars().map(|char| u8::try_from(char).ok()).collect();
    match bytes.filter(|_| !packet.is_ascii()).map(String::from_utf8) {
        Some(Ok(decoded)) => Cow::Owned(decoded),
        _ => Cow::Borrowed(packet),
    }
}

/// All that is not ASCII stands within JSON strings, where it can be escaped (RFC 8259 section 7).
fn in_ascii(packet: &str) -> Cow<'_, str> {
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
            // A string takes whatever is written into it.
            let _written = write!(escaped, "\\u{unit:04x}").is_ok();
        }
    }
    Cow::Owned(escaped)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_was_encoded_twice_is_decoded_twice_and_the_rest_stays() {
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
    fn what_goes_out_is_ascii_and_says_the_same() {
        let answer = rewrite("8:42[\"é👋\"]2:40", in_ascii);
        assert_eq!(answer.as_deref(), None, "the length is wrong");
        let answer = rewrite("9:42[\"é👋\"]2:40", in_ascii).unwrap();
        assert_eq!(answer, "24:42[\"\\u00e9\\ud83d\\udc4b\"]2:40");
    }

    #[test]
    fn what_is_no_payload_is_left_to_the_engine() {
        for wrong in ["x", "5:ab", "-1:a", ":", "99999999999999999999:a"] {
            assert_eq!(rewrite(wrong, in_ascii), None, "{wrong}");
        }
    }
}
