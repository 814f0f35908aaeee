//! What a Socket.IO server says to a client that speaks Engine.IO 4 over WebSocket alone.
//!
//! The protocols: <https://socket.io/docs/v4/engine-io-protocol/> and
//! <https://socket.io/docs/v4/socket-io-protocol/>. One packet is one frame; binary attachments, which
//! would be further ones, nobody sends here.

/// Where every server has its socket, unless told otherwise.
pub const PATH: &str = "/socket.io/?EIO=4&transport=websocket";
/// Joins the main namespace, once the server has opened the connection.
pub const CONNECT: &[u8] = b"40";
/// The answer to [`Packet::Ping`].
pub const PONG: &[u8] = b"3";

/// A packet of the server's.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Packet<'a> {
    /// The connection is open; the client may join now.
    Open,
    /// It has joined.
    Joined,
    /// The event that is counted, from the text on that is its first argument.
    Event(&'a [u8]),
    /// A question whether somebody is there. It must be answered, or the server hangs up.
    Ping,
    /// The server refuses, closes, or says something else.
    Other,
}

/// As an event with a text begins.
pub fn opening(event: &str) -> String {
    format!("42[{},\"", serde_json::Value::from(event))
}

/// Reads a packet; `opening` is that of the event that is counted.
pub fn read<'a>(opening: &[u8], frame: &'a [u8]) -> Packet<'a> {
    if let Some(text) = frame.strip_prefix(opening) {
        return Packet::Event(text);
    }
    match frame {
        b"2" => Packet::Ping,
        [b'0', ..] => Packet::Open,
        [b'4', b'0', ..] => Packet::Joined,
        _ => Packet::Other,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// As socket.io 4.8.4 and Flask-SocketIO 5.7.0 write them.
    #[test]
    fn what_servers_write_is_understood() {
        let opening = opening("data");
        for (frame, packet) in [
            (
                r#"0{"sid":"HAvD","upgrades":[],"pingInterval":25000,"pingTimeout":20000,"maxPayload":1000000}"#,
                Packet::Open,
            ),
            (r#"40{"sid":"zV3NiyLSCSMylEhCAAAA"}"#, Packet::Joined),
            (r#"42["data","00000007 hi"]"#, Packet::Event(br#"00000007 hi"]"#)),
            ("2", Packet::Ping),
            (r#"42["other","00000007 hi"]"#, Packet::Other),
            (r#"42["data",7]"#, Packet::Other),
            (r#"44{"message":"Invalid namespace"}"#, Packet::Other),
            ("41", Packet::Other),
            ("", Packet::Other),
        ] {
            assert_eq!(read(opening.as_bytes(), frame.as_bytes()), packet, "{frame}");
        }
    }
}
