//! The bytes of a WebSocket client that sends without a check of the answers.

use std::net::SocketAddr;

use madang_loadgen::TestUser;

/// The path of the app's protocol.
pub(super) const SOCKET_PATH: &str = "/api/socket?protocol=madang.v2.json";
/// The first frame of a connection.
pub(super) const HELLO: &str = r#"{"hello":{"client":"siege"}}"#;

/// The request that opens a WebSocket. `headers` are further header lines.
pub(super) fn handshake(server: SocketAddr, path: &str, headers: &str) -> Vec<u8> {
    let request = format!(
        "GET {path} HTTP/1.1\r\nHost: {server}\r\nConnection: Upgrade\r\nUpgrade: websocket\r\n\
        Sec-WebSocket-Version: 13\r\nSec-WebSocket-Key: MDEyMzQ1Njc4OWFiY2RlZg==\r\n{headers}\r\n"
    );
    request.into_bytes()
}

/// The handshake and the hello of a user.
pub(super) fn opening_of(user: &TestUser) -> Vec<u8> {
    let session = format!("Authorization: Bearer {}\r\n", user.token);
    let mut bytes = handshake(user.server, SOCKET_PATH, &session);
    bytes.extend(text_frame(HELLO));
    bytes
}

/// A ping of a client.
pub(super) fn ping_frame() -> Vec<u8> {
    const FINAL_PING: u8 = 0x89;
    const MASKED_AND_EMPTY: u8 = 0x80;
    vec![FINAL_PING, MASKED_AND_EMPTY, 0, 0, 0, 0]
}

/// A text frame of a client (RFC 6455, section 5.2). The mask of zeros leaves the text as it is.
pub(super) fn text_frame(text: &str) -> Vec<u8> {
    const FINAL_TEXT: u8 = 0x81;
    const MASKED: u8 = 0x80;
    const SIXTEEN_BITS: u8 = 126;
    const SIXTY_FOUR_BITS: u8 = 127;
    let length = text.len();
    let mut frame = vec![FINAL_TEXT];
    match (u8::try_from(length), u16::try_from(length)) {
        (Ok(short), _) if short < SIXTEEN_BITS => frame.push(MASKED | short),
        (_, Ok(medium)) => {
            frame.push(MASKED | SIXTEEN_BITS);
            frame.extend(medium.to_be_bytes());
        }
        _ => {
            frame.push(MASKED | SIXTY_FOUR_BITS);
            frame.extend((length as u64).to_be_bytes());
        }
    }
    frame.extend([0; 4]);
    frame.extend(text.as_bytes());
    frame
}

/// A command that posts a text in a room. Each number is another command.
pub(super) fn post_command(number: u32, room: u64, text: &str) -> String {
    let command = serde_json::json!({ "chat": { "post": { "room": room, "text": text } } });
    let id = format!("01977000-0000-7000-8000-{number:012}");
    serde_json::json!({ "command": { "id": id, "command": command } }).to_string()
}

/// A query for the newest messages of a room.
pub(super) fn page_query(number: u32, room: u64, messages: u32) -> String {
    let before = serde_json::json!({ "room": room, "before": 1_000_000, "limit": messages });
    let query = serde_json::json!({ "chat": { "before": before } });
    serde_json::json!({ "query": { "id": number, "query": query } }).to_string()
}

#[cfg(test)]
mod tests {
    use madang_shared::codec::decode_client;

    use super::*;

    #[test]
    fn the_server_can_decode_the_frames() {
        for text in [HELLO.to_owned(), post_command(7, 1, "\"@가"), page_query(7, 1, 50)] {
            assert!(decode_client(&text).is_ok(), "{text}");
        }
    }

    #[test]
    fn a_frame_has_its_length_in_the_shortest_form() {
        for (length, head) in [
            (125, &[0x81, 0xFD][..]),
            (126, &[0x81, 0xFE, 0, 126]),
            (65_536, &[0x81, 0xFF, 0, 0, 0, 0, 0, 1, 0, 0]),
        ] {
            let frame = text_frame(&"a".repeat(length));
            assert_eq!(&frame[..head.len()], head);
            assert_eq!(frame.len(), head.len() + 4 + length);
        }
    }
}
