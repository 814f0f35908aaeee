use madang_hub::notices::DueNotice;
use madang_hub::ports::{StoreError, Write};
use madang_hub::rooms::FIRST_ROOM;
use madang_shared::frames::LogPosition;
use madang_shared::notices::{DEMO_NOTICES, MAX_MENTIONS};
use madang_shared::notices::{
    InboxEvent, InboxSnapshot, LastNotices, Notice, NoticeBox, NoticeContent, NoticeKind,
    NoticesCommand, NoticesEvent, NoticesSnapshot, OrderNoticesSnapshot, PostNoticesSnapshot,
    ReadMark,
};
use madang_shared::orders::{Destination, OrderLine, OrderStatus, OrdersCommand};
use madang_shared::posts::PostsCommand;
use madang_shared::{
    ErrorCode, Event, MenuItemId, OrderId, PostId, RoomId, Seq, Snapshot, Timestamp, Topic, User,
    UserId,
};

use crate::support::{NOBODY, NOW, TestStore, create, leave, post, refusal, write};

on_every_engine! {
    a_new_user_has_no_unread_notices,
    a_post_and_an_order_cause_one_notice_each_for_those_who_may_use_the_app,
    mentioned_members_get_a_notice,
    the_customer_gets_a_notice_of_a_status_change,
    read_marks_of_notices_only_move_forward,
    a_muted_kind_stays_muted_until_it_is_unmuted,
    an_inbox_is_private,
    a_due_notice_is_appended_once_and_never_for_the_past_of_a_new_schedule,
    one_demonstration_runs_at_a_time_and_ends_by_itself,
    a_refused_message_causes_no_mention,
}

async fn notices(test_store: &TestStore, reader: &User) -> (Seq, NoticesSnapshot) {
    match test_store.snapshot(reader, Topic::Notices).await {
        (position, Snapshot::Notices(snapshot)) => (position.seq, snapshot),
        (_, other) => panic!("{other:?}"),
    }
}

async fn inbox(test_store: &TestStore, user: &User) -> (Seq, InboxSnapshot) {
    match test_store.snapshot(user, Topic::Inbox(user.id)).await {
        (position, Snapshot::Inbox(snapshot)) => (position.seq, snapshot),
        (_, other) => panic!("{other:?}"),
    }
}

/// The notices of a topic for several users, oldest first.
async fn shared_notices(test_store: &TestStore, topic: Topic) -> Vec<Notice> {
    let first_user = User { id: UserId(1), name: "first".into() };
    match test_store.snapshot(&first_user, topic).await.1 {
        Snapshot::Notices(NoticesSnapshot { notices, .. })
        | Snapshot::OrderNotices(OrderNoticesSnapshot(notices))
        | Snapshot::PostNotices(PostNoticesSnapshot(notices)) => notices,
        other => panic!("{other:?}"),
    }
}

async fn contents(test_store: &TestStore, topic: Topic) -> Vec<NoticeContent> {
    shared_notices(test_store, topic).await.into_iter().map(|notice| notice.what).collect()
}

pub(super) async fn inbox_contents(test_store: &TestStore, user: &User) -> Vec<NoticeContent> {
    inbox(test_store, user).await.1.notices.into_iter().map(|notice| notice.what).collect()
}

/// Checks that the events of the log make the snapshots.
pub(super) async fn check_events_make_state(test_store: &TestStore, user: &User) {
    let mut applied = NoticesSnapshot::default();
    for event in test_store.log(Topic::Notices).await {
        let Event::Notices(event) = event else { panic!("{event:?}") };
        applied.apply(event);
    }
    assert_eq!(applied, notices(test_store, user).await.1);
    let (mut orders, mut posts) = (OrderNoticesSnapshot::default(), PostNoticesSnapshot::default());
    for topic in [Topic::OrderNotices, Topic::PostNotices] {
        for event in test_store.log(topic).await {
            match event {
                Event::OrderNotices(event) => orders.apply(event),
                Event::PostNotices(event) => posts.apply(event),
                other => panic!("{other:?}"),
            }
        }
    }
    assert_eq!(orders.0, shared_notices(test_store, Topic::OrderNotices).await);
    assert_eq!(posts.0, shared_notices(test_store, Topic::PostNotices).await);
    let before = InboxSnapshot { marks: no_marks(), ..InboxSnapshot::default() };
    let mut applied = before;
    for event in test_store.log(Topic::Inbox(user.id)).await {
        let Event::Inbox(event) = event else { panic!("{event:?}") };
        applied.apply(event);
    }
    assert_eq!(applied, inbox(test_store, user).await.1);
}

