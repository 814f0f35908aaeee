//! RFC 7692 sections 6 and 7.2: compressed messages.

use bytes::Bytes;
use flate2::{Compress, Compression, FlushCompress};
use madang_websocket::{
    InboundMessage, Limits, Middle, Prepared, ProtocolError, Reader, Window, compress_middle,
    text_around,
};
use rand::rngs::StdRng;
use rand::{Rng, SeedableRng};

use crate::bytes::{
    BINARY, CLOSE, CONTINUATION, FIN, MAX, PING, PONG, RSV1, TEXT, check, frame, read_in, text,
};

/// Compresses as a client does (section 7.2.1).
pub(crate) fn deflate(payload: &[u8], level: u32, window_bits: u8) -> Vec<u8> {
    let mut deflate = Compress::new_with_window_bits(Compression::new(level), false, window_bits);
    let mut out = Vec::with_capacity(payload.len() + payload.len() / 8 + 64);
    deflate.compress_vec(payload, &mut out, FlushCompress::Sync).unwrap();
    assert_eq!(deflate.total_in(), payload.len() as u64);
    out.truncate(out.strip_suffix(&[0, 0, 0xFF, 0xFF]).expect("a flush").len());
    out
}

#[test]
fn section_7_2_3_the_examples_of_the_rfc() {
    let hello = [0xf2, 0x48, 0xcd, 0xc9, 0xc9, 0x07, 0x00];
    check(true, &frame(FIN | RSV1 | TEXT, hello), &[text("Hello")], None);
    let mut fragments = frame(RSV1 | TEXT, &hello[..3]);
    fragments.extend(frame(FIN | CONTINUATION, &hello[3..]));
    check(true, &fragments, &[text("Hello")], None);
    let stored = [0x00, 0x05, 0x00, 0xfa, 0xff, 0x48, 0x65, 0x6c, 0x6c, 0x6f, 0x00];
    check(true, &frame(FIN | RSV1 | TEXT, stored), &[text("Hello")], None);
    let last_block = [0xf3, 0x48, 0xcd, 0xc9, 0xc9, 0x07, 0x00, 0x00];
    check(true, &frame(FIN | RSV1 | TEXT, last_block), &[text("Hello")], None);
    let two_blocks = [0xf2, 0x48, 0x05, 0x00, 0x00, 0x00, 0xff, 0xff, 0xca, 0xc9, 0xc9, 0x07, 0x00];
    check(true, &frame(FIN | RSV1 | TEXT, two_blocks), &[text("Hello")], None);
    // Section 7.2.3.6: an empty message.
    check(true, &frame(FIN | RSV1 | TEXT, [0]), &[text("")], None);
    check(true, &frame(FIN | RSV1 | BINARY, ""), &[InboundMessage::Binary(vec![])], None);
}

#[test]
fn section_7_2_3_2_no_context_is_carried_over() {
    // The second "Hello" of the RFC's example with context takeover refers back to the first.
    let mut bytes = frame(FIN | RSV1 | TEXT, [0xf2, 0x48, 0xcd, 0xc9, 0xc9, 0x07, 0x00]);
    bytes.extend(frame(FIN | RSV1 | TEXT, [0xf2, 0x00, 0x11, 0x00, 0x00]));
    check(true, &bytes, &[text("Hello")], Some(1007));
}

#[test]
fn section_6_1_plain_messages_stand_among_compressed_ones() {
    let mut bytes = frame(FIN | TEXT, "plain");
    bytes.extend(frame(FIN | RSV1 | TEXT, deflate("compressed".as_bytes(), 6, 15)));
    bytes.extend(frame(RSV1 | BINARY, deflate(&[5; 1_000], 6, 9)));
    bytes.extend(frame(PING, "between"));
    bytes.extend(frame(FIN | CONTINUATION, ""));
    bytes.extend(frame(FIN | TEXT, ""));
    let ping = InboundMessage::Ping(b"between".to_vec());
    let all =
        [text("plain"), text("compressed"), ping, InboundMessage::Binary(vec![5; 1_000]), text("")];
    check(true, &bytes, &all, None);
}

