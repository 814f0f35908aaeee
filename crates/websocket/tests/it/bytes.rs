//! Client frames built by hand, and helpers that check a reader's output.

use madang_websocket::{InboundMessage, Limits, ProtocolError, Reader};

pub(crate) const FIN: u8 = 0x80;
pub(crate) const RSV1: u8 = 0x40;
pub(crate) const CONTINUATION: u8 = 0;
pub(crate) const TEXT: u8 = 1;
pub(crate) const BINARY: u8 = 2;
pub(crate) const CLOSE: u8 = FIN | 8;
pub(crate) const PING: u8 = FIN | 9;
pub(crate) const PONG: u8 = FIN | 10;
pub(crate) const MAX: usize = 100_000;

const MASK: [u8; 4] = [0x37, 0xFA, 0x21, 0x3D];

/// A masked frame (RFC 6455 section 5.2), with its length in the fewest bytes.
pub(crate) fn frame(first: u8, payload: impl AsRef<[u8]>) -> Vec<u8> {
    let payload = payload.as_ref();
    let mut frame = head(first, payload.len());
    frame.extend(payload.iter().zip(MASK.iter().cycle()).map(|(byte, mask)| byte ^ mask));
    frame
}

/// The head of a masked frame.
pub(crate) fn head(first: u8, length: usize) -> Vec<u8> {
    let mut head = vec![first];
    match length {
        0..=125 => head.push(0x80 | u8::try_from(length).unwrap()),
        126..=0xFFFF => {
            head.push(0x80 | 126);
            head.extend(u16::try_from(length).unwrap().to_be_bytes());
        }
        _ => {
            head.push(0x80 | 127);
            head.extend((length as u64).to_be_bytes());
        }
    }
    head.extend(MASK);
    head
}

pub(crate) fn text(text: &str) -> InboundMessage {
    InboundMessage::Text(text.to_owned())
}

/// Feeds a reader with bytes in pieces of the given size; returns its messages and its error.
pub(crate) fn read_in(
    reader: &mut Reader,
    bytes: &[u8],
    piece: usize,
) -> (Vec<InboundMessage>, Option<ProtocolError>) {
    let mut messages = Vec::new();
    for piece in bytes.chunks(piece.max(1)) {
        let mut piece = piece.to_vec();
        let mut input = piece.as_mut_slice();
        loop {
            match reader.read(&mut input) {
                Ok(Some(message)) => messages.push(message),
                Ok(None) => break,
                Err(error) => return (messages, Some(error)),
            }
        }
        assert!(input.is_empty(), "none means that all bytes are consumed");
    }
    (messages, None)
}

/// Checks that a reader returns these messages and this close code for any cut of the bytes.
pub(crate) fn check(
    compression: bool,
    bytes: &[u8],
    messages: &[InboundMessage],
    code: Option<u16>,
) {
    for piece in [bytes.len(), 1, 2, 3, 7, 4096] {
        let mut reader = Reader::new(Limits::new(MAX), compression);
        let (read, error) = read_in(&mut reader, bytes, piece);
        assert_eq!(read, messages, "in pieces of {piece}: {:02x?}", start(bytes));
        assert_eq!(
            error.map(ProtocolError::code),
            code,
            "in pieces of {piece}: {:02x?}",
            start(bytes)
        );
    }
}

/// Checks that all bytes are valid.
pub(crate) fn good(bytes: &[u8], messages: &[InboundMessage]) {
    check(false, bytes, messages, None);
}

/// Checks that an error with this close code follows these messages.
pub(crate) fn bad(bytes: &[u8], messages: &[InboundMessage], code: u16) {
    check(false, bytes, messages, Some(code));
}

fn start(bytes: &[u8]) -> &[u8] {
    &bytes[..bytes.len().min(32)]
}
