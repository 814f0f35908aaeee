use std::collections::BTreeSet;

use madang_hub::Hub;
use madang_hub::policy::rights::SERVER;
use madang_hub::ports::Recovery;
use madang_hub::rooms::{FIRST_ROOM, FIRST_ROOM_NAME};
use madang_shared::chat::ChatQuery;
use madang_shared::chat::ChatSnapshot;
use madang_shared::chat::{MAX_MESSAGE_CHARS, MAX_PAGE_TEXT_BYTES, PAGE_MESSAGES};
use madang_shared::limits::MAX_RECOVERED_EVENTS;
use madang_shared::membership::{MAX_COUNTED_UNREAD, MembershipCommand, MembershipEvent};
use madang_shared::rooms::Room;
use madang_shared::{Epoch, ErrorCode, Event, Position, RoomId, Seq, Snapshot, Topic, User};

use crate::support::{NOBODY, TestStore, create, leave, post, read, refusal, texts, write};

on_every_engine! {
    the_server_reads_the_topics_that_exist_and_writes_nothing,
    a_new_engine_has_the_first_room,
    a_snapshot_is_true_at_its_position,
    a_state_is_read_once_until_its_topic_has_an_event,
    a_known_position_is_resumed,
    a_position_of_another_epoch_beyond_the_head_or_too_far_back_gets_a_snapshot,
    the_log_is_read_in_parts_without_holes,
    the_log_holds_the_events_of_the_event_stream,
    the_heads_of_topics_are_read_together,
    topics_have_different_epochs,
    a_room_is_open_to_members_only,
    memberships_are_private,
    a_room_is_muted_until_it_is_left,
    an_ephemeral_topic_is_not_stored,
    pages_of_history_are_adjacent,
    a_page_has_at_most_the_limit_of_messages,
    a_page_of_long_messages_has_fewer_of_them,
    the_unread_count_counts_messages_by_others_after_the_read_mark,
    the_unread_count_is_bounded_for_any_history,
    ids_beyond_the_range_of_the_engine_are_not_found,
    a_healthy_engine_is_ready,
}

const CHAT: Topic = Topic::Room(FIRST_ROOM);

async fn say(test_store: &TestStore, author: &User, numbers: std::ops::RangeInclusive<u128>) {
    let batch = numbers.map(|n| post(author, n, FIRST_ROOM, &n.to_string())).collect();
    assert!(test_store.store.commit(batch).await.iter().all(Result::is_ok));
}

async fn a_new_engine_has_the_first_room(test_store: TestStore) {
    let mina = test_store.user("Mina").await;
    let name = FIRST_ROOM_NAME.to_owned();
    let room = Room { is_default: true, ..Room::new(FIRST_ROOM, name) };
    assert_eq!(test_store.rooms(&mina).await, std::slice::from_ref(&room));
    let (position, snapshot) = test_store.snapshot(&mina, CHAT).await;
    assert_eq!(position.seq, Seq(0));
    assert!(matches!(snapshot, Snapshot::Chat(snapshot) if snapshot.room == room));
}

async fn the_heads_of_topics_are_read_together(test_store: TestStore) {
    let mina = test_store.user("Mina").await;
    say(&test_store, &mina, 1..=3).await;
    let topics = vec![Topic::Posts, CHAT, Topic::Room(RoomId(999)), Topic::Memberships(mina.id)];
    let heads = test_store.store.heads(topics).await;
    assert_eq!(heads, Ok(vec![Seq(0), Seq(3), Seq(0), Seq(1)]));
    assert_eq!(test_store.store.heads(Vec::new()).await, Ok(Vec::new()));
    // More than one statement reads.
    let mut many: Vec<Topic> = (100..150).map(|room| Topic::Room(RoomId(room))).collect();
    many.extend([CHAT, CHAT]);
    let heads = test_store.store.heads(many).await.expect("read");
    assert_eq!(heads.split_at(50), ([Seq(0); 50].as_slice(), [Seq(3); 2].as_slice()));
}

async fn a_snapshot_is_true_at_its_position(test_store: TestStore) {
    let mina = test_store.user("Mina").await;
    let writer = tokio::spawn({
        let (store, mina) = (test_store.store.clone(), mina.clone());
        async move {
            for n in 1..=200 {
                store.commit(vec![post(&mina, n, FIRST_ROOM, "hello")]).await;
            }
        }
    });
    while !writer.is_finished() {
        let (position, snapshot) = test_store.snapshot(&mina, CHAT).await;
        let Snapshot::Chat(ChatSnapshot { page, membership, .. }) = snapshot else {
            panic!("not a room")
        };
        let last = page.messages.last().map_or(Seq(0), |message| message.seq);
        assert_eq!((position.seq, membership.head), (last, last));
        tokio::task::yield_now().await;
    }
    writer.await.expect("all are accepted");
}

