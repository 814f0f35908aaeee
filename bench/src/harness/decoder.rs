//! Decoding the frames of servers other than Madang. Every text that they relay begins with its number.

use super::config::Protocol;
use crate::pool::{PoolError, Reply};
use crate::protocol::{nats, socketio};

/// The decoder of all connections of a pool.
#[derive(Debug)]
pub(super) enum Decoder {
    /// Each frame is a text.
    RawText,
    /// Each frame is a packet.
    SocketIo {
        /// The start of a frame with the counted event.
        prefix: String,
    },
    /// Frames are chunks of a stream.
    Nats {
        /// Sent at the start of a connection.
        greeting: String,
        /// The stream of each connection.
        streams: Vec<nats::NatsStream>,
    },
}

/// The meaning of a frame.
pub(super) enum DecodedFrame<'a> {
    /// The connection is subscribed.
    Subscribed,
    /// A relayed text.
    Text(&'a [u8]),
    /// A refusal by the server.
    Refused(String),
}

impl Decoder {
    /// The decoder of this protocol. `None` for Madang.
    pub(super) fn new(protocol: &Protocol) -> Option<Self> {
        match protocol {
            Protocol::RawText { .. } => Some(Self::RawText),
            Protocol::SocketIo { event } => {
                Some(Self::SocketIo { prefix: socketio::event_prefix(event) })
            }
            Protocol::Nats { subject } => {
                let greeting =
                    format!("CONNECT {{\"verbose\":false}}\r\nSUB {subject} 1\r\nPING\r\n");
                Some(Self::Nats { greeting, streams: Vec::new() })
            }
            Protocol::MadangChat | Protocol::MadangTyping => None,
        }
    }

    /// Sends the first message of a new connection. Returns whether the connection is already subscribed.
    pub(super) fn greet(&self, reply: &Reply<'_>) -> Result<bool, PoolError> {
        match self {
            Self::RawText => return Ok(true),
            // The server sends the first packet.
            Self::SocketIo { .. } => {}
            Self::Nats { greeting, .. } => reply.binary(greeting.as_bytes())?,
        }
        Ok(false)
    }

    /// Decodes a frame, answers pings, and calls `on_frame` with everything else.
    pub(super) fn decode(
        &mut self,
        reply: &Reply<'_>,
        connection: usize,
        frame: &[u8],
        on_frame: &mut impl FnMut(DecodedFrame<'_>),
    ) -> Result<(), PoolError> {
        match self {
            Self::RawText => on_frame(DecodedFrame::Text(frame)),
            Self::SocketIo { prefix } => match socketio::read(prefix.as_bytes(), frame) {
                socketio::SocketIoPacket::Event(text) => on_frame(DecodedFrame::Text(text)),
                socketio::SocketIoPacket::Ping => reply.text(socketio::PONG)?,
                socketio::SocketIoPacket::Open => reply.text(socketio::CONNECT)?,
                socketio::SocketIoPacket::Joined => on_frame(DecodedFrame::Subscribed),
                socketio::SocketIoPacket::Other => on_frame(refused(frame)),
            },
            Self::Nats { streams, .. } => {
                if streams.len() <= connection {
                    streams.resize_with(connection + 1, nats::NatsStream::default);
                }
                let Some(stream) = streams.get_mut(connection) else { return Ok(()) };
                return stream.read(frame, &mut |message| {
                    match message {
                        nats::NatsMessage::Payload(text) => on_frame(DecodedFrame::Text(text)),
                        nats::NatsMessage::Ping => reply.binary(b"PONG\r\n")?,
                        // The one ping of the greeting follows the subscription, which is therefore done.
                        nats::NatsMessage::Pong => on_frame(DecodedFrame::Subscribed),
                        nats::NatsMessage::Error(reason) => on_frame(refused(reason)),
                        nats::NatsMessage::Other => {}
                    }
                    Ok(())
                });
            }
        }
        Ok(())
    }
}

fn refused(reason: &[u8]) -> DecodedFrame<'_> {
    DecodedFrame::Refused(String::from_utf8_lossy(reason).into_owned())
}
