//! The state of a topic is read once for all readers, and only for those with access.

use madang_shared::chat::ChatSnapshot;
use madang_shared::membership::MembershipCommand;
use madang_shared::posts::PostsCommand;
use madang_shared::{
    Epoch, ErrorCode, Position, PostId, Seq, ServerFrame, Snapshot, Topic, TopicState,
};

use crate::test_server::{ROOM, TestConnection, TestServer};

const CHAT: Topic = Topic::Room(ROOM);

/// The state that a client gets when it subscribes.
fn state(server: &TestServer, connection: &mut TestConnection, topic: Topic) -> TopicState {
    connection.take();
    connection.subscribe(server, topic, None);
    let received = connection.take();
    let [ServerFrame::Snapshot(state)] = received.as_slice() else { unreachable!("{received:?}") };
    state.clone()
}

fn room(server: &TestServer, connection: &mut TestConnection) -> ChatSnapshot {
    match state(server, connection, CHAT) {
        TopicState { snapshot: Snapshot::Chat(snapshot), .. } => snapshot,
        other => unreachable!("{other:?}"),
    }
}

#[test]
fn readers_share_the_page_and_get_their_own_membership() {
    let server = TestServer::new();
    let [mut author, mut first, mut second] =
        ["author", "first", "second"].map(|name| server.connect(&server.user(name)));
    for text in ["one", "two", "three"] {
        author.post(text);
        author.settle(&server);
    }
    second.command(MembershipCommand::Read { room: ROOM, up_to: Seq(2) }.into());
    second.settle(&server);
    let [of_author, of_first, of_second] =
        [&mut author, &mut first, &mut second].map(|connection| room(&server, connection));
    assert_eq!(server.hub.shared_states_read(), 1);
    assert_eq!(of_author.page.messages.len(), 3);
    assert_eq!((&of_author.page, &of_first.page), (&of_first.page, &of_second.page));
    let unread = [of_author, of_first, of_second].map(|it| it.membership.unread);
    assert_eq!(unread, [0, 3, 1]);
}

#[test]
fn a_state_is_followed_by_the_events_after_it() {
    let server = TestServer::new();
    let mut author = server.connect(&server.user("author"));
    let reader = server.user("reader");
    room(&server, &mut author);
    for seq in (1..6).step_by(2) {
        author.post("before");
        author.settle(&server);
        let mut late = server.connect(&reader);
        assert_eq!(room(&server, &mut late).page.messages.len() as u64, seq);
        author.post("after");
        author.settle(&server);
        late.settle(&server);
        assert_eq!(late.take_seqs(CHAT), [seq + 1]);
    }
}

#[test]
fn a_redacted_text_is_in_no_state() {
    let server = TestServer::new();
    let mut author = server.connect(&server.user("author"));
    let mut reader = server.connect(&server.user("reader"));
    author.command(PostsCommand::Create { text: "taken back".into() }.into());
    author.settle(&server);
    let before = format!("{:?}", state(&server, &mut reader, Topic::Posts));
    assert!(before.contains("taken back"));
    for command in [
        PostsCommand::Edit { post: PostId(1), text: "other".into() },
        PostsCommand::Delete { post: PostId(1) },
    ] {
        author.command(command.into());
        // The store has committed, and the hub has not published yet.
        let request = author.requests.pop_front().unwrap();
        let response = crate::test_server::answer(&server.store, &author.user, request);
        for _ in 0..2 {
            let after = format!("{:?}", state(&server, &mut reader, Topic::Posts));
            assert!(!after.contains("taken back"), "{after}");
        }
        author.respond(response);
        server.publish();
        let after = format!("{:?}", state(&server, &mut reader, Topic::Posts));
        assert!(!after.contains("taken back"), "{after}");
    }
}

#[test]
fn a_cached_state_gives_no_access() {
    let server = TestServer::new();
    let [mut member, mut other] =
        ["member", "other"].map(|name| server.connect(&server.user(name)));
    member.post("secret");
    member.settle(&server);
    room(&server, &mut member);
    room(&server, &mut other);
    other.command(MembershipCommand::Leave { room: ROOM }.into());
    other.settle(&server);
    other.take();
    for from in [None, Some(Position::new(Epoch(1), Seq(0)))] {
        other.subscribe(&server, CHAT, from);
        assert_eq!(other.take_errors(), [ErrorCode::NotMember]);
    }
    assert_eq!(server.hub.shared_states_read(), 1);
}
