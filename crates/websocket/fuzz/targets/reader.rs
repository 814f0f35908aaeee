//! Arbitrary bytes from a WebSocket client, in any pieces: the same messages and the same error, no
//! panic, and memory within the limits.
//!
//! An input is a byte of options (bit 0: compression was negotiated), a byte that seeds the cuts,
//! and the stream.
#![no_main]

use libfuzzer_sys::fuzz_target;
use madang_websocket::{InboundMessage, Limits, MemoryBudget, ProtocolError, Reader};

/// More than a connection may hold without a share, so that the memory budget is exercised.
const MAX: usize = 100_000;
const BUDGET: usize = 150_000;

/// The messages, and the close code of the error that ended the stream.
type Read = (Vec<InboundMessage>, Option<u16>);

fuzz_target!(|input: &[u8]| {
    let [options, seed, stream @ ..] = input else { return };
    let compression = options & 1 != 0;
    let whole = read(compression, stream, |_| usize::MAX);
    let in_bytes = read(compression, stream, |_| 1);
    assert_eq!(whole, in_bytes, "byte by byte");
    let seed = usize::from(*seed);
    let in_pieces = read(compression, stream, |at| 1 + (seed * (at + 7)) % 61);
    assert_eq!(whole, in_pieces, "in pieces from {seed}");
});

fn read(compression: bool, stream: &[u8], piece: impl Fn(usize) -> usize) -> Read {
    let budget = MemoryBudget::new(BUDGET);
    let mut limits = Limits::new(MAX);
    limits.memory_budget = Some(budget.clone());
    let mut reader = Reader::new(limits, compression);
    let mut messages = Vec::new();
    let mut error = None;
    let (mut rest, mut at) = (stream, 0);
    while let Some((piece, after)) = rest.split_at_checked(piece(at).min(rest.len())) {
        if piece.is_empty() {
            break;
        }
        (rest, at) = (after, at + 1);
        let mut piece = piece.to_vec();
        let mut input = piece.as_mut_slice();
        loop {
            let read = reader.read(&mut input);
            // One byte above the limit is inflated, to detect that there is more.
            assert!(
                BUDGET - budget.available() <= MAX + 1,
                "holds {}",
                BUDGET - budget.available()
            );
            match read {
                Ok(Some(message)) => {
                    assert!(capacity(&message) <= MAX + 1, "{} bytes", capacity(&message));
                    messages.push(message);
                }
                Ok(None) => break,
                Err(violation) => {
                    assert!(!reader.is_open() && error.is_none(), "an error ends the stream, once");
                    // The cut may decide which of two errors in one message is found, but not the
                    // close code.
                    error = Some(ProtocolError::code(violation));
                }
            }
        }
        assert!(input.is_empty(), "none means that all bytes are consumed");
    }
    if reader.is_at_rest() {
        reader.release_memory();
        assert_eq!(budget.available(), BUDGET, "at rest it holds nothing");
    }
    drop(reader);
    assert_eq!(budget.available(), BUDGET, "a dropped reader holds nothing");
    (messages, error)
}

fn capacity(message: &InboundMessage) -> usize {
    match message {
        InboundMessage::Text(text) => {
            assert!(text.len() <= MAX);
            text.capacity()
        }
        InboundMessage::Binary(bytes) => {
            assert!(bytes.len() <= MAX);
            bytes.capacity()
        }
        InboundMessage::Ping(payload) | InboundMessage::Pong(payload) => {
            assert!(payload.len() <= 125);
            payload.capacity()
        }
        InboundMessage::Close(close_frame) => {
            assert!(close_frame.as_ref().is_none_or(|it| it.reason.len() <= 123));
            0
        }
    }
}