async fn a_state_is_read_once_until_its_topic_has_an_event(test_store: TestStore) {
    let (mina, theo) = (test_store.user("Mina").await, test_store.user("Theo").await);
    let hub = Hub::new("test", Epoch(1));
    let open = async |reader: &User| {
        let opened = test_store.store.open(reader.id, hub.begin_state_read(CHAT), None).await;
        let Ok(Recovery::State(state)) = opened else { panic!("{opened:?}") };
        match state.snapshot() {
            Ok(Snapshot::Chat(snapshot)) => snapshot,
            other => panic!("{other:?}"),
        }
    };
    for seq in 1..=3 {
        test_store.commit(post(&mina, seq, FIRST_ROOM, "hello")).await;
        let [of_mina, of_theo] = [open(&mina).await, open(&theo).await];
        assert_eq!(of_mina.page, of_theo.page);
        // Changes of other topics, and of what the reader has of its own.
        test_store.commit(create(&theo, 10 + seq, &format!("room {seq}"))).await;
        test_store
            .commit(read(&theo, 20 + seq, FIRST_ROOM, u64::try_from(seq).expect("small")))
            .await;
        assert_eq!((of_theo.membership.unread, open(&theo).await.membership.unread), (1, 0));
        assert_eq!(u128::from(hub.shared_states_read()), seq);
    }
}

async fn a_known_position_is_resumed(test_store: TestStore) {
    let mina = test_store.user("Mina").await;
    say(&test_store, &mina, 1..=3).await;
    let (head, _) = test_store.snapshot(&mina, CHAT).await;
    for seq in 0..=3 {
        let from = Some(Position::new(head.epoch, Seq(seq)));
        let opened = test_store.open(mina.id, CHAT, from).await;
        assert_eq!(opened, Ok(Recovery::Resumed { head }));
    }
}

async fn a_position_of_another_epoch_beyond_the_head_or_too_far_back_gets_a_snapshot(
    test_store: TestStore,
) {
    let mina = test_store.user("Mina").await;
    let last = u128::from(MAX_RECOVERED_EVENTS) + 1;
    say(&test_store, &mina, 1..=last).await;
    let (head, _) = test_store.snapshot(&mina, CHAT).await;
    let elsewhere = Epoch(head.epoch.0 + 1);
    let bad = [
        Position::new(elsewhere, head.seq),
        Position::new(head.epoch, head.seq.next()),
        Position::new(head.epoch, Seq(0)),
    ];
    for from in bad {
        let opened = test_store.open(mina.id, CHAT, Some(from)).await.expect("readable");
        assert!(matches!(opened, Recovery::State(state) if state.position() == head));
    }
}

async fn the_log_is_read_in_parts_without_holes(test_store: TestStore) {
    let mina = test_store.user("Mina").await;
    say(&test_store, &mina, 1..=10).await;
    let mut places = Vec::new();
    loop {
        let after = Seq(places.last().copied().unwrap_or(0));
        let piece = test_store.store.read_log(NOBODY, CHAT, after, 4).await.expect("readable");
        if piece.is_empty() {
            break;
        }
        assert!(piece.len() <= 4);
        places.extend(piece.iter().map(|event| event.seq.0));
    }
    assert_eq!(places, (1..=10).collect::<Vec<_>>());
    assert_eq!(test_store.store.read_log(NOBODY, CHAT, Seq(0), 0).await, Ok(Vec::new()));
}

async fn the_log_holds_the_events_of_the_event_stream(mut test_store: TestStore) {
    let mina = test_store.user("Mina").await;
    test_store.receive(1).await;
    test_store.commit(post(&mina, 1, FIRST_ROOM, "\"quoted\"\n한글 🙂")).await;
    let handed_out = test_store.receive(1).await.remove(0);
    assert_eq!(
        test_store.store.read_log(NOBODY, CHAT, Seq(0), 9).await,
        Ok(vec![handed_out.entry])
    );
}

async fn topics_have_different_epochs(test_store: TestStore) {
    let mina = test_store.user("Mina").await;
    let mut epochs = BTreeSet::new();
    for topic in [Topic::Notices, CHAT, Topic::Memberships(mina.id)] {
        let (position, _) = test_store.snapshot(&mina, topic).await;
        assert!((1..1 << 53).contains(&position.epoch.0));
        epochs.insert(position.epoch);
    }
    assert_eq!(epochs.len(), 3);
}