#[test]
fn section_6_1_rsv1_stands_at_the_first_frame_of_a_message_and_nowhere_else() {
    for first in [CLOSE, PING, PONG] {
        check(true, &[first | RSV1], &[], Some(1002));
    }
    for start in [TEXT, RSV1 | TEXT] {
        let mut bytes = frame(start, "");
        bytes.push(RSV1 | CONTINUATION);
        check(true, &bytes, &[], Some(1002));
    }
    check(true, &[FIN | RSV1 | 0x20 | TEXT], &[], Some(1002));
    check(false, &[FIN | RSV1 | TEXT], &[], Some(1002));
}

#[test]
fn every_window_level_and_size_is_read() {
    for window_bits in 9..=15 {
        for level in [0, 1, 6, 9] {
            for length in [1, 100, 511, 512, 5_000, 65_536] {
                let payload: Vec<u8> =
                    (0..length).map(|at: u32| (at.wrapping_mul(at) >> 7) as u8).collect();
                let bytes = frame(FIN | RSV1 | BINARY, deflate(&payload, level, window_bits));
                let mut reader = Reader::new(Limits::new(MAX), true);
                let (read, error) = read_in(&mut reader, &bytes, 1_013);
                assert_eq!((error, read), (None, vec![InboundMessage::Binary(payload)]));
            }
        }
    }
}

#[test]
fn invalid_deflate_data_are_refused_and_never_cut_silently() {
    for wrong in [
        // A block type that does not exist; a stored block with a wrong length check; a reference
        // to before the start.
        vec![0x07],
        vec![0x00, 0x05, 0x00, 0x00, 0x00, 1, 2],
        vec![0xf2, 0x00, 0x11, 0x00, 0x00],
        // Not flushed: the tail is present, which a sender must omit.
        vec![0xf2, 0x48, 0xcd, 0xc9, 0xc9, 0x07, 0x00, 0x00, 0x00, 0xff],
        // A final block with nothing after it.
        vec![0xf3, 0x48, 0xcd, 0xc9, 0xc9, 0x07, 0x00],
    ] {
        check(true, &frame(FIN | RSV1 | BINARY, &wrong), &[], Some(1007));
    }
    let payload: Vec<u8> = (0..3_000_u32).map(|at| (at.wrapping_mul(at) >> 5) as u8).collect();
    for level in [0, 1, 6] {
        let whole = deflate(&payload, level, 15);
        for cut in (10..whole.len() - 10).step_by(17) {
            let mut reader = Reader::new(Limits::new(MAX), true);
            let bytes = frame(FIN | RSV1 | BINARY, &whole[..cut]);
            let (read, error) = read_in(&mut reader, &bytes, bytes.len());
            assert_eq!(
                (read, error),
                (vec![], Some(ProtocolError::NotDeflate)),
                "level {level} at {cut}"
            );
        }
    }
}

#[test]
fn a_decompression_bomb_stops_at_the_limit() {
    let bomb = deflate(&vec![0; 64 * 1024 * 1024], 9, 15);
    assert!(bomb.len() < MAX, "its frame head does not show its size");
    check(true, &frame(FIN | RSV1 | BINARY, &bomb), &[], Some(1009));
    let mut fragments = frame(RSV1 | TEXT, &bomb[..40]);
    for part in bomb[40..].chunks(100) {
        fragments.extend(frame(CONTINUATION, part));
    }
    check(true, &fragments, &[], Some(1009));
    let fits = vec![0; MAX];
    let bytes = frame(FIN | RSV1 | BINARY, deflate(&fits, 9, 15));
    check(true, &bytes, &[InboundMessage::Binary(fits)], None);
    let one_more = deflate(&vec![0; MAX + 1], 9, 15);
    check(true, &frame(FIN | RSV1 | BINARY, one_more), &[], Some(1009));
    // Empty blocks that never end are refused too.
    let nothing = [0x00, 0x00, 0x00, 0xFF, 0xFF].repeat(MAX / 4);
    check(true, &frame(FIN | RSV1 | BINARY, nothing), &[], Some(1009));
}

#[test]
fn a_compressed_text_fails_at_its_first_wrong_byte_too() {
    let mut stream = Compress::new_with_window_bits(Compression::new(6), false, 15);
    let mut out = Vec::with_capacity(1_000);
    stream.compress_vec(b"abc\xF4\x90", &mut out, FlushCompress::Sync).unwrap();
    let mut bytes = frame(RSV1 | TEXT, &out);
    check(true, &bytes, &[], Some(1007));
    // The same where the message seems to end.
    bytes = frame(FIN | RSV1 | TEXT, deflate(b"abc\xE2\x82", 6, 15));
    check(true, &bytes, &[], Some(1007));
}

