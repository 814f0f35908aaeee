use std::collections::BTreeSet;

use madang_hub::ports::Recovery;
use madang_hub::rooms::{FIRST_ROOM, FIRST_ROOM_NAME};
use madang_shared::chat::ChatQuery;
use madang_shared::chat::ChatSnapshot;
use madang_shared::chat::PAGE_MESSAGES;
use madang_shared::limits::MAX_RECOVERED_EVENTS;
use madang_shared::rooms::{Room, RoomsEvent, RoomsSnapshot};
use madang_shared::{Epoch, ErrorCode, Event, Position, RoomId, Seq, Snapshot, Topic, User};

use crate::support::{NOW, Rig, create, leave, post, read, refusal, texts};

const CHAT: Topic = Topic::Room(FIRST_ROOM);

async fn say(rig: &Rig, author: &User, numbers: std::ops::RangeInclusive<u128>) {
    let batch = numbers.map(|n| post(author, n, FIRST_ROOM, &n.to_string())).collect();
    assert!(rig.store.commit(batch).await.iter().all(Result::is_ok));
}

pub(super) async fn a_new_engine_has_the_first_room_and_its_event(rig: Rig) {
    let mina = rig.user("Mina").await;
    let name = FIRST_ROOM_NAME.to_owned();
    let room = Room { id: FIRST_ROOM, name, made_by: None, made_at: NOW };
    let created: Event = RoomsEvent::Created(room.clone()).into();
    assert_eq!(rig.log(Topic::Rooms).await, [created]);
    let (position, snapshot) = rig.state(&mina, Topic::Rooms).await;
    assert_eq!(position.seq, Seq(1));
    assert_eq!(snapshot, RoomsSnapshot { rooms: vec![room] }.into());
}

pub(super) async fn the_state_is_true_at_its_position(rig: Rig) {
    let mina = rig.user("Mina").await;
    let writer = tokio::spawn({
        let (store, mina) = (rig.store.clone(), mina.clone());
        async move {
            for n in 1..=200 {
                store.commit(vec![post(&mina, n, FIRST_ROOM, "hello")]).await;
            }
        }
    });
    while !writer.is_finished() {
        let (position, snapshot) = rig.state(&mina, CHAT).await;
        let Snapshot::Chat(ChatSnapshot { page, membership }) = snapshot else {
            panic!("not a room")
        };
        let last = page.messages.last().map_or(Seq(0), |message| message.seq);
        assert_eq!((position.seq, membership.head), (last, last));
        tokio::task::yield_now().await;
    }
    writer.await.expect("all are accepted");
}

pub(super) async fn a_good_position_is_resumed(rig: Rig) {
    let mina = rig.user("Mina").await;
    say(&rig, &mina, 1..=3).await;
    let (head, _) = rig.state(&mina, CHAT).await;
    for seq in 0..=3 {
        let from = Some(Position::new(head.epoch, Seq(seq)));
        let opened = rig.store.open(mina.id, CHAT, from).await;
        assert_eq!(opened, Ok(Recovery::Resumed { head }));
    }
}

pub(super) async fn a_position_of_another_epoch_or_beyond_the_end_or_too_far_back_gets_the_state(
    rig: Rig,
) {
    let mina = rig.user("Mina").await;
    let last = u128::from(MAX_RECOVERED_EVENTS) + 1;
    say(&rig, &mina, 1..=last).await;
    let (head, _) = rig.state(&mina, CHAT).await;
    let elsewhere = Epoch(head.epoch.0 + 1);
    let bad = [
        Position::new(elsewhere, head.seq),
        Position::new(head.epoch, head.seq.next()),
        Position::new(head.epoch, Seq(0)),
    ];
    for from in bad {
        let opened = rig.store.open(mina.id, CHAT, Some(from)).await.expect("readable");
        assert!(matches!(opened, Recovery::State { position, .. } if position == head));
    }
}

pub(super) async fn the_log_is_read_in_pieces_without_holes(rig: Rig) {
    let mina = rig.user("Mina").await;
    say(&rig, &mina, 1..=10).await;
    let mut places = Vec::new();
    loop {
        let after = Seq(places.last().copied().unwrap_or(0));
        let piece = rig.store.read_log(CHAT, after, 4).await.expect("readable");
        if piece.is_empty() {
            break;
        }
        assert!(piece.len() <= 4);
        places.extend(piece.iter().map(|event| event.seq.0));
    }
    assert_eq!(places, (1..=10).collect::<Vec<_>>());
    assert_eq!(rig.store.read_log(CHAT, Seq(0), 0).await, Ok(Vec::new()));
}

pub(super) async fn what_the_log_keeps_is_what_the_tail_handed_out(mut rig: Rig) {
    let mina = rig.user("Mina").await;
    rig.appended(1).await;
    rig.place(post(&mina, 1, FIRST_ROOM, "\"quoted\"\n한글 🙂")).await;
    let handed_out = rig.appended(1).await.remove(0);
    assert_eq!(rig.store.read_log(CHAT, Seq(0), 9).await, Ok(vec![handed_out.entry]));
}

pub(super) async fn topics_differ_in_their_epochs(rig: Rig) {
    let mina = rig.user("Mina").await;
    let mut epochs = BTreeSet::new();
    for topic in [Topic::Rooms, CHAT, Topic::Memberships(mina.id)] {
        let (position, _) = rig.state(&mina, topic).await;
        assert!((1..1 << 53).contains(&position.epoch.0));
        epochs.insert(position.epoch);
    }
    assert_eq!(epochs.len(), 3);
}