async fn a_room_is_open_to_members_only(test_store: TestStore) {
    let (mina, theo) = (test_store.user("Mina").await, test_store.user("Theo").await);
    test_store.commit(create(&mina, 1, "Go")).await;
    let room = test_store.memberships(&mina).await[1].room;
    let page = ChatQuery::Before { room, before: Seq(1), limit: 1 };
    assert_eq!(
        refusal(test_store.open(theo.id, Topic::Room(room), None).await),
        ErrorCode::NotMember
    );
    assert_eq!(refusal(test_store.store.query(theo.id, page.into()).await), ErrorCode::NotMember);
    let nowhere = RoomId(99);
    let page = ChatQuery::Before { room: nowhere, before: Seq(1), limit: 1 };
    assert_eq!(
        refusal(test_store.open(theo.id, Topic::Room(nowhere), None).await),
        ErrorCode::NotFound
    );
    assert_eq!(refusal(test_store.store.query(theo.id, page.into()).await), ErrorCode::NotFound);
}

async fn a_room_is_muted_until_it_is_left(test_store: TestStore) {
    let mina = test_store.user("Mina").await;
    let topic = Topic::Memberships(mina.id);
    let muted = async || match test_store.snapshot(&mina, topic).await {
        (_, Snapshot::Membership(snapshot)) => snapshot.muted,
        (_, other) => panic!("{other:?}"),
    };
    let mute = |n, muted| write(&mina, n, MembershipCommand::Mute { room: FIRST_ROOM, muted });
    assert_eq!(muted().await, []);
    for (n, on) in [(1, true), (2, true), (3, false), (4, false), (5, true)] {
        test_store.try_commit(mute(n, on)).await.expect("accepted");
        assert_eq!(!muted().await.is_empty(), on);
    }
    let log = test_store.log(topic).await;
    let events = log.iter().filter_map(|event| match event {
        Event::Membership(MembershipEvent::Muted { room: FIRST_ROOM, muted }) => Some(*muted),
        _ => None,
    });
    let events: Vec<bool> = events.collect();
    assert_eq!(events, [true, false, true], "a command that changes nothing has no event");
    test_store.commit(leave(&mina, 6, FIRST_ROOM)).await;
    let refused = test_store.try_commit(mute(7, true)).await.map(|_| ());
    assert_eq!(refusal(refused), ErrorCode::NotMember);
    test_store.commit(write(&mina, 8, MembershipCommand::Join { room: FIRST_ROOM })).await;
    assert_eq!(muted().await, []);
}

async fn memberships_are_private(test_store: TestStore) {
    let (mina, theo) = (test_store.user("Mina").await, test_store.user("Theo").await);
    let topic = Topic::Memberships(mina.id);
    assert_eq!(refusal(test_store.open(theo.id, topic, None).await), ErrorCode::Forbidden);
    let (head, _) = test_store.snapshot(&mina, topic).await;
    assert_eq!(refusal(test_store.open(theo.id, topic, Some(head)).await), ErrorCode::Forbidden);
}

async fn an_ephemeral_topic_is_not_stored(test_store: TestStore) {
    let mina = test_store.user("Mina").await;
    let here = Topic::Presence(FIRST_ROOM);
    assert_eq!(refusal(test_store.open(mina.id, here, None).await), ErrorCode::Unsupported);
    assert_eq!(test_store.store.read_log(NOBODY, here, Seq(0), 9).await, Ok(Vec::new()));
}

async fn pages_of_history_are_adjacent(test_store: TestStore) {
    let mina = test_store.user("Mina").await;
    say(&test_store, &mina, 1..=60).await;
    let newest = test_store.newest(&mina, FIRST_ROOM).await;
    assert!(newest.older);
    assert_eq!((newest.messages[0].seq, newest.messages.len()), (Seq(11), 50));
    assert_eq!(newest.messages[0].author, mina);
    let middle = test_store.before(&mina, FIRST_ROOM, 11, 7).await;
    assert_eq!(texts(&middle), ["4", "5", "6", "7", "8", "9", "10"]);
    assert!(middle.older);
    let oldest = test_store.before(&mina, FIRST_ROOM, 4, 3).await;
    assert_eq!((texts(&oldest), oldest.older), (vec!["1", "2", "3"], false));
    let nothing = test_store.before(&mina, FIRST_ROOM, 1, 3).await;
    assert_eq!((texts(&nothing), nothing.older), (Vec::new(), false));
}

async fn a_page_has_at_most_the_limit_of_messages(test_store: TestStore) {
    let mina = test_store.user("Mina").await;
    say(&test_store, &mina, 1..=60).await;
    let all = test_store.before(&mina, FIRST_ROOM, u64::MAX, u32::MAX).await;
    assert_eq!(all.messages.len(), usize::try_from(PAGE_MESSAGES).expect("small"));
    let none = test_store.before(&mina, FIRST_ROOM, 60, 0).await;
    assert_eq!((none.messages.len(), none.older), (0, true));
}

