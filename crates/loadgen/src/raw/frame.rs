//! Frames as a client meets them: RFC 6455, section 5.2.

use thiserror::Error;

/// The longest message that is taken in; longer than what any server under test should send.
pub const MAX_PAYLOAD: usize = 16 * 1024 * 1024;

/// A text message.
pub const TEXT: u8 = 1;
/// A binary message.
pub const BINARY: u8 = 2;
/// The end of the connection, with a code.
pub const CLOSE: u8 = 8;
/// A question whether somebody is there.
pub const PING: u8 = 9;
/// The answer to it.
pub const PONG: u8 = 10;

/// Any key will do: masking protects proxies from hostile pages, and there are neither.
const MASK: [u8; 4] = [0x5a, 0x13, 0xc7, 0x2e];

/// What stands before the payload.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Head {
    /// What kind of frame it is.
    pub opcode: u8,
    /// Whether the payload is compressed (RFC 7692, section 6).
    pub compressed: bool,
    /// Bytes before the payload.
    pub head: usize,
    /// Bytes of the payload.
    pub payload: usize,
}

/// A server that does what no subscriber here can make sense of.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Error)]
pub enum FrameError {
    /// Legal, but no server under test does it, and counting it would cost every frame.
    #[error("the server splits messages over several frames")]
    Fragmented,
    /// RFC 6455, section 5.1: a client must close the connection.
    #[error("the server masks its frames")]
    Masked,
    /// A reserved bit that nothing was negotiated for.
    #[error("the server sets a reserved bit")]
    Reserved,
    /// Longer than [`MAX_PAYLOAD`].
    #[error("the server sends a message of {0} bytes")]
    TooLong(u64),
}

impl Head {
    /// Reads it; none if not all of it is there yet.
    ///
    /// # Errors
    /// [`FrameError`].
    pub fn read(bytes: &[u8]) -> Result<Option<Self>, FrameError> {
        let [first, second, rest @ ..] = bytes else { return Ok(None) };
        let opcode = first & 0x0f;
        if first & 0x80 == 0 || opcode == 0 {
            return Err(FrameError::Fragmented);
        }
        if first & 0x30 != 0 {
            return Err(FrameError::Reserved);
        }
        if second & 0x80 != 0 {
            return Err(FrameError::Masked);
        }
        let (head, payload) = match (second & 0x7f, rest.first_chunk(), rest.first_chunk()) {
            (126, Some(short), _) => (4, u64::from(u16::from_be_bytes(*short))),
            (127, _, Some(long)) => (10, u64::from_be_bytes(*long)),
            (126 | 127, ..) => return Ok(None),
            (short, ..) => (2, u64::from(short)),
        };
        match usize::try_from(payload) {
            Ok(payload) if payload <= MAX_PAYLOAD => {
                Ok(Some(Self { opcode, compressed: first & 0x40 != 0, head, payload }))
            }
            _ => Err(FrameError::TooLong(payload)),
        }
    }
}

/// Appends a frame as a client must send it: whole and masked.
pub fn push_masked(out: &mut Vec<u8>, opcode: u8, payload: &[u8]) {
    push_head(out, opcode, payload.len(), 0x80);
    out.extend_from_slice(&MASK);
    out.extend(payload.iter().zip(MASK.iter().cycle()).map(|(byte, mask)| byte ^ mask));
}

/// Appends a frame as a server sends it: whole and plain.
pub fn push_plain(out: &mut Vec<u8>, opcode: u8, payload: &[u8]) {
    push_head(out, opcode, payload.len(), 0);
    out.extend_from_slice(payload);
}

#[expect(clippy::cast_possible_truncation, reason = "each arm has checked the range")]
fn push_head(out: &mut Vec<u8>, opcode: u8, payload: usize, mask_bit: u8) {
    out.push(0x80 | opcode);
    match payload {
        0..=125 => out.push(mask_bit | payload as u8),
        126..=0xffff => {
            out.push(mask_bit | 0x7e);
            out.extend_from_slice(&(payload as u16).to_be_bytes());
        }
        _ => {
            out.push(mask_bit | 0x7f);
            out.extend_from_slice(&(payload as u64).to_be_bytes());
        }
    }
}

/// Reads a frame as a server must get it: whole and masked. Answers its kind, its payload, and how
/// many bytes it took; none if not all of it is there yet, or if it is no such frame. The yardstick
/// and the servers of tests read with this.
pub fn read_masked(bytes: &[u8], payload: &mut Vec<u8>) -> Option<(u8, usize)> {
    let [first, second, ..] = *bytes else { return None };
    let mut plain = [0; 10];
    for (to, from) in plain.iter_mut().zip(bytes) {
        *to = *from;
    }
    if let Some(length) = plain.get_mut(1) {
        *length = second & 0x7f;
    }
    let there = bytes.len().min(plain.len());
    let head = Head::read(plain.get(..there)?).ok()??;
    let mask = bytes.get(head.head..head.head + 4)?;
    let start = head.head + 4;
    let masked = bytes.get(start..start + head.payload)?;
    payload.clear();
    payload.extend(masked.iter().zip(mask.iter().cycle()).map(|(byte, mask)| byte ^ mask));
    Some((first & 0x0f, start + head.payload))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_pushed_is_read_whatever_its_length() {
        for length in [0, 1, 125, 126, 127, 65_535, 65_536, 70_000] {
            let payload: Vec<u8> = (0..length).map(|byte: u32| byte.to_le_bytes()[0]).collect();
            let mut plain = Vec::new();
            push_plain(&mut plain, TEXT, &payload);
            let head = Head::read(&plain).unwrap().unwrap();
            assert_eq!((head.opcode, head.compressed), (TEXT, false));
            assert_eq!(plain[head.head..], payload, "{length}");
            assert_eq!(head.payload, payload.len());

            let (mut masked, mut read) = (Vec::new(), Vec::new());
            push_masked(&mut masked, BINARY, &payload);
            for short in 0..masked.len().min(20) {
                assert_eq!(read_masked(&masked[..short], &mut read), None, "{length}, {short}");
            }
            assert_eq!(read_masked(&masked, &mut read), Some((BINARY, masked.len())));
            assert_eq!(read, payload);
        }
    }

    #[test]
    fn a_head_that_is_not_whole_is_waited_for() {
        for part in [&[][..], &[0x81], &[0x81, 126], &[0x81, 126, 1], &[0x81, 127, 0, 0, 0, 0]] {
            assert_eq!(Head::read(part), Ok(None), "{part:?}");
        }
    }

    #[test]
    fn what_a_subscriber_cannot_count_is_an_error() {
        for (bytes, error) in [
            ([0x01, 0x00], FrameError::Fragmented),
            ([0x80, 0x00], FrameError::Fragmented),
            ([0x81, 0x80], FrameError::Masked),
            ([0xa1, 0x00], FrameError::Reserved),
        ] {
            assert_eq!(Head::read(&bytes), Err(error));
        }
        let long = [0x82, 127, 0, 0, 0, 1, 0, 0, 0, 0];
        assert_eq!(Head::read(&long), Err(FrameError::TooLong(1 << 32)));
    }
}
