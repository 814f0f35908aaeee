//! Which notices are kept.

use madang_hub::notices::DueNotice;
use madang_shared::notices::{
    KEPT_NOTICES, Notice, NoticeBox, NoticeContent, NoticeKind, NoticesCommand, ReadMark,
};
use madang_shared::orders::{Destination, OrderLine, OrderStatus, OrdersCommand};
use madang_shared::posts::PostsCommand;
use madang_shared::{MenuItemId, OrderId, Seq, Snapshot, Timestamp, Topic, User};

use madang_hub::rooms::FIRST_ROOM;

use super::notices::check_events_make_state;
use crate::support::{NOW, TestStore, post, write};

on_every_engine! {
    only_the_last_notices_are_kept,
    users_do_not_drop_the_notices_of_the_operator,
    mentions_do_not_drop_the_notices_of_an_order,
    a_kept_notice_stays_unread_while_later_ones_are_read_one_by_one,
}

async fn notices(test_store: &TestStore, reader: &User, of: NoticeBox) -> Vec<Notice> {
    match test_store.snapshot(reader, of.topic(reader.id)).await.1 {
        Snapshot::Notices(snapshot) => snapshot.notices,
        Snapshot::Inbox(snapshot) => snapshot.notices,
        Snapshot::OrderNotices(snapshot) => snapshot.0,
        Snapshot::PostNotices(snapshot) => snapshot.0,
        other => panic!("{other:?}"),
    }
}

fn count(notices: &[Notice], kind: NoticeKind) -> usize {
    notices.iter().filter(|notice| notice.what.kind() == kind).count()
}

fn new_post(author: &User, number: u128) -> madang_hub::ports::Write {
    write(author, number, PostsCommand::Create { text: "hello".into() })
}

async fn append_scheduled(test_store: &TestStore, due: u64) {
    let what = NoticeContent::Scheduled { ko: "쉬어요".into(), en: "A break".into() };
    let due = DueNotice::Scheduled { schedule: "a".into(), due: Timestamp(due), what };
    test_store.store.append_due_notice(due, NOW).await.expect("stored");
}

fn place_order(author: &User, number: u128) -> madang_hub::ports::Write {
    const DESTINATION: Destination = Destination::Table(4);
    let line = OrderLine { item: MenuItemId(1), quantity: 1, price_won: 7_000 };
    write(
        author,
        number,
        OrdersCommand::Place { lines: vec![line], note: String::new(), destination: DESTINATION },
    )
}

fn advance(author: &User, number: u128, order: u64, to: OrderStatus) -> madang_hub::ports::Write {
    write(author, number, OrdersCommand::Advance { order: OrderId(order), to })
}

async fn only_the_last_notices_are_kept(test_store: TestStore) {
    let (mina, theo) = (test_store.user("Mina").await, test_store.user("Theo").await);
    let count = KEPT_NOTICES as u64 + 5;
    let batch = (1..=count).map(|n| new_post(&mina, n.into())).collect();
    assert!(test_store.store.commit(batch).await.iter().all(Result::is_ok));
    let batch = (1..=count).map(|n| post(&mina, 1_000 + u128::from(n), FIRST_ROOM, "@Theo"));
    assert!(test_store.store.commit(batch.collect()).await.iter().all(Result::is_ok));
    let last: Vec<u64> = (6..=count).collect();
    for of in [NoticeBox::Posts, NoticeBox::Own] {
        let kept = notices(&test_store, &theo, of).await;
        assert_eq!(kept.iter().map(|notice| notice.seq.0).collect::<Vec<_>>(), last);
    }
    let log = test_store.log(Topic::PostNotices).await;
    assert_eq!(log.len() as u64, count, "the log keeps them");
    let read = NoticesCommand::Read { of: NoticeBox::Posts, notice: Seq(5) };
    let gone = test_store.try_commit(write(&theo, 1, read)).await.expect("accepted");
    assert_eq!(gone.at, None, "an old notice cannot be read");
    check_events_make_state(&test_store, &theo).await;
}

async fn users_do_not_drop_the_notices_of_the_operator(test_store: TestStore) {
    let mina = test_store.user("Mina").await;
    // The first one is the start of the schedule.
    for due in 100..=105 {
        append_scheduled(&test_store, due).await;
    }
    let most = KEPT_NOTICES as u128;
    for number in 0..2 * most {
        test_store.commit(new_post(&mina, number)).await;
    }
    for order in 1..=60 {
        let number = 1_000 + 2 * u128::from(order);
        test_store.commit(place_order(&mina, number)).await;
        test_store.commit(advance(&mina, number + 1, order, OrderStatus::Cancelled)).await;
    }
    let kept = notices(&test_store, &mina, NoticeBox::Everybody).await;
    assert_eq!((kept.len(), count(&kept, NoticeKind::Schedule)), (5, 5));
    for (of, last) in [(NoticeBox::Posts, 100), (NoticeBox::Orders, 60)] {
        // A topic keeps its newest notices.
        let seqs: Vec<u64> =
            notices(&test_store, &mina, of).await.iter().map(|notice| notice.seq.0).collect();
        assert_eq!(seqs, (last - KEPT_NOTICES as u64 + 1..=last).collect::<Vec<_>>());
    }
}

async fn mentions_do_not_drop_the_notices_of_an_order(test_store: TestStore) {
    let (mina, theo) = (test_store.user("Mina").await, test_store.user("Theo").await);
    test_store.commit(place_order(&theo, 1)).await;
    test_store.commit(advance(&mina, 1, 1, OrderStatus::Accepted)).await;
    for number in 0..90 {
        test_store.commit(post(&mina, 100 + number, FIRST_ROOM, "@Theo")).await;
    }
    let kept = notices(&test_store, &theo, NoticeBox::Own).await;
    assert_eq!((kept.len(), count(&kept, NoticeKind::OwnOrder)), (KEPT_NOTICES, 1));
}

async fn a_kept_notice_stays_unread_while_later_ones_are_read_one_by_one(test_store: TestStore) {
    let (mina, theo) = (test_store.user("Mina").await, test_store.user("Theo").await);
    test_store.commit(place_order(&theo, 1)).await;
    test_store.commit(advance(&mina, 1, 1, OrderStatus::Accepted)).await;
    for number in 0..3 * KEPT_NOTICES as u128 {
        test_store.commit(post(&mina, 100 + number, FIRST_ROOM, "@Theo")).await;
        let newest = notices(&test_store, &theo, NoticeBox::Own).await.last().expect("kept").seq;
        let read = NoticesCommand::Read { of: NoticeBox::Own, notice: newest };
        test_store.commit(write(&theo, 100 + number, read)).await;
    }
    let Snapshot::Inbox(inbox) = test_store.snapshot(&theo, Topic::Inbox(theo.id)).await.1 else {
        panic!()
    };
    let ReadMark { beyond, .. } = &inbox.marks.own;
    assert!(beyond.len() <= KEPT_NOTICES);
    let unread: Vec<NoticeKind> = inbox
        .notices
        .iter()
        .filter(|notice| !inbox.marks.own.covers(notice.seq))
        .map(|notice| notice.what.kind())
        .collect();
    assert_eq!(unread, [NoticeKind::OwnOrder]);
}
