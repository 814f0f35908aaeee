//! The check must find every kind of fault: each is injected here.

use super::*;
use StreamEntry::{Acknowledged, Connected, Event, Follows};

fn command(number: u64) -> CommandId {
    CommandId(uuid::Uuid::from_u64_pair(7, number))
}

/// A client that resumes once and is acknowledged three times.
fn good() -> Vec<StreamEntry> {
    let acknowledged = |number: u64, seq: u64| Acknowledged(command(number), Some(Seq(seq)));
    vec![
        Connected,
        Follows(Seq(4)),
        Event(Seq(5)),
        acknowledged(1, 6),
        Event(Seq(6)),
        acknowledged(2, 7),
        Connected,
        Follows(Seq(6)),
        Event(Seq(7)),
        Event(Seq(8)),
        // The answer to a resend, after a connection that lost the first one.
        acknowledged(2, 7),
        acknowledged(3, 9),
        Event(Seq(9)),
        Follows(Seq(20)),
        Event(Seq(21)),
    ]
}

fn check(inject: impl FnOnce(&mut Vec<StreamEntry>), lost: u64, doubled: u64, out_of_order: u64) {
    let mut entries = good();
    inject(&mut entries);
    let expected = StreamVerdict { lost, doubled, out_of_order };
    assert_eq!(check_stream(&entries), expected, "{entries:?}");
}

#[test]
fn a_clean_stream_has_no_fault_over_reconnects_and_resets() {
    check(|_| {}, 0, 0, 0);
}

#[test]
fn a_lost_event_is_found_and_each_one_counts() {
    check(|entries| _ = entries.remove(8), 1, 0, 0);
    check(|entries| _ = entries.drain(8..10), 2, 0, 0);
    // A node that answers the gap with the missing events has lost the first one all the same.
    check(
        |entries| {
            entries.splice(2..3, [Event(Seq(6)), Follows(Seq(4)), Event(Seq(5))]).for_each(drop);
        },
        1,
        0,
        0,
    );
}

#[test]
fn an_event_or_an_acknowledgement_that_arrives_twice_is_found() {
    check(|entries| entries.insert(3, Event(Seq(5))), 0, 1, 0);
    check(|entries| entries.insert(9, Event(Seq(6))), 0, 1, 0);
    let again = good()[11];
    check(|entries| entries.insert(13, again), 0, 1, 0);
}

#[test]
fn an_earlier_event_or_acknowledgement_after_a_later_one_is_found() {
    check(|entries| entries.swap(8, 9), 0, 0, 1);
    check(|entries| entries.swap(10, 11), 0, 0, 1);
    check(|entries| _ = entries.remove(1), 0, 0, 2);
}
