//! Properties that hold for any bytes.

use madang_websocket::{InboundMessage, Limits, Prepared, Reader, Window};
use proptest::collection::vec;
use proptest::prelude::*;

use crate::bytes::{BINARY, CONTINUATION, FIN, PING, PONG, RSV1, TEXT, frame, read_in};
use crate::compression::deflate;

const MAX: usize = 5_000;

/// A message, and its frames: cut at random places, compressed or not.
fn message() -> impl Strategy<Value = (InboundMessage, Vec<u8>)> {
    let data = prop_oneof![
        "\\PC{0,300}".prop_map(InboundMessage::Text),
        vec(any::<u8>(), 0..1_000).prop_map(InboundMessage::Binary),
        vec(0..4_u8, 0..1_000).prop_map(InboundMessage::Binary),
    ];
    let cuts = vec(any::<prop::sample::Index>(), 0..4);
    let in_frames = (data, cuts, any::<bool>()).prop_map(|(message, cuts, is_compressed)| {
        let (opcode, payload) = match &message {
            InboundMessage::Text(text) => (TEXT, text.as_bytes()),
            InboundMessage::Binary(bytes) => (BINARY, bytes.as_slice()),
            other => panic!("{other:?}"),
        };
        let payload = if is_compressed { deflate(payload, 6, 12) } else { payload.to_vec() };
        let mut cuts: Vec<usize> = cuts.iter().map(|cut| cut.index(payload.len() + 1)).collect();
        cuts.extend([0, payload.len()]);
        cuts.sort_unstable();
        let mut bytes = Vec::new();
        let last = cuts.len() - 2;
        for (number, pair) in cuts.windows(2).enumerate() {
            let rsv1 = if is_compressed { RSV1 } else { 0 };
            let kind = if number == 0 { rsv1 | opcode } else { CONTINUATION };
            let fin = if number == last { FIN } else { 0 };
            bytes.extend(frame(fin | kind, &payload[pair[0]..pair[1]]));
        }
        (message, bytes)
    });
    let control = (vec(any::<u8>(), 0..=125), any::<bool>()).prop_map(|(payload, is_ping)| {
        let bytes = frame(if is_ping { PING } else { PONG }, &payload);
        (if is_ping { InboundMessage::Ping(payload) } else { InboundMessage::Pong(payload) }, bytes)
    });
    prop_oneof![3 => in_frames, 1 => control]
}

proptest! {
    #[test]
    fn any_cut_of_the_bytes_gives_the_same_messages(
        messages in vec(message(), 0..8),
        cuts in vec(any::<prop::sample::Index>(), 0..40),
    ) {
        let bytes: Vec<u8> = messages.iter().flat_map(|(_, bytes)| bytes.clone()).collect();
        let mut cuts: Vec<usize> = cuts.iter().map(|cut| cut.index(bytes.len() + 1)).collect();
        cuts.extend([0, bytes.len()]);
        cuts.sort_unstable();
        let mut reader = Reader::new(Limits::new(MAX), true);
        let mut read = Vec::new();
        for pair in cuts.windows(2) {
            let (messages, error) = read_in(&mut reader, &bytes[pair[0]..pair[1]], usize::MAX);
            prop_assert_eq!(error, None);
            read.extend(messages);
        }
        let sent: Vec<InboundMessage> = messages.into_iter().map(|(message, _)| message).collect();
        prop_assert_eq!(read, sent);
        prop_assert!(reader.is_at_rest());
    }

    #[test]
    fn arbitrary_bytes_are_read_alike_in_any_pieces_and_never_panic(
        bytes in vec(any::<u8>(), 0..600),
        compression in any::<bool>(),
        piece in 1..20_usize,
    ) {
        let whole = read_in(&mut Reader::new(Limits::new(MAX), compression), &bytes, 600);
        let pieces = read_in(&mut Reader::new(Limits::new(MAX), compression), &bytes, piece);
        prop_assert_eq!(whole, pieces);
    }

    #[test]
    fn a_prepared_message_arrives_with_and_without_compression(
        payload in vec(0..40_u8, 0..3_000),
        bits in 9..=15_u8,
    ) {
        let prepared = Prepared::binary(&payload);
        for window in [None, Window::new(bits)] {
            let ours = prepared.frame(window);
            // A server's frame with a client's mask of zeros is a valid client frame.
            let head = match ours[1] { 126 => 4, 127 => 10, _ => 2 };
            let mut theirs = ours.to_vec();
            theirs[1] |= 0x80;
            theirs.splice(head..head, [0; 4]);
            let read = read_in(&mut Reader::new(Limits::new(MAX), true), &theirs, usize::MAX);
            prop_assert_eq!(read, (vec![InboundMessage::Binary(payload.clone())], None));
        }
    }
}
