//! The opening handshake, from the client's side: RFC 6455, section 4.1.

use std::net::SocketAddr;

use madang_shared::limits::{SOCKET_PATH, SUBPROTOCOL};
use thiserror::Error;
use tungstenite::handshake::derive_accept_key;

/// The same for everybody: what it proves, that the peer knows WebSocket, it proves with any value.
const KEY: &str = "bWFkYW5nIG1lYXN1cmVzIQ==";
/// The longest answer that is waited for.
const MAX_ANSWER: usize = 16 * 1024;
/// Without contexts that are taken over, every subscriber may be sent the same bytes, and one
/// inflating is enough for all of them.
const OFFER: &str = "permessage-deflate; server_no_context_takeover; client_no_context_takeover";

/// A request, ready to be written.
#[derive(Clone, Debug)]
pub struct Request(Vec<u8>);

impl Request {
    /// For a socket without a protocol of ours.
    pub fn plain(server: SocketAddr, path: &str, deflate: bool) -> Self {
        Self::with(server, path, "", deflate)
    }

    /// For a session of Madang.
    pub fn madang(server: SocketAddr, token: &str, deflate: bool) -> Self {
        let more =
            format!("Authorization: Bearer {token}\r\nSec-WebSocket-Protocol: {SUBPROTOCOL}\r\n");
        Self::with(server, SOCKET_PATH, &more, deflate)
    }

    fn with(server: SocketAddr, path: &str, more: &str, deflate: bool) -> Self {
        let offer =
            if deflate { format!("Sec-WebSocket-Extensions: {OFFER}\r\n") } else { String::new() };
        Self(
            format!(
                "GET {path} HTTP/1.1\r\nHost: {server}\r\nUpgrade: websocket\r\n\
                 Connection: Upgrade\r\nSec-WebSocket-Key: {KEY}\r\n\
                 Sec-WebSocket-Version: 13\r\n{more}{offer}\r\n"
            )
            .into_bytes(),
        )
    }

    /// As they go to the socket.
    pub fn bytes(&self) -> &[u8] {
        &self.0
    }
}

/// The server said yes.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Accepted {
    /// Bytes that the answer took; frames follow.
    pub length: usize,
    /// Whether messages may be compressed.
    pub deflate: bool,
}

/// The server said something else.
#[derive(Clone, Debug, PartialEq, Eq, Error)]
pub enum Refused {
    /// Not a 101.
    #[error("the server refuses the upgrade: {0}")]
    Status(String),
    /// A 101 from something that does not speak WebSocket.
    #[error("the server's Sec-WebSocket-Accept is wrong")]
    Accept,
    /// More than any answer needs.
    #[error("the server's answer does not end")]
    Endless,
}

/// Reads the answer; none if not all of it is there yet.
///
/// # Errors
/// [`Refused`].
pub fn read_answer(bytes: &[u8]) -> Result<Option<Accepted>, Refused> {
    let Some(end) = bytes.windows(4).position(|four| four == b"\r\n\r\n") else {
        return if bytes.len() > MAX_ANSWER { Err(Refused::Endless) } else { Ok(None) };
    };
    let head = String::from_utf8_lossy(bytes.get(..end).unwrap_or_default());
    let mut lines = head.lines();
    let status = lines.next().unwrap_or_default();
    if status.split(' ').nth(1) != Some("101") {
        return Err(Refused::Status(status.to_owned()));
    }
    let headers: Vec<(&str, &str)> = lines.filter_map(|line| line.split_once(':')).collect();
    let header = |name: &str| {
        let found = headers.iter().find(|(key, _)| key.eq_ignore_ascii_case(name));
        found.map(|(_, value)| value.trim())
    };
    if header("Sec-WebSocket-Accept") != Some(derive_accept_key(KEY.as_bytes()).as_str()) {
        return Err(Refused::Accept);
    }
    let extensions = header("Sec-WebSocket-Extensions").unwrap_or_default();
    Ok(Some(Accepted { length: end + 4, deflate: extensions.starts_with("permessage-deflate") }))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn answer(status: &str, accept: &str, more: &str) -> String {
        format!("HTTP/1.1 {status}\r\nsec-websocket-accept: {accept}\r\n{more}\r\n")
    }

    #[test]
    fn a_whole_and_right_answer_is_taken_and_no_other() {
        let key = derive_accept_key(KEY.as_bytes());
        let plain = answer("101 Switching Protocols", &key, "");
        let accepted = Accepted { length: plain.len(), deflate: false };
        assert_eq!(read_answer(plain.as_bytes()), Ok(Some(accepted)));
        assert_eq!(read_answer(&plain.as_bytes()[..plain.len() - 1]), Ok(None));

        let deflate =
            "Sec-WebSocket-Extensions: permessage-deflate; server_no_context_takeover\r\n";
        let compressed = answer("101 Switching Protocols", &key, deflate) + "frames";
        let length = compressed.len() - "frames".len();
        assert_eq!(
            read_answer(compressed.as_bytes()),
            Ok(Some(Accepted { length, deflate: true }))
        );
        let full = answer("503 Service Unavailable", &key, "");
        let status = "HTTP/1.1 503 Service Unavailable".to_owned();
        assert_eq!(read_answer(full.as_bytes()), Err(Refused::Status(status)));
        assert_eq!(read_answer(answer("101 Yes", "x", "").as_bytes()), Err(Refused::Accept));
        assert_eq!(read_answer(&vec![b'x'; MAX_ANSWER + 1]), Err(Refused::Endless));
    }
}
