//! RFC 6455 sections 5.5.1 and 7.4: the close frame and its codes.

use madang_websocket::{CloseFrame, InboundMessage, close_answer, close_frame, may_be_sent};

use crate::bytes::{CLOSE, FIN, TEXT, bad, frame, good, text};

fn payload(code: u16, reason: &[u8]) -> Vec<u8> {
    [code.to_be_bytes().as_slice(), reason].concat()
}

#[test]
fn section_5_5_1_a_close_has_nothing_or_a_code_or_a_code_and_a_reason() {
    good(&frame(CLOSE, ""), &[InboundMessage::Close(None)]);
    let plain = CloseFrame { code: 1000, reason: String::new() };
    good(&frame(CLOSE, payload(1000, b"")), &[InboundMessage::Close(Some(plain))]);
    let reason = "잘 있어요".to_owned();
    let full = CloseFrame { code: 1001, reason: reason.clone() };
    good(&frame(CLOSE, payload(1001, reason.as_bytes())), &[InboundMessage::Close(Some(full))]);
    let longest = "x".repeat(123);
    let full = CloseFrame { code: 4321, reason: longest.clone() };
    good(&frame(CLOSE, payload(4321, longest.as_bytes())), &[InboundMessage::Close(Some(full))]);
    bad(&frame(CLOSE, [3]), &[], 1002);
    bad(
        &frame(CLOSE, payload(1000, b"\xCE\xBA\xE1\xBD\xB9\xCF\x83\xCE\xBC\xCE\xB5\xED\xA0\x80")),
        &[],
        1007,
    );
    bad(&frame(CLOSE, payload(1000, b"\xE2\x82")), &[], 1007);
}

#[test]
fn section_7_4_codes_that_may_be_on_the_wire() {
    let good_codes = [1000, 1001, 1002, 1003, 1007, 1008, 1009, 1010, 1011, 3000, 3999, 4000, 4999];
    for code in good_codes.into_iter().chain(1012..=1014) {
        let close_frame = CloseFrame { code, reason: String::new() };
        good(&frame(CLOSE, payload(code, b"")), &[InboundMessage::Close(Some(close_frame))]);
    }
    for code in [0, 1, 999, 1004, 1005, 1006, 1015, 1016, 1100, 2000, 2999, 5000, 65_535] {
        assert!(!may_be_sent(code));
        bad(&frame(CLOSE, payload(code, b"")), &[], 1002);
        bad(&frame(CLOSE, payload(code, b"reason")), &[], 1002);
    }
}

#[test]
fn section_5_5_1_after_a_close_nothing_is_read() {
    let mut bytes = frame(FIN | TEXT, "before");
    bytes.extend(frame(CLOSE, ""));
    bytes.extend(frame(FIN | TEXT, "after"));
    bytes.extend([0xFF; 20]);
    good(&bytes, &[text("before"), InboundMessage::Close(None)]);
}

#[test]
fn a_close_within_a_message_counts_and_the_message_does_not() {
    let mut bytes = frame(TEXT, "half a message");
    bytes.extend(frame(CLOSE, payload(1000, b"")));
    let close_frame = CloseFrame { code: 1000, reason: String::new() };
    good(&bytes, &[InboundMessage::Close(Some(close_frame))]);
}

#[test]
fn outbound_close_frames_stay_within_the_limit_for_any_reason() {
    assert_eq!(&close_frame(1000, "bye")[..], [0x88, 5, 0x03, 0xE8, b'b', b'y', b'e']);
    assert_eq!(&close_answer(None)[..], [0x88, 0]);
    let received = CloseFrame { code: 3000, reason: "a reason".to_owned() };
    assert_eq!(&close_answer(Some(&received))[..], [0x88, 2, 0x0B, 0xB8]);
    let long = close_frame(1000, &"한".repeat(100));
    assert_eq!(long.len(), 2 + 2 + 123);
    assert!(std::str::from_utf8(&long[4..]).is_ok(), "cut between two characters");
}
