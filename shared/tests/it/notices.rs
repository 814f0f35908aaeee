//! Read marks and muted kinds of notices.

use madang_shared::Seq;
use madang_shared::notices::{DEMO_EVERY_MS, DEMO_NOTICES, KEPT_NOTICES};
use madang_shared::notices::{Demonstration, NoticeKind, ReadMark, mute};
use madang_shared::{Timestamp, User, UserId};

fn mark(up_to: u64, beyond: &[u64]) -> ReadMark {
    ReadMark { up_to: Seq(up_to), beyond: beyond.iter().copied().map(Seq).collect() }
}

#[test]
fn a_read_mark_only_moves_forward() {
    let mut it = mark(5, &[]);
    assert!(!it.read(Seq(5)) && !it.read_up_to(Seq(4)));
    assert!(it.read(Seq(9)) && it.read(Seq(7)) && !it.read(Seq(9)));
    assert_eq!(it, mark(5, &[7, 9]));
    let covered: Vec<u64> = (1..=10).filter(|seq| it.covers(Seq(*seq))).collect();
    assert_eq!(covered, [1, 2, 3, 4, 5, 7, 9]);
    assert!(it.read_up_to(Seq(8)));
    assert_eq!(it, mark(8, &[9]));
}

#[test]
fn notices_read_one_by_one_are_limited_and_stay_read() {
    let mut it = mark(0, &[]);
    // Every second notice, once from the newest back and once from the oldest on.
    let last = 4 * KEPT_NOTICES as u64;
    for seq in (2..=last).step_by(2) {
        assert!(it.read(Seq(seq)));
        assert!(it.beyond.len() <= KEPT_NOTICES);
    }
    for seq in (2..=last).step_by(2) {
        assert!(it.covers(Seq(seq)));
    }
    // No kept notice counts as read unless it was read.
    let kept = last - KEPT_NOTICES as u64;
    assert!((kept..last).filter(|seq| seq % 2 == 1).all(|seq| !it.covers(Seq(seq))));
}

#[test]
fn muting_twice_changes_nothing() {
    let mut muted = Vec::new();
    assert!(mute(&mut muted, NoticeKind::Schedule, true));
    assert!(mute(&mut muted, NoticeKind::Mention, true));
    assert!(!mute(&mut muted, NoticeKind::Mention, true));
    assert_eq!(muted, [NoticeKind::Mention, NoticeKind::Schedule]);
    assert!(mute(&mut muted, NoticeKind::Mention, false));
    assert!(!mute(&mut muted, NoticeKind::Mention, false));
    assert_eq!(muted, [NoticeKind::Schedule]);
}

#[test]
fn a_demonstration_ends_after_its_last_notice() {
    let by = User { id: UserId(1), name: "Mina".into() };
    let demo = Demonstration { by, started_at: Timestamp(1_000) };
    assert_eq!(demo.number_at(Timestamp(0)), 0);
    assert_eq!(demo.number_at(Timestamp(1_000 + DEMO_EVERY_MS - 1)), 0);
    assert_eq!(demo.number_at(demo.due(1)), 1);
    assert_eq!(demo.number_at(demo.due(DEMO_NOTICES)), DEMO_NOTICES);
    assert_eq!(demo.number_at(Timestamp(u64::MAX)), DEMO_NOTICES);
}
