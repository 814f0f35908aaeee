//! Frames (RFC 6455 section 5.2): parses the heads of inbound frames, and encodes outbound frames.

use bytes::{BufMut, Bytes, BytesMut};

use crate::error::ProtocolError;

/// Bytes in the payload of a control frame (section 5.5).
pub const MAX_CONTROL_BYTES: usize = 125;
/// The longest head of an outbound frame, in bytes: a server does not mask.
pub(crate) const MAX_HEAD_BYTES: usize = 10;

const FIN: u8 = 0x80;
const RSV1: u8 = 0x40;
const RSV2_RSV3: u8 = 0x30;
const MASKED: u8 = 0x80;

/// The kind of a frame (section 11.8).
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Opcode {
    /// Continues the message that an earlier frame began.
    Continuation,
    /// Begins a text message.
    Text,
    /// Begins a binary message.
    Binary,
    /// Closes the connection.
    Close,
    /// Requests a pong.
    Ping,
    /// Answers a ping.
    Pong,
}

impl Opcode {
    fn of(number: u8) -> Option<Self> {
        Some(match number {
            0 => Self::Continuation,
            1 => Self::Text,
            2 => Self::Binary,
            8 => Self::Close,
            9 => Self::Ping,
            10 => Self::Pong,
            _ => return None,
        })
    }

    fn number(self) -> u8 {
        match self {
            Self::Continuation => 0,
            Self::Text => 1,
            Self::Binary => 2,
            Self::Close => 8,
            Self::Ping => 9,
            Self::Pong => 10,
        }
    }

    /// Whether it is a control frame, which is allowed between the frames of a message.
    pub(crate) fn is_control(self) -> bool {
        matches!(self, Self::Close | Self::Ping | Self::Pong)
    }
}

/// The head of a client's frame.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Head {
    pub(crate) opcode: Opcode,
    /// The last frame of its message.
    pub(crate) is_last: bool,
    /// RSV1 (RFC 7692 section 6): the message that this frame begins is compressed.
    pub(crate) is_compressed: bool,
    pub(crate) mask: [u8; 4],
    /// Bytes of payload.
    pub(crate) length: u64,
}

/// Properties of the connection that decide which heads are valid.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Allowed {
    /// Compression was negotiated.
    pub(crate) compression: bool,
    /// A message has begun and is not complete.
    pub(crate) continuation: bool,
}

impl Head {
    /// Parses the head at the start of `bytes`, and returns it with its length; none if more bytes
    /// are needed. A violation is reported at the first byte that shows it.
    pub(crate) fn read(
        bytes: &[u8],
        allowed: Allowed,
    ) -> Result<Option<(Self, usize)>, ProtocolError> {
        let Some((&first, rest)) = bytes.split_first() else { return Ok(None) };
        let is_last = first & FIN != 0;
        let is_compressed = first & RSV1 != 0;
        if first & RSV2_RSV3 != 0 {
            return Err(ProtocolError::Protocol("a reserved bit is set"));
        }
        let opcode = Opcode::of(first & 0x0F).ok_or(ProtocolError::Protocol("unknown opcode"))?;
        if is_compressed
            && !(allowed.compression && matches!(opcode, Opcode::Text | Opcode::Binary))
        {
            return Err(ProtocolError::Protocol(
                "RSV1 is set on a frame that cannot be compressed",
            ));
        }
        match opcode {
            Opcode::Continuation if !allowed.continuation => {
                return Err(ProtocolError::Protocol("a continuation without a message"));
            }
            Opcode::Text | Opcode::Binary if allowed.continuation => {
                return Err(ProtocolError::Protocol("a message within a message"));
            }
            _ if opcode.is_control() && !is_last => {
                return Err(ProtocolError::Protocol("a control frame in fragments"));
            }
            _ => {}
        }

        let Some((&second, rest)) = rest.split_first() else { return Ok(None) };
        if second & MASKED == 0 {
            return Err(ProtocolError::Protocol("a client's frame without a mask"));
        }
        let short = second & !MASKED;
        if opcode.is_control() && usize::from(short) > MAX_CONTROL_BYTES {
            return Err(ProtocolError::Protocol("a control frame of more than 125 bytes"));
        }
        let (length, rest) = match short {
            126 => {
                let Some((bytes, rest)) = rest.split_first_chunk() else { return Ok(None) };
                (u64::from(u16::from_be_bytes(*bytes)), rest)
            }
            127 => {
                let Some((bytes, rest)) = rest.split_first_chunk() else { return Ok(None) };
                (u64::from_be_bytes(*bytes), rest)
            }
            short => (u64::from(short), rest),
        };
        match short {
            126 if length < 126 => {
                return Err(ProtocolError::Protocol("a length in more bytes than necessary"));
            }
            127 if u16::try_from(length).is_ok() => {
                return Err(ProtocolError::Protocol("a length in more bytes than necessary"));
            }
            127 if length >> 63 != 0 => return Err(ProtocolError::Protocol("a length of 64 bits")),
            _ => {}
        }
        let Some((&mask, rest)) = rest.split_first_chunk() else { return Ok(None) };
        let head = Self { opcode, is_last, is_compressed, mask, length };
        Ok(Some((head, bytes.len() - rest.len())))
    }
}

