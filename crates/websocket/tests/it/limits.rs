//! Limits on the memory that a client can make the server hold.

use madang_websocket::{
    InboundMessage, Limits, MemoryBudget, ProtocolError, Reader, UNBUDGETED_BYTES,
};

use crate::bytes::{BINARY, CONTINUATION, FIN, MAX, PING, TEXT, bad, frame, good, head, read_in};

#[test]
fn a_message_too_big_is_refused_at_its_head() {
    good(&frame(FIN | BINARY, vec![7; MAX]), &[InboundMessage::Binary(vec![7; MAX])]);
    bad(&head(FIN | BINARY, MAX + 1), &[], 1009);
    bad(&head(FIN | TEXT, 1 << 40), &[], 1009);
    bad(&head(FIN | TEXT, usize::try_from(i64::MAX).unwrap()), &[], 1009);
}

#[test]
fn fragments_count_together() {
    let mut bytes = frame(BINARY, vec![7; MAX - 1]);
    bytes.extend(frame(CONTINUATION, ""));
    bytes.extend(frame(PING, ""));
    let mut fits = bytes.clone();
    fits.extend(frame(FIN | CONTINUATION, [7]));
    good(&fits, &[InboundMessage::Ping(vec![]), InboundMessage::Binary(vec![7; MAX])]);
    bytes.extend(head(FIN | CONTINUATION, 2));
    bad(&bytes, &[InboundMessage::Ping(vec![])], 1009);
}

#[test]
fn large_messages_share_a_memory_budget_and_small_ones_need_none() {
    const LARGE: usize = 4 * UNBUDGETED_BYTES;
    let budget = MemoryBudget::new(LARGE + 10);
    let limits = || Limits { max_message_bytes: LARGE, memory_budget: Some(budget.clone()) };
    let mut first = Reader::new(limits(), false);
    let mut second = Reader::new(limits(), false);
    let large = frame(FIN | BINARY, vec![1; LARGE]);
    let small = frame(FIN | BINARY, vec![2; UNBUDGETED_BYTES]);

    let mut bytes = large.clone();
    let message = first.read(&mut bytes.as_mut_slice()).unwrap();
    assert_eq!(message, Some(InboundMessage::Binary(vec![1; LARGE])));
    assert_eq!(budget.available(), 10, "held while the message is in use");
    assert_eq!(read_in(&mut second, &small, 1_000).1, None);
    assert_eq!(read_in(&mut second, &large, 1_000).1, Some(ProtocolError::NoRoom));
    assert_eq!(ProtocolError::NoRoom.code(), 1013);
    assert_eq!(budget.available(), 10);

    first.release_memory();
    assert_eq!(budget.available(), LARGE + 10, "returned when the next message is requested");
    let mut third = Reader::new(limits(), false);
    assert_eq!(read_in(&mut third, &large[..large.len() / 2], 1_000).1, None);
    assert!(budget.available() < LARGE);
    drop(third);
    assert_eq!(budget.available(), LARGE + 10, "returned when the connection ends");
}