fn no_marks() -> madang_shared::notices::ReadMarks {
    madang_shared::notices::ReadMarks::default()
}

fn new_post(author: &User, number: u128) -> Write {
    write(author, number, PostsCommand::Create { text: "hello".into() })
}

fn place_order(author: &User, number: u128) -> Write {
    const DESTINATION: Destination = Destination::Table(4);
    let line = OrderLine { item: MenuItemId(1), quantity: 1, price_won: 7_000 };
    write(
        author,
        number,
        OrdersCommand::Place { lines: vec![line], note: String::new(), destination: DESTINATION },
    )
}

fn advance(author: &User, number: u128, to: OrderStatus) -> Write {
    write(author, number, OrdersCommand::Advance { order: OrderId(1), to })
}

fn read(author: &User, number: u128, of: NoticeBox, notice: u64) -> Write {
    write(author, number, NoticesCommand::Read { of, notice: Seq(notice) })
}

fn read_all(author: &User, number: u128, posts: u64, own: u64) -> Write {
    write(
        author,
        number,
        NoticesCommand::ReadAll(LastNotices {
            posts: Seq(posts),
            own: Seq(own),
            ..LastNotices::default()
        }),
    )
}

fn mute(author: &User, number: u128, kind: NoticeKind, muted: bool) -> Write {
    write(author, number, NoticesCommand::Mute { kind, muted })
}

fn demo(author: &User, number: u128, on: bool) -> Write {
    write(author, number, NoticesCommand::Demo { on })
}

fn scheduled(due: u64) -> DueNotice {
    let what = NoticeContent::Scheduled { ko: "쉬어요".into(), en: "A break".into() };
    DueNotice::Scheduled { schedule: "a".into(), due: Timestamp(due), what }
}

async fn a_new_user_has_no_unread_notices(test_store: TestStore) {
    let mina = test_store.user("Mina").await;
    test_store.commit(new_post(&mina, 1)).await;
    let theo = test_store.user("Theo").await;
    let (position, snapshot) = inbox(&test_store, &theo).await;
    assert_eq!((position, snapshot.notices.len(), snapshot.muted.len()), (Seq(0), 0, 0));
    assert_eq!(snapshot.marks.posts, ReadMark { up_to: Seq(1), beyond: Vec::new() });
    check_events_make_state(&test_store, &mina).await;
}

async fn a_post_and_an_order_cause_one_notice_each_for_those_who_may_use_the_app(
    mut test_store: TestStore,
) {
    let (mina, theo) = (test_store.user("Mina").await, test_store.user("Theo").await);
    test_store.commit(new_post(&mina, 1)).await;
    test_store.commit(new_post(&mina, 1)).await;
    test_store
        .commit(write(&mina, 2, PostsCommand::Edit { post: PostId(1), text: "bye".into() }))
        .await;
    let log_position = test_store.commit(place_order(&theo, 1)).await;
    assert_eq!(
        log_position,
        LogPosition { topic: Topic::OwnOrders(theo.id), seq: Seq(1) },
        "the command's own event"
    );
    let posted = NoticeContent::Posted { post: PostId(1), by: mina.clone() };
    let ordered = NoticeContent::Ordered { order: OrderId(1), by: theo.clone() };
    assert_eq!(contents(&test_store, Topic::PostNotices).await, [posted]);
    assert_eq!(contents(&test_store, Topic::OrderNotices).await, [ordered]);
    assert_eq!(contents(&test_store, Topic::Notices).await, []);
    let received = test_store.receive_notices(2).await;
    let positions = received.iter().map(|event| (event.topic, event.entry.seq));
    let expected = [(Topic::PostNotices, Seq(1)), (Topic::OrderNotices, Seq(1))];
    assert_eq!(positions.collect::<Vec<_>>(), expected);
    let logged =
        test_store.store.read_log(NOBODY, Topic::OrderNotices, Seq(0), 9).await.expect("readable");
    assert_eq!(logged, [received[1].entry.clone()]);
    check_events_make_state(&test_store, &mina).await;
}