#[test]
fn a_prepared_message_makes_one_frame_for_each_window_once() {
    let long = "마당은 열려 있으니 언제든 들어오세요. ".repeat(20);
    let prepared = Prepared::text(&long);
    let plain = prepared.frame(None).clone();
    assert_eq!((plain[0], &plain[4..]), (FIN | TEXT, long.as_bytes()));
    for bits in 9..=15 {
        let window = Window::new(bits);
        let frame = prepared.frame(window).clone();
        assert_eq!(frame[0], FIN | RSV1 | TEXT);
        assert!(frame.len() * 4 < plain.len());
        assert_eq!(frame.as_ptr(), prepared.clone().frame(window).as_ptr(), "the same bytes");
    }
    let short = Prepared::text("short");
    assert_eq!(short.frame(Some(Window::LARGEST)), short.frame(None));
    let noise: Vec<u8> = (0..4_000_u64)
        .map(|at| (at.wrapping_mul(0x9E37_79B9_7F4A_7C15) >> 56) as u8 ^ ((at * at) >> 3) as u8)
        .collect();
    let noise = Prepared::binary(&noise);
    let frame = noise.frame(Some(Window::LARGEST));
    assert!(frame.len() <= noise.frame(None).len(), "never larger than without compression");
    for bits in [0, 8, 16, 255] {
        assert_eq!(Window::new(bits), None);
    }
}

#[test]
fn a_shared_middle_is_enclosed_in_the_ends_of_any_message() {
    let long = "마당은 열려 있으니 언제든 들어오세요. ".repeat(20);
    let middle = Bytes::from(long.clone());
    let other = "x".repeat(70_000);
    for (start, end) in [("", ""), ("<", ">"), ("시작", ""), ("", "끝"), (&other[..], "end")] {
        let expected = [InboundMessage::Text(format!("{start}{long}{end}"))];
        let plain = text_around(start, Middle::Plain(&middle), end);
        assert_eq!(plain[1].as_ptr(), middle.as_ptr(), "the same bytes");
        let plain = as_client(&plain.concat());
        assert_eq!(plain[0], FIN | TEXT);
        check(true, &plain, &expected, None);
        for window in (9..=15).filter_map(Window::new) {
            let compressed = compress_middle(&middle, window).expect("shorter");
            let message = text_around(start, Middle::Compressed(&compressed), end);
            assert_eq!(message[1].as_ptr(), compressed.as_ptr(), "the same bytes");
            let message = as_client(&message.concat());
            assert_eq!(message[0], FIN | RSV1 | TEXT);
            check(true, &message, &expected, None);
        }
    }
    assert_eq!(compress_middle(b"short", Window::LARGEST), None);
}

/// A server's frame as a client would send it.
fn as_client(bytes: &[u8]) -> Vec<u8> {
    let head = match bytes[1] {
        126 => 4,
        127 => 10,
        _ => 2,
    };
    frame(bytes[0], &bytes[head..])
}

/// Messages that compression makes larger, one after another. A deflater that is reused after an
/// output that did not fit would continue at the position where it stopped, further with each
/// message, up to the end of its buffer.
#[test]
fn incompressible_messages_do_not_damage_later_ones() {
    let mut random = StdRng::seed_from_u64(7);
    for length in [256, 300, 1_000, 4_096, 16_384, 65_536] {
        for bits in [9, 12, 15] {
            let window = Window::new(bits);
            for _ in 0..200 {
                let noise: Vec<u8> = (0..length).map(|_| random.random()).collect();
                let noise = Prepared::binary(&noise);
                assert_eq!(noise.frame(window), noise.frame(None), "sent uncompressed");
            }
            let half: Vec<u8> = (0..length).map(|_| random.random::<u8>() & 0x0F).collect();
            let frame = Prepared::binary(&half).frame(window).clone();
            assert!(frame.len() * 10 < length * 8, "{length} to {}", frame.len());
            let mut reader = Reader::new(Limits::new(MAX), true);
            let head = if frame[1] < 126 { 2 } else { 4 };
            let bytes = crate::bytes::frame(frame[0], &frame[head..]);
            let (read, error) = read_in(&mut reader, &bytes, 1_013);
            assert_eq!((error, read), (None, vec![InboundMessage::Binary(half)]));
        }
    }
}
