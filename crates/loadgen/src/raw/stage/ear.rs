//! How the frames of other servers are understood. What they pass on is numbered in its text.

use super::Dialect;
use crate::raw::crowd::{CrowdError, Reply};
use crate::raw::{nats, socketio};

/// One for all members of a crowd.
#[derive(Debug)]
pub(super) enum Ear {
    /// Each frame is a text.
    Raw,
    /// Each frame is a packet; what the counted ones begin with.
    SocketIo { opening: String },
    /// Frames are pieces of a stream, one for each member.
    Nats { greeting: String, streams: Vec<nats::Stream> },
}

/// What was in a frame.
pub(super) enum Heard<'a> {
    /// The member is sent everything from now on.
    Ready,
    /// What somebody said.
    Text(&'a [u8]),
    /// The server does not do as it is asked.
    Refused(String),
}

impl Ear {
    /// None for Madang's own frames, which say more than a number.
    pub(super) fn new(dialect: &Dialect) -> Option<Self> {
        match dialect {
            Dialect::Raw { .. } => Some(Self::Raw),
            Dialect::SocketIo { event } => {
                Some(Self::SocketIo { opening: socketio::opening(event) })
            }
            Dialect::Nats { subject } => {
                let greeting =
                    format!("CONNECT {{\"verbose\":false}}\r\nSUB {subject} 1\r\nPING\r\n");
                Some(Self::Nats { greeting, streams: Vec::new() })
            }
            Dialect::Chat | Dialect::Typing => None,
        }
    }

    /// The connection stands. Whether nothing else has to be waited for.
    pub(super) fn greet(&self, reply: &Reply<'_>) -> Result<bool, CrowdError> {
        match self {
            Self::Raw => return Ok(true),
            // The server speaks first.
            Self::SocketIo { .. } => {}
            Self::Nats { greeting, .. } => reply.binary(greeting.as_bytes())?,
        }
        Ok(false)
    }

    pub(super) fn hear(
        &mut self,
        reply: &Reply<'_>,
        member: usize,
        frame: &[u8],
        tell: &mut impl FnMut(Heard<'_>),
    ) -> Result<(), CrowdError> {
        match self {
            Self::Raw => tell(Heard::Text(frame)),
            Self::SocketIo { opening } => match socketio::read(opening.as_bytes(), frame) {
                socketio::Packet::Event(text) => tell(Heard::Text(text)),
                socketio::Packet::Ping => reply.text(socketio::PONG)?,
                socketio::Packet::Open => reply.text(socketio::CONNECT)?,
                socketio::Packet::Joined => tell(Heard::Ready),
                socketio::Packet::Other => tell(refused(frame)),
            },
            Self::Nats { streams, .. } => {
                if streams.len() <= member {
                    streams.resize_with(member + 1, nats::Stream::default);
                }
                let Some(stream) = streams.get_mut(member) else { return Ok(()) };
                return stream.read(frame, &mut |said| {
                    match said {
                        nats::Said::Message(text) => tell(Heard::Text(text)),
                        nats::Said::Ping => reply.binary(b"PONG\r\n")?,
                        // Only one was asked for: after the subscription, which therefore stands.
                        nats::Said::Pong => tell(Heard::Ready),
                        nats::Said::Error(why) => tell(refused(why)),
                        nats::Said::Other => {}
                    }
                    Ok(())
                });
            }
        }
        Ok(())
    }
}

fn refused(words: &[u8]) -> Heard<'_> {
    Heard::Refused(String::from_utf8_lossy(words).into_owned())
}
