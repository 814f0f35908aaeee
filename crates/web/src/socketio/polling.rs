//! The bodies of long polling: requests are rewritten for the engine, and answers count as waiting until they are
//! written.

use std::sync::Arc;

use axum::body::{Body, to_bytes};
use axum::extract::Request;
use axum::http::header::{CONTENT_LENGTH, CONTENT_TYPE};
use axum::http::{HeaderMap, Method, StatusCode};
use axum::response::{IntoResponse, Response};
use bytes::Bytes;
use madang_shared::ErrorCode;
use serde_json::{Value, json};

use super::engineio_v3;
use super::limits::{MAX_ENGINE_BYTES, MAX_RECEIVED_BYTES};
use super::packets::for_engine;
use super::waiting_bytes::{HeldBytes, WaitingBytes};
use crate::http::problem::Problem;

/// Limit for the engine's first answer to a polling client, in bytes.
const MAX_OPEN_BYTES: usize = 4 * 1024;
/// Separates the packets of one payload in version 4 of Engine.IO.
const SEPARATOR: char = '\u{1e}';

/// The versions of Engine.IO.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum EngineVersion {
    /// Socket.IO versions 1 and 2.
    V3,
    /// Later versions.
    V4,
}

/// Rewrites a request's packets for the engine. Returns the bytes of its body, too.
///
/// # Errors
/// `too_long` above the limit for a request; `malformed` if the body is not a payload. The engine would end the session
/// without a sentence.
pub(super) async fn rewrite_request(
    version: EngineVersion,
    request: Request,
) -> Result<(Request, usize), Problem> {
    if *request.method() != Method::POST {
        return Ok((request, 0));
    }
    let (mut parts, body) = request.into_parts();
    let body = to_bytes(body, MAX_RECEIVED_BYTES).await.map_err(|error| {
        tracing::info!(%error, "Socket.IO: a long polling request exceeds its limit or broke off");
        let message = format!(
            "The request has more than {MAX_RECEIVED_BYTES} bytes; send fewer packets at once."
        );
        Problem::new(ErrorCode::TooLong, message).with_status(StatusCode::PAYLOAD_TOO_LARGE)
    })?;
    parts.headers.remove(CONTENT_LENGTH);
    let bytes = body.len();
    if !is_text(&parts.headers) {
        return Ok((Request::from_parts(parts, Body::from(body)), bytes));
    }
    let rewritten = str::from_utf8(&body).ok().and_then(|payload| match version {
        EngineVersion::V3 => engineio_v3::rewrite(payload, |packet| {
            for_engine(&engineio_v3::decode_again(packet)).into_owned().into()
        }),
        EngineVersion::V4 => {
            let packets: Vec<_> = payload.split(SEPARATOR).map(for_engine).collect();
            Some(packets.join(&SEPARATOR.to_string()))
        }
    });
    let rewritten = rewritten.ok_or_else(|| {
        let form = match version {
            EngineVersion::V3 => {
                "`<length>:<packet>` for each packet, with the length in UTF-16 code units"
            }
            EngineVersion::V4 => "packets in UTF-8, separated by U+001E",
        };
        Problem::new(ErrorCode::Malformed, format!("The body is not a payload; send {form}."))
    })?;
    Ok((Request::from_parts(parts, Body::from(rewritten)), bytes))
}

/// Prepares an answer of the engine for the client. Its bytes count as waiting until it is written.
pub(super) async fn count_response(
    version: EngineVersion,
    response: Response,
    outbound: &Arc<WaitingBytes>,
) -> Response {
    let is_payload = is_text(response.headers()) && response.status().is_success();
    let (mut parts, body) = response.into_parts();
    let Ok(mut body) = to_bytes(body, MAX_ENGINE_BYTES).await else {
        tracing::error!("the engine's response exceeds its limit");
        return StatusCode::INTERNAL_SERVER_ERROR.into_response();
    };
    // The packets were counted when they were sent; the answer takes over their bytes.
    let held = HeldBytes::of_reserved(outbound, body.len());
    if version == EngineVersion::V3 && is_payload {
        let text = str::from_utf8(&body).ok();
        if let Some(escaped) =
            text.and_then(|text| engineio_v3::rewrite(text, engineio_v3::escape_to_ascii))
        {
            parts.headers.remove(CONTENT_LENGTH);
            body = escaped.into();
        }
    }
    let body = Bytes::from_owner(CountedBytes { bytes: body, _held: held });
    Response::from_parts(parts, Body::from(body))
}

/// The bytes of an answer, which count as waiting until they are dropped.
struct CountedBytes {
    bytes: Bytes,
    _held: HeldBytes,
}

impl AsRef<[u8]> for CountedBytes {
    fn as_ref(&self) -> &[u8] {
        &self.bytes
    }
}

/// The engine's first answer with the limit for a request, and the session that it names. The engine would name its own
/// limit, which leaves room for rewritten packets.
pub(super) async fn open_packet(response: Response) -> (Response, Option<String>) {
    let (mut parts, body) = response.into_parts();
    match to_bytes(body, MAX_OPEN_BYTES).await {
        Ok(body) => {
            let opened = session_in(&body);
            let (session, limited) = opened.unzip();
            let limited = limited.filter(|_| body.first() == Some(&b'0'));
            parts.headers.remove(CONTENT_LENGTH);
            let body =
                limited.map_or_else(|| Body::from(body), |open| Body::from(format!("0{open}")));
            (Response::from_parts(parts, body), session)
        }
        Err(error) => {
            tracing::error!(%error, "the engine's first answer exceeds its limit");
            (StatusCode::INTERNAL_SERVER_ERROR.into_response(), None)
        }
    }
}

/// The session in an open packet, and the packet with our limit: `0{"sid":"…","maxPayload":…,…}`. Version 3 of the
/// protocol sends its length before it.
fn session_in(body: &[u8]) -> Option<(String, Value)> {
    let start = body.iter().position(|byte| *byte == b'{')?;
    let mut packets = serde_json::Deserializer::from_slice(body.get(start..)?).into_iter();
    let mut open: Value = packets.next()?.ok()?;
    let session = open.get("sid")?.as_str()?.to_owned();
    if let Some(limit) = open.get_mut("maxPayload") {
        *limit = json!(MAX_RECEIVED_BYTES);
    }
    Some((session, open))
}

fn is_text(headers: &HeaderMap) -> bool {
    headers.get(CONTENT_TYPE).is_none_or(|kind| kind.as_bytes().starts_with(b"text/"))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_session_is_read_from_open_packets_of_both_versions() {
        for (body, expected) in [
            (r#"0{"sid":"a-b_c","upgrades":["websocket"],"pingInterval":25000}"#, Some("a-b_c")),
            (r#"33:0{"upgrades":[],"sid":"x\"y"}2:40"#, Some("x\"y")),
            (r#"0{"upgrades":[]}"#, None),
            (r#"{"code":1,"message":"Session ID unknown"}"#, None),
            ("", None),
        ] {
            let session = session_in(body.as_bytes()).map(|(session, _)| session);
            assert_eq!(session.as_deref(), expected, "{body}");
        }
        let (_, open) = session_in(br#"0{"sid":"a","maxPayload":1}"#).unwrap();
        assert_eq!(open["maxPayload"], MAX_RECEIVED_BYTES);
    }
}
