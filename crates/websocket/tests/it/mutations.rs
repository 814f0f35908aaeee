//! Streams of valid frames, compressed ones too, with random mutations; a failure prints its seed.
//! libFuzzer (`just fuzz`) explores further, but rarely produces a frame that can be inflated, and
//! does not run with every test.

use madang_websocket::{InboundMessage, Limits, NegotiatedCompression, ProtocolError, Reader};
use rand::rngs::StdRng;
use rand::{Rng, SeedableRng};

use crate::bytes::{CLOSE, FIN, RSV1, frame, read_in};
use crate::compression::deflate;

const MAX: usize = 3_000;
const PIECES: &[&str] = &[
    "permessage-deflate",
    "server_max_window_bits",
    "client_max_window_bits",
    ";",
    ",",
    "=",
    "\"",
    "\\",
    "8",
    "9",
    "15",
    "16",
    " ",
    "\t",
    "server_no_context_takeover",
    "x",
    "한",
];

/// A stream of mostly valid frames, with some bytes changed, removed or added.
fn stream(random: &mut StdRng) -> Vec<u8> {
    let mut bytes = Vec::new();
    for _ in 0..random.random_range(1..6) {
        let payload: Vec<u8> = match random.random_range(0..3) {
            0 => (0..random.random_range(0..300)).map(|_| random.random()).collect(),
            1 => "한 글자 😀 ".repeat(random.random_range(0..40)).into_bytes(),
            _ => vec![random.random(); random.random_range(0..4_000)],
        };
        let opcode = [0, 1, 2, 8, 9, 10, random.random_range(0..16)][random.random_range(0..7)];
        let fin = if random.random_range(0..4) > 0 { FIN } else { 0 };
        bytes.extend(match random.random_range(0..5) {
            0 | 1 if opcode <= 2 => {
                frame(fin | RSV1 | opcode, deflate(&payload, random.random_range(0..10), 15))
            }
            2 => frame(CLOSE, [random.random::<u16>().to_be_bytes().as_slice(), b"why"].concat()),
            _ if opcode > 7 => frame(fin | opcode, &payload[..payload.len().min(130)]),
            _ => frame(fin | opcode, &payload),
        });
    }
    for _ in 0..random.random_range(0..4) {
        let at = random.random_range(0..bytes.len());
        match random.random_range(0..4) {
            0 => bytes[at] ^= 1 << random.random_range(0..8),
            1 => bytes[at] = random.random(),
            2 => bytes.truncate(at + 1),
            _ => bytes.insert(at, random.random()),
        }
    }
    bytes
}

/// Any input: no panic, nothing above the limit, and the same result for any cut of the bytes.
fn check_seed(seed: u64) {
    let mut random = StdRng::seed_from_u64(seed);
    let bytes = stream(&mut random);
    let is_compressed = random.random();
    let read = |piece| {
        let mut reader = Reader::new(Limits::new(MAX), is_compressed);
        let read = read_in(&mut reader, &bytes, piece);
        assert!(read.1.is_none() || !reader.is_open(), "seed {seed}: ended");
        // The cut may decide which of two errors in one message is found, but not the close code.
        (read.0, read.1.map(ProtocolError::code))
    };
    let whole = read(usize::MAX);
    assert_eq!(whole, read(random.random_range(1..50)), "seed {seed}: in pieces");
    for message in &whole.0 {
        let length = match message {
            InboundMessage::Text(text) => text.len(),
            InboundMessage::Binary(bytes) => bytes.len(),
            InboundMessage::Ping(payload) | InboundMessage::Pong(payload) => {
                payload.len() * MAX / 125
            }
            InboundMessage::Close(close_frame) => {
                close_frame.as_ref().map_or(0, |close_frame| close_frame.reason.len())
            }
        };
        assert!(length <= MAX, "seed {seed}: {length} bytes");
    }
    let pieces =
        (0..random.random_range(0..20)).map(|_| PIECES[random.random_range(0..PIECES.len())]);
    let header: String = pieces.collect();
    if let Some(compression) = NegotiatedCompression::negotiate([header.as_str()]) {
        assert_eq!(
            NegotiatedCompression::negotiate([compression.answer().as_str()]),
            Some(compression),
            "seed {seed}: {header}"
        );
    }
}

#[test]
fn mutated_streams_are_parsed_alike_in_any_pieces() {
    (0..3_000).for_each(check_seed);
}