async fn mentioned_members_get_a_notice(mut test_store: TestStore) {
    let (mina, theo) = (test_store.user("Mina").await, test_store.user("Theo").await);
    let minsu = test_store.user("김 민수").await;
    let away = test_store.user("Away").await;
    test_store.commit(leave(&away, 1, FIRST_ROOM)).await;
    let text = "@theo @김 민수야 @THEO @away @Mina @nobody 점심?";
    test_store.commit(post(&mina, 1, FIRST_ROOM, text)).await;
    test_store.commit(post(&mina, 1, FIRST_ROOM, text)).await;
    let expected = NoticeContent::Mentioned {
        room: FIRST_ROOM,
        message: Seq(1),
        by: mina.clone(),
        excerpt: text.into(),
        is_reply: false,
    };
    for user in [&theo, &minsu] {
        assert_eq!(
            inbox_contents(&test_store, user).await,
            vec![expected.clone()],
            "{}",
            user.name
        );
    }
    for user in [&mina, &away] {
        assert_eq!(inbox_contents(&test_store, user).await, [], "{}", user.name);
    }
    assert_eq!(test_store.receive_notices(2).await[0].topic, Topic::Inbox(theo.id));
    check_events_make_state(&test_store, &theo).await;

    let crowd: Vec<User> = {
        let mut crowd = Vec::new();
        for n in 0..MAX_MENTIONS + 2 {
            crowd.push(test_store.user(&format!("user{n}")).await);
        }
        crowd
    };
    let everybody: Vec<String> = crowd.iter().map(|user| format!("@{}", user.name)).collect();
    test_store.commit(post(&mina, 2, FIRST_ROOM, &everybody.join(" "))).await;
    let mut mentioned = 0;
    for user in &crowd {
        mentioned += inbox_contents(&test_store, user).await.len();
    }
    assert_eq!(mentioned, MAX_MENTIONS);
}

async fn the_customer_gets_a_notice_of_a_status_change(test_store: TestStore) {
    let (mina, theo) = (test_store.user("Mina").await, test_store.user("Theo").await);
    test_store.commit(place_order(&mina, 1)).await;
    test_store.commit(advance(&theo, 1, OrderStatus::Accepted)).await;
    test_store.commit(advance(&theo, 2, OrderStatus::Cooking)).await;
    // The acting user gets no notice of an own action.
    test_store.commit(advance(&mina, 2, OrderStatus::Cancelled)).await;
    let moved = |was, now| NoticeContent::OrderMoved { order: OrderId(1), was, now: Some(now) };
    let expected = [
        moved(OrderStatus::Pending, OrderStatus::Accepted),
        moved(OrderStatus::Accepted, OrderStatus::Cooking),
    ];
    assert_eq!(inbox_contents(&test_store, &mina).await, expected);
    assert_eq!(inbox_contents(&test_store, &theo).await, []);
    assert_eq!(
        refusal(test_store.try_commit(advance(&theo, 3, OrderStatus::Ready)).await),
        ErrorCode::Invalid
    );
    assert_eq!(inbox_contents(&test_store, &mina).await.len(), 2);
    check_events_make_state(&test_store, &mina).await;
}