/// Removes the mask (section 5.3). `at` is the offset of the first byte within the frame's payload.
pub(crate) fn unmask(bytes: &mut [u8], mask: [u8; 4], at: u64) {
    let mut mask = mask;
    mask.rotate_left((at % 4) as usize);
    // Eight bytes at a time, which the compiler turns into vector instructions.
    let [a, b, c, d] = mask;
    let word = u64::from_ne_bytes([a, b, c, d, a, b, c, d]);
    let (words, rest) = bytes.as_chunks_mut::<8>();
    for bytes in words {
        *bytes = (u64::from_ne_bytes(*bytes) ^ word).to_ne_bytes();
    }
    for (byte, mask) in rest.iter_mut().zip(mask.into_iter().cycle()) {
        *byte ^= mask;
    }
}

/// Encodes the head of an outbound frame that is a whole message.
pub(crate) fn put_head(to: &mut impl BufMut, opcode: Opcode, is_compressed: bool, length: usize) {
    to.put_u8(FIN | if is_compressed { RSV1 } else { 0 } | opcode.number());
    match (u8::try_from(length), u16::try_from(length)) {
        (Ok(short @ ..=125), _) => to.put_u8(short),
        (_, Ok(middle)) => {
            to.put_u8(126);
            to.put_u16(middle);
        }
        _ => {
            to.put_u8(127);
            to.put_u64(length as u64);
        }
    }
}

/// The head alone, for a payload that is written beside it.
pub(crate) fn head(opcode: Opcode, length: usize) -> Bytes {
    let mut head = BytesMut::with_capacity(MAX_HEAD_BYTES);
    put_head(&mut head, opcode, false, length);
    head.freeze()
}

/// A message in one frame, head and payload in one piece.
pub(crate) fn whole(opcode: Opcode, is_compressed: bool, payload: &[u8]) -> Bytes {
    let mut frame = BytesMut::with_capacity(MAX_HEAD_BYTES + payload.len());
    put_head(&mut frame, opcode, is_compressed, payload.len());
    frame.put_slice(payload);
    frame.freeze()
}

/// A ping. A payload longer than [`MAX_CONTROL_BYTES`] is cut.
pub fn ping(payload: &[u8]) -> Bytes {
    control(Opcode::Ping, payload)
}

/// The answer to a ping, with its payload.
pub(crate) fn pong(payload: &[u8]) -> Bytes {
    control(Opcode::Pong, payload)
}

pub(crate) fn control(opcode: Opcode, payload: &[u8]) -> Bytes {
    whole(opcode, false, payload.get(..MAX_CONTROL_BYTES).unwrap_or(payload))
}
