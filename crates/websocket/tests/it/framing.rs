//! RFC 6455 sections 5.2 to 5.5: frames, masks, reserved bits, opcodes, fragments, control frames.

use madang_websocket::InboundMessage;

use crate::bytes::{
    BINARY, CLOSE, CONTINUATION, FIN, PING, PONG, TEXT, bad, frame, good, head, text,
};

#[test]
fn section_5_7_the_examples_of_the_rfc() {
    let masked = [0x81, 0x85, 0x37, 0xfa, 0x21, 0x3d, 0x7f, 0x9f, 0x4d, 0x51, 0x58];
    good(&masked, &[text("Hello")]);
    let pong = [0x8a, 0x85, 0x37, 0xfa, 0x21, 0x3d, 0x7f, 0x9f, 0x4d, 0x51, 0x58];
    good(&pong, &[InboundMessage::Pong(b"Hello".to_vec())]);
    // Frames without a mask come from servers only.
    bad(&[0x81, 0x05, 0x48, 0x65, 0x6c, 0x6c, 0x6f], &[], 1002);
    bad(&[0x01, 0x03, 0x48, 0x65, 0x6c], &[], 1002);
}

#[test]
fn section_5_2_payloads_of_every_kind_of_length() {
    for length in [0, 1, 124, 125, 126, 127, 128, 255, 256, 65_535, 65_536, 99_999] {
        let payload: Vec<u8> = (0..length).map(|at| (at % 251) as u8).collect();
        good(&frame(FIN | BINARY, &payload), &[InboundMessage::Binary(payload.clone())]);
        let letters: String = payload.iter().map(|byte| char::from(b'a' + byte % 26)).collect();
        good(&frame(FIN | TEXT, &letters), &[text(&letters)]);
    }
}

#[test]
fn section_5_2_a_length_must_use_the_fewest_bytes() {
    for (second, length) in [(126, 125_u64), (126, 0), (127, 65_535), (127, 5)] {
        let mut bytes = vec![FIN | BINARY, 0x80 | second];
        if second == 126 {
            bytes.extend(u16::try_from(length).unwrap().to_be_bytes());
        } else {
            bytes.extend(length.to_be_bytes());
        }
        bad(&bytes, &[], 1002);
    }
    let mut with_the_highest_bit = vec![FIN | BINARY, 0x80 | 127];
    with_the_highest_bit.extend((1_u64 << 63).to_be_bytes());
    bad(&with_the_highest_bit, &[], 1002);
}

#[test]
fn section_5_2_reserved_bits_are_refused_without_an_extension() {
    for bit in 1..8_u8 {
        for opcode in [TEXT, BINARY, 8, 9, 10] {
            let mut bytes = frame(FIN | TEXT, "before");
            bytes.extend(frame(FIN | bit << 4 | opcode, ""));
            bad(&bytes, &[text("before")], 1002);
        }
        let mut within = frame(TEXT, "a");
        within.extend(frame(FIN | bit << 4 | CONTINUATION, "b"));
        bad(&within, &[], 1002);
    }
}

#[test]
fn section_5_2_unknown_opcodes_fail_at_their_first_byte() {
    for opcode in [3, 4, 5, 6, 7, 11, 12, 13, 14, 15] {
        bad(&[FIN | opcode], &[], 1002);
        let mut after = frame(FIN | TEXT, "before");
        after.extend([FIN | opcode]);
        bad(&after, &[text("before")], 1002);
    }
}

#[test]
fn section_5_4_a_message_may_have_fragments_and_they_may_be_empty() {
    let mut bytes = frame(TEXT, "");
    bytes.extend(frame(CONTINUATION, "안"));
    bytes.extend(frame(CONTINUATION, ""));
    bytes.extend(frame(FIN | CONTINUATION, "녕"));
    bytes.extend(frame(BINARY, [1]));
    bytes.extend(frame(FIN | CONTINUATION, ""));
    bytes.extend(frame(TEXT, ""));
    bytes.extend(frame(FIN | CONTINUATION, ""));
    good(&bytes, &[text("안녕"), InboundMessage::Binary(vec![1]), text("")]);
}

#[test]
fn section_5_4_control_frames_between_fragments_keep_their_order() {
    let mut bytes = frame(TEXT, "one ");
    bytes.extend(frame(PING, "first"));
    bytes.extend(frame(CONTINUATION, "message "));
    bytes.extend(frame(PONG, ""));
    bytes.extend(frame(PING, "second"));
    bytes.extend(frame(FIN | CONTINUATION, "in all"));
    let (first, second) =
        (InboundMessage::Ping(b"first".to_vec()), InboundMessage::Ping(b"second".to_vec()));
    good(&bytes, &[first, InboundMessage::Pong(vec![]), second, text("one message in all")]);
}

#[test]
fn section_5_4_a_frame_out_of_sequence_is_an_error_at_its_first_byte() {
    bad(&[FIN | CONTINUATION], &[], 1002);
    bad(&[CONTINUATION], &[], 1002);
    let mut again = frame(FIN | TEXT, "whole");
    again.push(FIN | CONTINUATION);
    bad(&again, &[text("whole")], 1002);
    for second in [TEXT, FIN | TEXT, BINARY, FIN | BINARY] {
        let mut bytes = frame(TEXT, "begun");
        bytes.push(second);
        bad(&bytes, &[], 1002);
    }
}

#[test]
fn section_5_5_control_frames_are_short_and_whole() {
    for first in [CLOSE, PING, PONG] {
        bad(&[first & !FIN], &[], 1002);
        bad(&[first, 0x80 | 126], &[], 1002);
        bad(&[first, 0x80 | 127], &[], 1002);
    }
    let full = vec![0xFE; 125];
    good(&frame(PING, &full), &[InboundMessage::Ping(full.clone())]);
    good(&frame(PING, ""), &[InboundMessage::Ping(vec![])]);
}

#[test]
fn section_5_3_the_mask_continues_across_every_cut() {
    let payload: Vec<u8> = (0..=255).cycle().take(1_000).collect();
    let bytes = frame(FIN | BINARY, &payload);
    for piece in 1..=40 {
        let mut reader = madang_websocket::Reader::new(madang_websocket::Limits::new(1_000), false);
        let (read, fault) = crate::bytes::read_in(&mut reader, &bytes, piece);
        assert_eq!((read, fault), (vec![InboundMessage::Binary(payload.clone())], None), "{piece}");
    }
}

#[test]
fn nothing_is_held_between_messages() {
    let mut reader = madang_websocket::Reader::new(madang_websocket::Limits::new(1_000), true);
    let bytes = frame(FIN | TEXT, "x");
    for (cut, at_rest) in [(0, true), (1, false), (bytes.len() - 1, false), (bytes.len(), true)] {
        let mut reader = madang_websocket::Reader::new(madang_websocket::Limits::new(9), true);
        crate::bytes::read_in(&mut reader, &bytes[..cut], 100);
        assert_eq!(reader.is_at_rest(), at_rest, "after {cut} bytes");
    }
    crate::bytes::read_in(&mut reader, &frame(TEXT, "begun"), 100);
    assert!(!reader.is_at_rest(), "a fragment is held");
    crate::bytes::read_in(&mut reader, &head(FIN, 0), 100);
    assert!(reader.is_at_rest());
}
