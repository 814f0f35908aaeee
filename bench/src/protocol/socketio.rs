//! The Socket.IO protocol from a client's side, over Engine.IO 4 with WebSocket as the only transport.
//!
//! Protocols: <https://socket.io/docs/v4/engine-io-protocol/> and
//! <https://socket.io/docs/v4/socket-io-protocol/>. One packet is one frame. Binary attachments, which would
//! be further frames, are not supported.

/// The default path of a Socket.IO server.
pub const PATH: &str = "/socket.io/?EIO=4&transport=websocket";
/// Joins the main namespace; sent after [`SocketIoPacket::Open`].
pub const CONNECT: &[u8] = b"40";
/// The answer to [`SocketIoPacket::Ping`].
pub const PONG: &[u8] = b"3";

/// A packet from the server.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum SocketIoPacket<'a> {
    /// The connection is open; the client may join a namespace.
    Open,
    /// The client has joined the namespace.
    Joined,
    /// An event with the given prefix: the rest of the frame, from the text that is its first argument on.
    Event(&'a [u8]),
    /// A ping. Without a [`PONG`] the server disconnects.
    Ping,
    /// A refusal, a disconnect, or any other packet.
    Other,
}

/// The start of a frame with an event of this name and a text as its first argument.
pub fn event_prefix(event: &str) -> String {
    format!("42[{},\"", serde_json::Value::from(event))
}

/// Parses a packet. `prefix` is the [`event_prefix`] of the counted event.
pub fn read<'a>(prefix: &[u8], frame: &'a [u8]) -> SocketIoPacket<'a> {
    if let Some(text) = frame.strip_prefix(prefix) {
        return SocketIoPacket::Event(text);
    }
    match frame {
        b"2" => SocketIoPacket::Ping,
        [b'0', ..] => SocketIoPacket::Open,
        [b'4', b'0', ..] => SocketIoPacket::Joined,
        _ => SocketIoPacket::Other,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Frames of socket.io 4.8.4 and Flask-SocketIO 5.7.0.
    #[test]
    fn the_frames_of_real_servers_are_parsed() {
        let prefix = event_prefix("data");
        for (frame, packet) in [
            (
                r#"0{"sid":"HAvD","upgrades":[],"pingInterval":25000,"pingTimeout":20000,"maxPayload":1000000}"#,
                SocketIoPacket::Open,
            ),
            (r#"40{"sid":"zV3NiyLSCSMylEhCAAAA"}"#, SocketIoPacket::Joined),
            (r#"42["data","00000007 hi"]"#, SocketIoPacket::Event(br#"00000007 hi"]"#)),
            ("2", SocketIoPacket::Ping),
            (r#"42["other","00000007 hi"]"#, SocketIoPacket::Other),
            (r#"42["data",7]"#, SocketIoPacket::Other),
            (r#"44{"message":"Invalid namespace"}"#, SocketIoPacket::Other),
            ("41", SocketIoPacket::Other),
            ("", SocketIoPacket::Other),
        ] {
            assert_eq!(read(prefix.as_bytes(), frame.as_bytes()), packet, "{frame}");
        }
    }
}
