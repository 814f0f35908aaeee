//! WebSocket frames from the client's side: RFC 6455, section 5.2.

use thiserror::Error;

/// The maximum accepted payload in bytes: more than any server under test should send.
pub const MAX_PAYLOAD: usize = 16 * 1024 * 1024;

/// Opcode of a text message.
pub const TEXT: u8 = 1;
/// Opcode of a binary message.
pub const BINARY: u8 = 2;
/// Opcode of a close frame.
pub const CLOSE: u8 = 8;
/// Opcode of a ping.
pub const PING: u8 = 9;
/// Opcode of a pong.
pub const PONG: u8 = 10;

/// One fixed mask for all frames: masking protects proxies from hostile pages, and a benchmark has neither.
const MASK: [u8; 4] = [0x5a, 0x13, 0xc7, 0x2e];

/// The header of a frame.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct FrameHeader {
    /// The opcode.
    pub opcode: u8,
    /// Whether the payload is compressed (RFC 7692, section 6).
    pub compressed: bool,
    /// Length of the header in bytes.
    pub header: usize,
    /// Length of the payload in bytes.
    pub payload: usize,
}

/// A frame that the subscribers here do not support.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Error)]
pub enum FrameError {
    /// A fragmented message. Legal, but no server under test sends one, and support would cost time on
    /// every frame.
    #[error("the server sends a fragmented message, which is not supported")]
    Fragmented,
    /// A masked frame, which a server must not send (RFC 6455, section 5.1).
    #[error("the server sends a masked frame, which RFC 6455 forbids")]
    Masked,
    /// A reserved bit without a negotiated extension.
    #[error("the server sets a reserved bit without a negotiated extension")]
    Reserved,
    /// A payload above [`MAX_PAYLOAD`].
    #[error("the server sends a message of {0} bytes; the maximum is {MAX_PAYLOAD}")]
    TooLong(u64),
}

impl FrameHeader {
    /// Parses the header at the start of `bytes`. Returns `None` if it is incomplete.
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
        let (header, payload) = match (second & 0x7f, rest.first_chunk(), rest.first_chunk()) {
            (126, Some(short), _) => (4, u64::from(u16::from_be_bytes(*short))),
            (127, _, Some(long)) => (10, u64::from_be_bytes(*long)),
            (126 | 127, ..) => return Ok(None),
            (short, ..) => (2, u64::from(short)),
        };
        match usize::try_from(payload) {
            Ok(payload) if payload <= MAX_PAYLOAD => {
                Ok(Some(Self { opcode, compressed: first & 0x40 != 0, header, payload }))
            }
            _ => Err(FrameError::TooLong(payload)),
        }
    }
}

/// Appends an unfragmented, masked frame, as a client sends it.
pub fn push_masked(out: &mut Vec<u8>, opcode: u8, payload: &[u8]) {
    push_header(out, opcode, payload.len(), 0x80);
    out.extend_from_slice(&MASK);
    out.extend(payload.iter().zip(MASK.iter().cycle()).map(|(byte, mask)| byte ^ mask));
}

/// Appends an unfragmented, unmasked frame, as a server sends it.
pub fn push_unmasked(out: &mut Vec<u8>, opcode: u8, payload: &[u8]) {
    push_header(out, opcode, payload.len(), 0);
    out.extend_from_slice(payload);
}

#[expect(clippy::cast_possible_truncation, reason = "each arm has checked the range")]
fn push_header(out: &mut Vec<u8>, opcode: u8, payload: usize, mask_bit: u8) {
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

/// Parses an unfragmented, masked frame, as a server receives it. Puts the payload into `payload` and
/// returns the opcode and the length of the frame. Returns `None` if the frame is incomplete or invalid.
/// The baseline server and the servers of tests use this.
pub fn read_masked(bytes: &[u8], payload: &mut Vec<u8>) -> Option<(u8, usize)> {
    let [first, second, ..] = *bytes else { return None };
    let mut unmasked = [0; 10];
    for (to, from) in unmasked.iter_mut().zip(bytes) {
        *to = *from;
    }
    if let Some(length) = unmasked.get_mut(1) {
        *length = second & 0x7f;
    }
    let available = bytes.len().min(unmasked.len());
    let header = FrameHeader::read(unmasked.get(..available)?).ok()??;
    let mask = bytes.get(header.header..header.header + 4)?;
    let start = header.header + 4;
    let masked = bytes.get(start..start + header.payload)?;
    payload.clear();
    payload.extend(masked.iter().zip(mask.iter().cycle()).map(|(byte, mask)| byte ^ mask));
    Some((first & 0x0f, start + header.payload))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn pushed_frames_of_any_length_are_read_back() {
        for length in [0, 1, 125, 126, 127, 65_535, 65_536, 70_000] {
            let payload: Vec<u8> = (0..length).map(|byte: u32| byte.to_le_bytes()[0]).collect();
            let mut plain = Vec::new();
            push_unmasked(&mut plain, TEXT, &payload);
            let header = FrameHeader::read(&plain).unwrap().unwrap();
            assert_eq!((header.opcode, header.compressed), (TEXT, false));
            assert_eq!(plain[header.header..], payload, "{length}");
            assert_eq!(header.payload, payload.len());

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
    fn an_incomplete_header_is_none() {
        for part in [&[][..], &[0x81], &[0x81, 126], &[0x81, 126, 1], &[0x81, 127, 0, 0, 0, 0]] {
            assert_eq!(FrameHeader::read(part), Ok(None), "{part:?}");
        }
    }

    #[test]
    fn an_unsupported_frame_is_an_error() {
        for (bytes, error) in [
            ([0x01, 0x00], FrameError::Fragmented),
            ([0x80, 0x00], FrameError::Fragmented),
            ([0x81, 0x80], FrameError::Masked),
            ([0xa1, 0x00], FrameError::Reserved),
        ] {
            assert_eq!(FrameHeader::read(&bytes), Err(error));
        }
        let long = [0x82, 127, 0, 0, 0, 1, 0, 0, 0, 0];
        assert_eq!(FrameHeader::read(&long), Err(FrameError::TooLong(1 << 32)));
    }
}
