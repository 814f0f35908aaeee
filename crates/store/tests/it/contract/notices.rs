use madang_hub::notices::DueNotice;
use madang_hub::ports::{StoreError, Write};
use madang_hub::rooms::FIRST_ROOM;
use madang_shared::frames::LogPosition;
use madang_shared::notices::{DEMO_NOTICES, KEPT_NOTICES, MAX_MENTIONS};
use madang_shared::notices::{
    InboxEvent, InboxSnapshot, NoticeBox, NoticeContent, NoticeKind, NoticesCommand, NoticesEvent,
    NoticesSnapshot, ReadMark,
};
use madang_shared::orders::{OrderLine, OrderStatus, OrdersCommand};
use madang_shared::posts::PostsCommand;
use madang_shared::{
    ErrorCode, Event, MenuItemId, OrderId, PostId, RoomId, Seq, Snapshot, Timestamp, Topic, User,
    UserId,
};

use crate::support::{NOW, Rig, create, leave, post, refusal, write};

async fn notices(rig: &Rig, reader: &User) -> (Seq, NoticesSnapshot) {
    match rig.state(reader, Topic::Notices).await {
        (position, Snapshot::Notices(snapshot)) => (position.seq, snapshot),
        (_, other) => panic!("{other:?}"),
    }
}

async fn inbox(rig: &Rig, user: &User) -> (Seq, InboxSnapshot) {
    match rig.state(user, Topic::Inbox(user.id)).await {
        (position, Snapshot::Inbox(snapshot)) => (position.seq, snapshot),
        (_, other) => panic!("{other:?}"),
    }
}

/// What the notices for everybody say, oldest first.
async fn told(rig: &Rig) -> Vec<NoticeContent> {
    let nobody = User { id: UserId(999), name: "nobody".into() };
    notices(rig, &nobody).await.1.notices.into_iter().map(|notice| notice.what).collect()
}

async fn told_to(rig: &Rig, user: &User) -> Vec<NoticeContent> {
    inbox(rig, user).await.1.notices.into_iter().map(|notice| notice.what).collect()
}

/// The snapshots are what the log, applied event by event, makes.
async fn log_and_state_agree(rig: &Rig, user: &User) {
    let mut applied = NoticesSnapshot::default();
    for event in rig.log(Topic::Notices).await {
        let Event::Notices(event) = event else { panic!("{event:?}") };
        applied.apply(event);
    }
    assert_eq!(applied, notices(rig, user).await.1);
    let before = InboxSnapshot { marks: begin(), ..InboxSnapshot::default() };
    let mut applied = before;
    for event in rig.log(Topic::Inbox(user.id)).await {
        let Event::Inbox(event) = event else { panic!("{event:?}") };
        applied.apply(event);
    }
    assert_eq!(applied, inbox(rig, user).await.1);
}

fn begin() -> madang_shared::notices::ReadMarks {
    madang_shared::notices::ReadMarks::default()
}

fn new_post(author: &User, number: u128) -> Write {
    write(author, number, PostsCommand::Create { text: "hello".into() })
}

fn place(author: &User, number: u128) -> Write {
    let line = OrderLine { item: MenuItemId(1), quantity: 1, price_won: 7_000 };
    write(author, number, OrdersCommand::Place { lines: vec![line], note: String::new() })
}

fn advance(author: &User, number: u128, to: OrderStatus) -> Write {
    write(author, number, OrdersCommand::Advance { order: OrderId(1), to })
}

fn read(author: &User, number: u128, of: NoticeBox, notice: u64) -> Write {
    write(author, number, NoticesCommand::Read { of, notice: Seq(notice) })
}