async fn read_marks_of_notices_only_move_forward(test_store: TestStore) {
    let (mina, theo) = (test_store.user("Mina").await, test_store.user("Theo").await);
    for number in 1..=4 {
        test_store.commit(new_post(&mina, number)).await;
    }
    test_store.commit(post(&mina, 9, FIRST_ROOM, "@Theo")).await;
    let log_position = test_store.commit(read(&theo, 1, NoticeBox::Posts, 3)).await;
    assert_eq!(log_position, LogPosition { topic: Topic::Inbox(theo.id), seq: Seq(2) });
    let marks = async || inbox(&test_store, &theo).await.1.marks;
    assert_eq!(marks().await.posts, ReadMark { up_to: Seq(0), beyond: vec![Seq(3)] });
    let again = test_store.try_commit(read(&theo, 2, NoticeBox::Posts, 3)).await.expect("accepted");
    assert_eq!(again.at, None, "nothing new");
    let none = test_store.try_commit(read(&theo, 3, NoticeBox::Own, 2)).await.expect("accepted");
    assert_eq!(none.at, None, "the inbox has no notice at this position");
    test_store.commit(read_all(&theo, 4, 2, u64::MAX)).await;
    assert_eq!(marks().await.posts, ReadMark { up_to: Seq(2), beyond: vec![Seq(3)] });
    assert_eq!(marks().await.own.up_to, Seq(2), "never past the head");
    assert_eq!(test_store.try_commit(read_all(&theo, 5, 1, 1)).await.expect("accepted").at, None);
    test_store.commit(read_all(&theo, 6, u64::MAX, 0)).await;
    assert_eq!(marks().await.posts, ReadMark { up_to: Seq(4), beyond: Vec::new() });
    assert_eq!(
        inbox(&test_store, &mina).await.1.marks,
        no_marks(),
        "each user has marks of their own"
    );
    check_events_make_state(&test_store, &theo).await;

    let missing_user = User { id: UserId(999), name: "nobody".into() };
    for refused in
        [read_all(&missing_user, 1, 9, 9), mute(&missing_user, 2, NoticeKind::Post, true)]
    {
        assert_eq!(refusal(test_store.try_commit(refused).await), ErrorCode::NotFound);
    }
    assert_eq!(
        refusal(test_store.try_commit(demo(&missing_user, 3, true)).await),
        ErrorCode::NotFound
    );
}

async fn a_muted_kind_stays_muted_until_it_is_unmuted(test_store: TestStore) {
    let theo = test_store.user("Theo").await;
    test_store.commit(mute(&theo, 1, NoticeKind::Schedule, true)).await;
    test_store.commit(mute(&theo, 2, NoticeKind::Post, true)).await;
    assert_eq!(
        test_store.try_commit(mute(&theo, 3, NoticeKind::Post, true)).await.expect("accepted").at,
        None
    );
    assert_eq!(inbox(&test_store, &theo).await.1.muted, [NoticeKind::Post, NoticeKind::Schedule]);
    test_store.commit(mute(&theo, 4, NoticeKind::Schedule, false)).await;
    assert_eq!(inbox(&test_store, &theo).await.1.muted, [NoticeKind::Post]);
    check_events_make_state(&test_store, &theo).await;
}

async fn an_inbox_is_private(test_store: TestStore) {
    let (mina, theo) = (test_store.user("Mina").await, test_store.user("Theo").await);
    let refused = test_store.open(theo.id, Topic::Inbox(mina.id), None).await;
    assert_eq!(refusal(refused), ErrorCode::Forbidden);
    let missing_user = UserId(999);
    let refused = test_store.open(missing_user, Topic::Inbox(missing_user), None).await;
    assert_eq!(refusal(refused), ErrorCode::NotFound);
}