async fn a_page_of_long_messages_has_fewer_of_them(test_store: TestStore) {
    let mina = test_store.user("Mina").await;
    let long = "각".repeat(MAX_MESSAGE_CHARS);
    let batch = (1..=20).map(|n| post(&mina, n, FIRST_ROOM, &long)).collect();
    assert!(test_store.store.commit(batch).await.iter().all(Result::is_ok));
    let (mut before, mut seqs) = (u64::MAX, Vec::new());
    loop {
        let page = test_store.before(&mina, FIRST_ROOM, before, PAGE_MESSAGES).await;
        let bytes: usize = page.messages.iter().map(|message| message.text.len()).sum();
        assert!(bytes <= MAX_PAGE_TEXT_BYTES, "{bytes}");
        seqs.extend(page.messages.iter().rev().map(|message| message.seq.0));
        before = page.messages.first().expect("a message").seq.0;
        if !page.older {
            break;
        }
    }
    assert_eq!(seqs, (1..=20).rev().collect::<Vec<_>>(), "the pages have no hole");
    let page = test_store.before(&mina, FIRST_ROOM, 2, 1).await;
    assert_eq!((page.messages.len(), page.older), (1, false));
}

async fn the_unread_count_counts_messages_by_others_after_the_read_mark(test_store: TestStore) {
    let (mina, theo) = (test_store.user("Mina").await, test_store.user("Theo").await);
    say(&test_store, &mina, 1..=3).await;
    say(&test_store, &theo, 1..=2).await;
    let unread = async |user| {
        let memberships = test_store.memberships(user).await;
        (memberships[0].unread, memberships[0].read_up_to.0, memberships[0].head.0)
    };
    assert_eq!(unread(&mina).await, (2, 0, 5));
    assert_eq!(unread(&theo).await, (3, 0, 5));
    test_store.commit(read(&theo, 9, FIRST_ROOM, 2)).await;
    assert_eq!(unread(&theo).await, (1, 2, 5));
    // The snapshot of the room has the same count.
    let (_, snapshot) = test_store.snapshot(&theo, CHAT).await;
    assert!(matches!(snapshot, Snapshot::Chat(ChatSnapshot { membership, .. })
            if membership == test_store.memberships(&theo).await[0]));
    test_store.commit(leave(&theo, 10, FIRST_ROOM)).await;
    assert_eq!(unread(&mina).await, (2, 0, 5));
}

async fn the_unread_count_is_bounded_for_any_history(test_store: TestStore) {
    let (mina, theo) = (test_store.user("Mina").await, test_store.user("Theo").await);
    let many = u128::from(MAX_COUNTED_UNREAD);
    say(&test_store, &mina, 1..=many / 2).await;
    say(&test_store, &theo, 1..=many + 2).await;
    assert_eq!(test_store.memberships(&mina).await[0].unread, MAX_COUNTED_UNREAD);
    assert_eq!(u128::from(test_store.memberships(&theo).await[0].unread), many / 2);
    // Two of the messages that were counted are read: the others still exceed the limit.
    let up_to = MAX_COUNTED_UNREAD / 2 + 2;
    test_store.commit(read(&mina, many + 9, FIRST_ROOM, up_to)).await;
    assert_eq!(test_store.memberships(&mina).await[0].unread, MAX_COUNTED_UNREAD);
    test_store.commit(read(&mina, many + 10, FIRST_ROOM, up_to + 1)).await;
    assert_eq!(test_store.memberships(&mina).await[0].unread, MAX_COUNTED_UNREAD - 1);
}

async fn ids_beyond_the_range_of_the_engine_are_not_found(test_store: TestStore) {
    let mina = test_store.user("Mina").await;
    let room = RoomId(u64::MAX);
    assert!(!test_store.is_member(mina.id, room).await);
    assert_eq!(
        refusal(test_store.open(mina.id, Topic::Room(room), None).await),
        ErrorCode::NotFound
    );
    assert_eq!(
        test_store.store.read_log(NOBODY, CHAT, Seq(u64::MAX), usize::MAX).await,
        Ok(Vec::new())
    );
}

async fn a_healthy_engine_is_ready(test_store: TestStore) {
    assert_eq!(test_store.store.ready().await, Ok(()));
}

async fn the_server_reads_the_topics_that_exist_and_writes_nothing(test_store: TestStore) {
    for topic in [Topic::Notices, Topic::Room(FIRST_ROOM)] {
        assert_eq!(test_store.store.check_access(SERVER, topic).await, Ok(()), "{topic}");
    }
    let missing = test_store.store.check_access(SERVER, Topic::Room(RoomId(99))).await;
    assert_eq!(refusal(missing), ErrorCode::NotFound);
    let server = User { id: SERVER, name: "server".to_owned() };
    let refused = test_store.try_commit(post(&server, 1, FIRST_ROOM, "x")).await;
    assert_eq!(refusal(refused), ErrorCode::NotFound);
}