pub(super) async fn a_room_is_closed_to_those_who_have_not_joined(rig: Rig) {
    let (mina, theo) = (rig.user("Mina").await, rig.user("Theo").await);
    rig.place(create(&mina, 1, "Go")).await;
    let room = rig.memberships(&mina).await[1].room;
    let page = ChatQuery::Before { room, before: Seq(1), limit: 1 };
    assert_eq!(
        refusal(rig.store.open(theo.id, Topic::Room(room), None).await),
        ErrorCode::NotMember
    );
    assert_eq!(refusal(rig.store.query(theo.id, page.into()).await), ErrorCode::NotMember);
    let nowhere = RoomId(99);
    let page = ChatQuery::Before { room: nowhere, before: Seq(1), limit: 1 };
    assert_eq!(
        refusal(rig.store.open(theo.id, Topic::Room(nowhere), None).await),
        ErrorCode::NotFound
    );
    assert_eq!(refusal(rig.store.query(theo.id, page.into()).await), ErrorCode::NotFound);
}

pub(super) async fn memberships_are_closed_to_others(rig: Rig) {
    let (mina, theo) = (rig.user("Mina").await, rig.user("Theo").await);
    let topic = Topic::Memberships(mina.id);
    assert_eq!(refusal(rig.store.open(theo.id, topic, None).await), ErrorCode::Forbidden);
    let (head, _) = rig.state(&mina, topic).await;
    assert_eq!(refusal(rig.store.open(theo.id, topic, Some(head)).await), ErrorCode::Forbidden);
}

pub(super) async fn an_ephemeral_topic_is_not_stored(rig: Rig) {
    let mina = rig.user("Mina").await;
    let here = Topic::Presence(FIRST_ROOM);
    assert_eq!(refusal(rig.store.open(mina.id, here, None).await), ErrorCode::Unsupported);
    assert_eq!(rig.store.read_log(here, Seq(0), 9).await, Ok(Vec::new()));
}

pub(super) async fn history_comes_in_pages_that_meet(rig: Rig) {
    let mina = rig.user("Mina").await;
    say(&rig, &mina, 1..=60).await;
    let newest = rig.newest(&mina, FIRST_ROOM).await;
    assert!(newest.older);
    assert_eq!((newest.messages[0].seq, newest.messages.len()), (Seq(11), 50));
    assert_eq!(newest.messages[0].author, mina);
    let middle = rig.before(&mina, FIRST_ROOM, 11, 7).await;
    assert_eq!(texts(&middle), ["4", "5", "6", "7", "8", "9", "10"]);
    assert!(middle.older);
    let oldest = rig.before(&mina, FIRST_ROOM, 4, 3).await;
    assert_eq!((texts(&oldest), oldest.older), (vec!["1", "2", "3"], false));
    let nothing = rig.before(&mina, FIRST_ROOM, 1, 3).await;
    assert_eq!((texts(&nothing), nothing.older), (Vec::new(), false));
}

pub(super) async fn a_page_is_never_longer_than_the_limit(rig: Rig) {
    let mina = rig.user("Mina").await;
    say(&rig, &mina, 1..=60).await;
    let all = rig.before(&mina, FIRST_ROOM, u64::MAX, u32::MAX).await;
    assert_eq!(all.messages.len(), usize::try_from(PAGE_MESSAGES).expect("small"));
    let none = rig.before(&mina, FIRST_ROOM, 60, 0).await;
    assert_eq!((none.messages.len(), none.older), (0, true));
}

pub(super) async fn unread_counts_what_others_said_after_the_mark(rig: Rig) {
    let (mina, theo) = (rig.user("Mina").await, rig.user("Theo").await);
    say(&rig, &mina, 1..=3).await;
    say(&rig, &theo, 1..=2).await;
    let unread = async |user| {
        let memberships = rig.memberships(user).await;
        (memberships[0].unread, memberships[0].read_up_to.0, memberships[0].head.0)
    };
    assert_eq!(unread(&mina).await, (2, 0, 5));
    assert_eq!(unread(&theo).await, (3, 0, 5));
    rig.place(read(&theo, 9, FIRST_ROOM, 2)).await;
    assert_eq!(unread(&theo).await, (1, 2, 5));
    // The room's own state says the same.
    let (_, snapshot) = rig.state(&theo, CHAT).await;
    assert!(matches!(snapshot, Snapshot::Chat(ChatSnapshot { membership, .. })
            if membership == rig.memberships(&theo).await[0]));
    rig.place(leave(&theo, 10, FIRST_ROOM)).await;
    assert_eq!(unread(&mina).await, (2, 0, 5));
}

pub(super) async fn numbers_beyond_any_engine_name_nothing(rig: Rig) {
    let mina = rig.user("Mina").await;
    let room = RoomId(u64::MAX);
    assert_eq!(rig.store.is_member(mina.id, room).await, Ok(false));
    assert_eq!(
        refusal(rig.store.open(mina.id, Topic::Room(room), None).await),
        ErrorCode::NotFound
    );
    assert_eq!(rig.store.read_log(CHAT, Seq(u64::MAX), usize::MAX).await, Ok(Vec::new()));
}

pub(super) async fn a_healthy_engine_is_ready(rig: Rig) {
    assert_eq!(rig.store.ready().await, Ok(()));
}