async fn a_due_notice_is_appended_once_and_never_for_the_past_of_a_new_schedule(
    mut test_store: TestStore,
) {
    test_store.user("Mina").await;
    let append = async |test_store: &TestStore, due: u64| {
        test_store
            .store
            .append_due_notice(scheduled(due), NOW)
            .await
            .expect("stored")
            .map(|log_position| log_position.seq.0)
    };
    assert_eq!(append(&test_store, 100).await, None, "a new schedule starts now");
    assert_eq!(append(&test_store, 200).await, Some(1));
    assert_eq!(append(&test_store, 200).await, None, "a notice is appended once");
    assert_eq!(append(&test_store, 150).await, None);
    assert_eq!(append(&test_store, 900).await, Some(2));
    let year = 365 * 24 * 3_600_000;
    let ahead = async |due: u64| {
        let due = scheduled(NOW.0 + year + due);
        test_store.store.append_due_notice(due, NOW.plus(year + 5_000)).await.expect("stored")
    };
    assert!(ahead(1_000).await.is_some(), "the clock is a year ahead");
    assert_eq!(append(&test_store, NOW.0 - 10).await, None, "and right again: it begins again");
    assert_eq!(append(&test_store, NOW.0 - 5).await, Some(4));
    assert_eq!(append(&test_store, NOW.0 - 5).await, None);
    let DueNotice::Scheduled { what, .. } = scheduled(0) else { panic!() };
    let other =
        DueNotice::Scheduled { schedule: "b".into(), due: Timestamp(5), what: what.clone() };
    assert_eq!(
        test_store.store.append_due_notice(other, NOW).await,
        Ok(None),
        "each schedule has its own mark"
    );
    let expected = [what.clone(), what.clone(), what.clone(), what];
    assert_eq!(contents(&test_store, Topic::Notices).await, expected);
    let received = test_store.receive_notices(4).await;
    assert_eq!((received[0].topic, received[1].entry.seq), (Topic::Notices, Seq(2)));
}

async fn one_demonstration_runs_at_a_time_and_ends_by_itself(test_store: TestStore) {
    let (mina, theo) = (test_store.user("Mina").await, test_store.user("Theo").await);
    let started_at = NOW.plus(1);
    let append = async |number| {
        let due = DueNotice::Demonstrated { started_at, number };
        test_store.store.append_due_notice(due, NOW.plus(2)).await.expect("stored").is_some()
    };
    assert!(!append(1).await, "the demonstration is not running");
    test_store.commit(demo(&mina, 1, true)).await;
    assert_eq!(test_store.try_commit(demo(&theo, 1, true)).await.expect("accepted").at, None);
    let runs = notices(&test_store, &theo).await.1.demo.expect("it runs");
    assert_eq!((runs.by, runs.started_at), (mina.clone(), started_at));
    assert!(append(1).await && !append(1).await && append(3).await && !append(2).await);
    let stray = DueNotice::Demonstrated { started_at: NOW, number: 4 };
    assert_eq!(
        test_store.store.append_due_notice(stray, NOW).await,
        Ok(None),
        "a notice of another demonstration"
    );
    assert!(append(DEMO_NOTICES).await);
    assert_eq!(notices(&test_store, &theo).await.1.demo, None, "the demonstration has ended");
    assert!(!append(DEMO_NOTICES).await);
    let numbers: Vec<_> = contents(&test_store, Topic::Notices).await;
    let demonstrated = |number| NoticeContent::Demonstrated { number, of: DEMO_NOTICES };
    assert_eq!(numbers, [demonstrated(1), demonstrated(3), demonstrated(DEMO_NOTICES)]);

    test_store.commit(demo(&theo, 2, true)).await;
    test_store.commit(demo(&mina, 2, false)).await;
    assert_eq!(test_store.try_commit(demo(&mina, 3, false)).await.expect("accepted").at, None);
    assert!(!append(1).await, "any user can stop the demonstration");
    let last = test_store.log(Topic::Notices).await.pop();
    assert!(matches!(last, Some(Event::Notices(NoticesEvent::DemoEnded { .. }))));
    check_events_make_state(&test_store, &mina).await;
}

async fn a_refused_message_causes_no_mention(test_store: TestStore) {
    let (mina, theo) = (test_store.user("Mina").await, test_store.user("Theo").await);
    test_store.commit(create(&theo, 1, "Kitchen")).await;
    let batch = vec![post(&mina, 1, RoomId(2), "@Theo"), new_post(&mina, 2)];
    let results = test_store.store.commit(batch).await;
    assert!(matches!(results[0], Err(StoreError::Refused(_))) && results[1].is_ok());
    assert_eq!(inbox_contents(&test_store, &theo).await, []);
    assert_eq!(contents(&test_store, Topic::PostNotices).await.len(), 1);
    let own = test_store.log(Topic::Inbox(theo.id)).await;
    assert!(!own.iter().any(|event| matches!(event, Event::Inbox(InboxEvent::Told(_)))));
}