fn read_all(author: &User, number: u128, everybody: u64, own: u64) -> Write {
    write(author, number, NoticesCommand::ReadAll { everybody: Seq(everybody), own: Seq(own) })
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

pub(super) async fn a_newcomer_has_nothing_unread(rig: Rig) {
    let mina = rig.user("Mina").await;
    rig.place(new_post(&mina, 1)).await;
    let theo = rig.user("Theo").await;
    let (position, snapshot) = inbox(&rig, &theo).await;
    assert_eq!((position, snapshot.notices.len(), snapshot.muted.len()), (Seq(0), 0, 0));
    assert_eq!(snapshot.marks.everybody, ReadMark { up_to: Seq(1), beyond: Vec::new() });
    log_and_state_agree(&rig, &mina).await;
}

pub(super) async fn a_post_and_an_order_are_noticed_by_everybody_once(mut rig: Rig) {
    let (mina, theo) = (rig.user("Mina").await, rig.user("Theo").await);
    rig.place(new_post(&mina, 1)).await;
    rig.place(new_post(&mina, 1)).await;
    rig.place(write(&mina, 2, PostsCommand::Edit { post: PostId(1), text: "bye".into() })).await;
    let placed = rig.place(place(&theo, 1)).await;
    assert_eq!(
        placed,
        LogPosition { topic: Topic::Orders, seq: Seq(1) },
        "the command's own event"
    );
    let expected = [
        NoticeContent::Posted { post: PostId(1), by: mina.clone() },
        NoticeContent::Ordered { order: OrderId(1), by: theo.clone() },
    ];
    assert_eq!(told(&rig).await, expected);
    let handed = rig.noticed(2).await;
    assert!(handed.iter().all(|event| event.topic == Topic::Notices));
    assert_eq!(handed[1].logged.seq, Seq(2));
    let logged = rig.store.read_log(Topic::Notices, Seq(1), 9).await.expect("readable");
    assert_eq!(logged, [handed[1].logged.clone()]);
    log_and_state_agree(&rig, &mina).await;
}

pub(super) async fn those_who_are_named_in_a_message_are_told_if_they_are_members(mut rig: Rig) {
    let (mina, theo) = (rig.user("Mina").await, rig.user("Theo").await);
    let minsu = rig.user("김 민수").await;
    let away = rig.user("Away").await;
    rig.place(leave(&away, 1, FIRST_ROOM)).await;
    let text = "@theo @김 민수야 @THEO @away @Mina @nobody 점심?";
    rig.place(post(&mina, 1, FIRST_ROOM, text)).await;
    rig.place(post(&mina, 1, FIRST_ROOM, text)).await;
    let expected = NoticeContent::Mentioned {
        room: FIRST_ROOM,
        message: Seq(1),
        by: mina.clone(),
        excerpt: text.into(),
    };
    for user in [&theo, &minsu] {
        assert_eq!(told_to(&rig, user).await, vec![expected.clone()], "{}", user.name);
    }
    for user in [&mina, &away] {
        assert_eq!(told_to(&rig, user).await, [], "{}", user.name);
    }
    assert_eq!(rig.noticed(2).await[0].topic, Topic::Inbox(theo.id));
    log_and_state_agree(&rig, &theo).await;

    let crowd: Vec<User> = {
        let mut crowd = Vec::new();
        for n in 0..MAX_MENTIONS + 2 {
            crowd.push(rig.user(&format!("user{n}")).await);
        }
        crowd
    };
    let everybody: Vec<String> = crowd.iter().map(|user| format!("@{}", user.name)).collect();
    rig.place(post(&mina, 2, FIRST_ROOM, &everybody.join(" "))).await;
    let mut mentioned = 0;
    for user in &crowd {
        mentioned += told_to(&rig, user).await.len();
    }
    assert_eq!(mentioned, MAX_MENTIONS);
}

pub(super) async fn an_order_that_goes_on_is_told_to_its_customer(rig: Rig) {
    let (mina, theo) = (rig.user("Mina").await, rig.user("Theo").await);
    rig.place(place(&mina, 1)).await;
    rig.place(advance(&theo, 1, OrderStatus::Accepted)).await;
    rig.place(advance(&theo, 2, OrderStatus::Cooking)).await;
    // What one does oneself one need not be told.
    rig.place(advance(&mina, 2, OrderStatus::Cancelled)).await;
    let moved = |was, now| NoticeContent::OrderMoved { order: OrderId(1), was, now: Some(now) };
    let expected = [
        moved(OrderStatus::Pending, OrderStatus::Accepted),
        moved(OrderStatus::Accepted, OrderStatus::Cooking),
    ];
    assert_eq!(told_to(&rig, &mina).await, expected);
    assert_eq!(told_to(&rig, &theo).await, []);
    assert_eq!(refusal(rig.one(advance(&theo, 3, OrderStatus::Ready)).await), ErrorCode::Invalid);
    assert_eq!(told_to(&rig, &mina).await.len(), 2);
    log_and_state_agree(&rig, &mina).await;
}

pub(super) async fn what_was_read_is_remembered_and_only_moves_forward(rig: Rig) {
    let (mina, theo) = (rig.user("Mina").await, rig.user("Theo").await);
    for number in 1..=4 {
        rig.place(new_post(&mina, number)).await;
    }
    rig.place(post(&mina, 9, FIRST_ROOM, "@Theo")).await;
    let placed = rig.place(read(&theo, 1, NoticeBox::Everybody, 3)).await;
    assert_eq!(placed, LogPosition { topic: Topic::Inbox(theo.id), seq: Seq(2) });
    let marks = async || inbox(&rig, &theo).await.1.marks;
    assert_eq!(marks().await.everybody, ReadMark { up_to: Seq(0), beyond: vec![Seq(3)] });
    let again = rig.one(read(&theo, 2, NoticeBox::Everybody, 3)).await.expect("accepted");
    assert_eq!(again.at, None, "nothing new");
    let none = rig.one(read(&theo, 3, NoticeBox::Own, 2)).await.expect("accepted");
    assert_eq!(none.at, None, "there is no notice at that place");
    rig.place(read_all(&theo, 4, 2, u64::MAX)).await;
    assert_eq!(marks().await.everybody, ReadMark { up_to: Seq(2), beyond: vec![Seq(3)] });
    assert_eq!(marks().await.own.up_to, Seq(2), "never past the end");
    assert_eq!(rig.one(read_all(&theo, 5, 1, 1)).await.expect("accepted").at, None);
    rig.place(read_all(&theo, 6, u64::MAX, 0)).await;
    assert_eq!(marks().await.everybody, ReadMark { up_to: Seq(4), beyond: Vec::new() });
    assert_eq!(inbox(&rig, &mina).await.1.marks, begin(), "each user has marks of their own");
    log_and_state_agree(&rig, &theo).await;

    let nobody = User { id: UserId(999), name: "nobody".into() };
    for refused in [read_all(&nobody, 1, 9, 9), mute(&nobody, 2, NoticeKind::Post, true)] {
        assert_eq!(refusal(rig.one(refused).await), ErrorCode::NotFound);
    }
    assert_eq!(refusal(rig.one(demo(&nobody, 3, true)).await), ErrorCode::NotFound);
}

pub(super) async fn a_muted_kind_stays_muted_until_it_is_not(rig: Rig) {
    let theo = rig.user("Theo").await;
    rig.place(mute(&theo, 1, NoticeKind::Schedule, true)).await;
    rig.place(mute(&theo, 2, NoticeKind::Post, true)).await;
    assert_eq!(rig.one(mute(&theo, 3, NoticeKind::Post, true)).await.expect("accepted").at, None);
    assert_eq!(inbox(&rig, &theo).await.1.muted, [NoticeKind::Post, NoticeKind::Schedule]);
    rig.place(mute(&theo, 4, NoticeKind::Schedule, false)).await;
    assert_eq!(inbox(&rig, &theo).await.1.muted, [NoticeKind::Post]);
    log_and_state_agree(&rig, &theo).await;
}

pub(super) async fn the_last_notices_are_kept(rig: Rig) {
    let (mina, theo) = (rig.user("Mina").await, rig.user("Theo").await);
    let count = KEPT_NOTICES as u64 + 5;
    let batch = (1..=count).map(|n| new_post(&mina, n.into())).collect();
    assert!(rig.store.commit(batch).await.iter().all(Result::is_ok));
    let batch = (1..=count).map(|n| post(&mina, 1_000 + u128::from(n), FIRST_ROOM, "@Theo"));
    assert!(rig.store.commit(batch.collect()).await.iter().all(Result::is_ok));
    let kept: Vec<u64> = (6..=count).collect();
    let places = |notices: &[madang_shared::notices::Notice]| {
        notices.iter().map(|notice| notice.seq.0).collect::<Vec<_>>()
    };
    assert_eq!(places(&notices(&rig, &theo).await.1.notices), kept);
    assert_eq!(places(&inbox(&rig, &theo).await.1.notices), kept);
    assert_eq!(rig.log(Topic::Notices).await.len() as u64, count, "the log keeps them");
    let gone = rig.one(read(&theo, 1, NoticeBox::Everybody, 5)).await.expect("accepted");
    assert_eq!(gone.at, None, "what is not kept cannot be read");
    log_and_state_agree(&rig, &theo).await;
}

pub(super) async fn an_inbox_is_closed_to_others(rig: Rig) {
    let (mina, theo) = (rig.user("Mina").await, rig.user("Theo").await);
    let refused = rig.store.open(theo.id, Topic::Inbox(mina.id), None).await;
    assert_eq!(refusal(refused), ErrorCode::Forbidden);
    let nobody = UserId(999);
    let refused = rig.store.open(nobody, Topic::Inbox(nobody), None).await;
    assert_eq!(refusal(refused), ErrorCode::NotFound);
}

pub(super) async fn what_is_due_is_told_once_and_the_past_of_a_new_schedule_never(mut rig: Rig) {
    let tell = async |rig: &Rig, due: u64| {
        rig.store
            .append_due_notice(scheduled(due), NOW)
            .await
            .expect("stored")
            .map(|placed| placed.seq.0)
    };
    assert_eq!(tell(&rig, 100).await, None, "a new schedule begins now");
    assert_eq!(tell(&rig, 200).await, Some(1));
    assert_eq!(tell(&rig, 200).await, None, "a restart tells nothing twice");
    assert_eq!(tell(&rig, 150).await, None);
    assert_eq!(tell(&rig, 900).await, Some(2));
    let DueNotice::Scheduled { what, .. } = scheduled(0) else { panic!() };
    let other =
        DueNotice::Scheduled { schedule: "b".into(), due: Timestamp(5), what: what.clone() };
    assert_eq!(rig.store.append_due_notice(other, NOW).await, Ok(None), "each schedule for itself");
    assert_eq!(told(&rig).await, [what.clone(), what]);
    let handed = rig.noticed(2).await;
    assert_eq!((handed[0].topic, handed[1].logged.seq), (Topic::Notices, Seq(2)));
}

pub(super) async fn a_demonstration_runs_once_and_ends_by_itself(rig: Rig) {
    let (mina, theo) = (rig.user("Mina").await, rig.user("Theo").await);
    let started_at = NOW.plus(1);
    let tell = async |number| {
        let due = DueNotice::Demonstrated { started_at, number };
        rig.store.append_due_notice(due, NOW.plus(2)).await.expect("stored").is_some()
    };
    assert!(!tell(1).await, "it does not run");
    rig.place(demo(&mina, 1, true)).await;
    assert_eq!(rig.one(demo(&theo, 1, true)).await.expect("accepted").at, None);
    let runs = notices(&rig, &theo).await.1.demo.expect("it runs");
    assert_eq!((runs.by, runs.started_at), (mina.clone(), started_at));
    assert!(tell(1).await && !tell(1).await && tell(3).await && !tell(2).await);
    let stray = DueNotice::Demonstrated { started_at: NOW, number: 4 };
    assert_eq!(rig.store.append_due_notice(stray, NOW).await, Ok(None), "of another demonstration");
    assert!(tell(DEMO_NOTICES).await);
    assert_eq!(notices(&rig, &theo).await.1.demo, None, "it is over");
    assert!(!tell(DEMO_NOTICES).await);
    let numbers: Vec<_> = told(&rig).await;
    let demonstrated = |number| NoticeContent::Demonstrated { number, of: DEMO_NOTICES };
    assert_eq!(numbers, [demonstrated(1), demonstrated(3), demonstrated(DEMO_NOTICES)]);

    rig.place(demo(&theo, 2, true)).await;
    rig.place(demo(&mina, 2, false)).await;
    assert_eq!(rig.one(demo(&mina, 3, false)).await.expect("accepted").at, None);
    assert!(!tell(1).await, "anybody may stop it");
    let last = rig.log(Topic::Notices).await.pop();
    assert!(matches!(last, Some(Event::Notices(NoticesEvent::DemoEnded { .. }))));
    log_and_state_agree(&rig, &mina).await;
}

pub(super) async fn a_refused_message_mentions_nobody(rig: Rig) {
    let (mina, theo) = (rig.user("Mina").await, rig.user("Theo").await);
    rig.place(create(&theo, 1, "Kitchen")).await;
    let batch = vec![post(&mina, 1, RoomId(2), "@Theo"), new_post(&mina, 2)];
    let results = rig.store.commit(batch).await;
    assert!(matches!(results[0], Err(StoreError::Refused(_))) && results[1].is_ok());
    assert_eq!(told_to(&rig, &theo).await, []);
    assert_eq!(told(&rig).await.len(), 1);
    let own = rig.log(Topic::Inbox(theo.id)).await;
    assert!(!own.iter().any(|event| matches!(event, Event::Inbox(InboxEvent::Told(_)))));
}
