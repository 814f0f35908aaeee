//! RFC 6455 section 8.1: a text is UTF-8, and fails at its first invalid byte.

use madang_websocket::{Limits, ProtocolError, Reader};

use crate::bytes::{CONTINUATION, FIN, MAX, TEXT, bad, frame, good, head, read_in, text};

/// Invalid UTF-8, with the number of bytes that show it. From Markus Kuhn's decoder stress test and
/// the table of well-formed sequences in chapter 3 of the Unicode standard.
const WRONG: &[(&[u8], usize)] = &[
    (b"\x80", 1),
    (b"\xBF", 1),
    (b"\xC0\xAF", 1),
    (b"\xC1\xBF", 1),
    (b"\xE0\x80\xAF", 2),
    (b"\xE0\x9F\xBF", 2),
    (b"\xF0\x80\x80\xAF", 2),
    (b"\xF0\x8F\xBF\xBF", 2),
    (b"\xED\xA0\x80", 2),
    (b"\xED\xBF\xBF", 2),
    (b"\xF4\x90\x80\x80", 2),
    (b"\xF5\x80\x80\x80", 1),
    (b"\xF8\x88\x80\x80\x80", 1),
    (b"\xFE", 1),
    (b"\xFF", 1),
    (b"\xE2\x28\xA1", 2),
    (b"\xE2\x82\x28", 3),
    (b"\xF0\x9F\x98\x28", 4),
    (b"\xC3\x28", 2),
];

/// Incomplete sequences.
const CUT: &[&[u8]] = &[b"\xC3", b"\xE2\x82", b"\xF0\x9F\x98", b"\xF4\x8F\xBF"];

#[test]
fn every_plane_of_unicode_passes() {
    let all = "$ ¢ ह € 한 𐍈 😀 \u{0} \u{7f} \u{80} \u{7ff} \u{800} \u{d7ff} \u{e000} \u{fffd} \u{ffff} \u{10000} \u{10ffff}";
    good(&frame(FIN | TEXT, all), &[text(all)]);
    let mut cut = frame(TEXT, &all.as_bytes()[..9]);
    for byte in &all.as_bytes()[9..] {
        cut.extend(frame(CONTINUATION, [*byte]));
    }
    cut.extend(frame(FIN | CONTINUATION, ""));
    good(&cut, &[text(all)]);
}

#[test]
fn invalid_utf_8_is_refused_alone_and_inside_a_text() {
    let whole = WRONG.iter().map(|(wrong, _)| *wrong);
    for wrong in whole.chain(CUT.iter().copied()) {
        bad(&frame(FIN | TEXT, wrong), &[], 1007);
        let midst = [b"before ".as_slice(), wrong, b" after"].concat();
        bad(&frame(FIN | TEXT, &midst), &[], 1007);
        let mut fragments = frame(TEXT, "before ");
        fragments.extend(frame(FIN | CONTINUATION, wrong));
        bad(&fragments, &[], 1007);
    }
}

#[test]
fn the_first_wrong_byte_is_enough_within_a_frame_and_across_fragments() {
    for (wrong, needed) in WRONG {
        // The frame is long, and its remainder never arrives.
        let mut start = head(FIN | TEXT, 1_000);
        let masked = frame(FIN | TEXT, [b"abcd", *wrong].concat());
        start.extend(&masked[masked.len() - wrong.len() - 4..]);
        let needed = start.len() - (wrong.len() - needed);
        for (end, fault) in [(needed - 1, None), (needed, Some(ProtocolError::NotUtf8))] {
            let mut reader = Reader::new(Limits::new(MAX), false);
            assert_eq!(read_in(&mut reader, &start[..end], 1).1, fault, "{wrong:02x?} to {end}");
        }
    }
    // Across fragments, without a last frame.
    let mut bytes = frame(TEXT, b"\xCE\xBA\xF4");
    bytes.extend(frame(CONTINUATION, b"\x90"));
    bad(&bytes, &[], 1007);
}

#[test]
fn binary_payloads_are_not_validated() {
    use madang_websocket::InboundMessage;
    good(&frame(FIN | 2, b"\xFF\xC0"), &[InboundMessage::Binary(vec![0xFF, 0xC0])]);
    good(&frame(FIN | 9, b"\xFF\xC0"), &[InboundMessage::Ping(vec![0xFF, 0xC0])]);
}
