//! The opening handshake from the client's side: RFC 6455, section 4.1.

use std::net::SocketAddr;

use madang_shared::limits::{SOCKET_PATH, SUBPROTOCOL};
use thiserror::Error;
use tungstenite::handshake::derive_accept_key;

/// One fixed key for all connections: any value shows that the server speaks WebSocket.
const KEY: &str = "bWFkYW5nIG1lYXN1cmVzIQ==";
/// The maximum length of a response in bytes.
const MAX_RESPONSE: usize = 16 * 1024;
/// Without context takeover, every subscriber can get the same compressed bytes, and the generator inflates
/// them once.
const OFFER: &str = "permessage-deflate; server_no_context_takeover; client_no_context_takeover";

/// An encoded upgrade request.
#[derive(Clone, Debug)]
pub struct UpgradeRequest(Vec<u8>);

impl UpgradeRequest {
    /// A request without a session and a subprotocol.
    pub fn plain(server: SocketAddr, path: &str, deflate: bool) -> Self {
        Self::encode(server, path, "", deflate)
    }

    /// A request for a Madang session.
    pub fn madang(server: SocketAddr, token: &str, deflate: bool) -> Self {
        let headers =
            format!("Authorization: Bearer {token}\r\nSec-WebSocket-Protocol: {SUBPROTOCOL}\r\n");
        Self::encode(server, SOCKET_PATH, &headers, deflate)
    }

    fn encode(server: SocketAddr, path: &str, headers: &str, deflate: bool) -> Self {
        let offer =
            if deflate { format!("Sec-WebSocket-Extensions: {OFFER}\r\n") } else { String::new() };
        Self(
            format!(
                "GET {path} HTTP/1.1\r\nHost: {server}\r\nUpgrade: websocket\r\n\
                 Connection: Upgrade\r\nSec-WebSocket-Key: {KEY}\r\n\
                 Sec-WebSocket-Version: 13\r\n{headers}{offer}\r\n"
            )
            .into_bytes(),
        )
    }

    /// The bytes of the request.
    pub fn bytes(&self) -> &[u8] {
        &self.0
    }
}

/// The server's response with status 101.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct UpgradeResponse {
    /// Length of the response in bytes; frames follow it.
    pub length: usize,
    /// Whether permessage-deflate was negotiated.
    pub deflate: bool,
}

/// The handshake failed.
#[derive(Clone, Debug, PartialEq, Eq, Error)]
pub enum UpgradeError {
    /// The status is not 101.
    #[error("the server refuses the upgrade: {0}")]
    Status(String),
    /// The `Sec-WebSocket-Accept` header is missing or wrong.
    #[error("the server's Sec-WebSocket-Accept header is missing or wrong")]
    Accept,
    /// The response is longer than the maximum.
    #[error("the server's response to the upgrade is longer than {MAX_RESPONSE} bytes")]
    TooLong,
}

/// Parses the response. Returns `None` if it is incomplete.
///
/// # Errors
/// [`UpgradeError`].
pub fn read_response(bytes: &[u8]) -> Result<Option<UpgradeResponse>, UpgradeError> {
    let Some(end) = bytes.windows(4).position(|four| four == b"\r\n\r\n") else {
        return if bytes.len() > MAX_RESPONSE { Err(UpgradeError::TooLong) } else { Ok(None) };
    };
    let head = String::from_utf8_lossy(bytes.get(..end).unwrap_or_default());
    let mut lines = head.lines();
    let status = lines.next().unwrap_or_default();
    if status.split(' ').nth(1) != Some("101") {
        return Err(UpgradeError::Status(status.to_owned()));
    }
    let headers: Vec<(&str, &str)> = lines.filter_map(|line| line.split_once(':')).collect();
    let header = |name: &str| {
        let found = headers.iter().find(|(key, _)| key.eq_ignore_ascii_case(name));
        found.map(|(_, value)| value.trim())
    };
    if header("Sec-WebSocket-Accept") != Some(derive_accept_key(KEY.as_bytes()).as_str()) {
        return Err(UpgradeError::Accept);
    }
    let extensions = header("Sec-WebSocket-Extensions").unwrap_or_default();
    Ok(Some(UpgradeResponse {
        length: end + 4,
        deflate: extensions.starts_with("permessage-deflate"),
    }))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn response(status: &str, accept: &str, headers: &str) -> String {
        format!("HTTP/1.1 {status}\r\nsec-websocket-accept: {accept}\r\n{headers}\r\n")
    }

    #[test]
    fn only_a_complete_and_correct_response_is_accepted() {
        let key = derive_accept_key(KEY.as_bytes());
        let plain = response("101 Switching Protocols", &key, "");
        let accepted = UpgradeResponse { length: plain.len(), deflate: false };
        assert_eq!(read_response(plain.as_bytes()), Ok(Some(accepted)));
        assert_eq!(read_response(&plain.as_bytes()[..plain.len() - 1]), Ok(None));

        let deflate =
            "Sec-WebSocket-Extensions: permessage-deflate; server_no_context_takeover\r\n";
        let compressed = response("101 Switching Protocols", &key, deflate) + "frames";
        let length = compressed.len() - "frames".len();
        assert_eq!(
            read_response(compressed.as_bytes()),
            Ok(Some(UpgradeResponse { length, deflate: true }))
        );
        let full = response("503 Service Unavailable", &key, "");
        let status = "HTTP/1.1 503 Service Unavailable".to_owned();
        assert_eq!(read_response(full.as_bytes()), Err(UpgradeError::Status(status)));
        assert_eq!(
            read_response(response("101 Yes", "x", "").as_bytes()),
            Err(UpgradeError::Accept)
        );
        assert_eq!(read_response(&vec![b'x'; MAX_RESPONSE + 1]), Err(UpgradeError::TooLong));
    }
}
