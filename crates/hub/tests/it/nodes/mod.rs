//! Several nodes over one log.

mod ephemeral;
mod read_count;
mod replaced_log;

use std::sync::Arc;

use futures_util::FutureExt;
use madang_hub::nodes::{FollowRead, POLL_WITH_BUS_MS, POLL_WITHOUT_BUS_MS};
use madang_hub::ports::Store;
use madang_shared::frames::ErrorContext;
use madang_shared::membership::MembershipCommand;
use madang_shared::posts::PostsCommand;
use madang_shared::{
    ClientFrame, Command, ErrorCode, PostId, Seq, ServerFrame, Timestamp, Topic, User,
};
use madang_store::InlineSqlite;

use crate::test_server::{ROOM, START, TestConnection, TestServer};

const TIMELINE: Topic = Topic::Room(ROOM);

/// Two nodes over one store. Messages wait until the test delivers them.
struct TwoNodes {
    a: TestServer,
    b: TestServer,
    now: Timestamp,
}

impl TwoNodes {
    fn new() -> Self {
        let store = InlineSqlite::open_in_memory(START, 1).unwrap();
        let (a, b) = (TestServer::node(store.clone(), 1), TestServer::node(store, 2));
        Self { a, b, now: START }
    }

    /// Delivers all messages in both directions, and lets both nodes follow.
    fn deliver(&self) {
        for (from, to) in [(&self.a, &self.b), (&self.b, &self.a)] {
            for message in from.hub.take_messages() {
                to.hub.on_message(&message).unwrap();
            }
        }
        self.a.follow();
        self.b.follow();
    }

    /// Loses all messages.
    fn lose(&self) {
        self.a.hub.take_messages();
        self.b.hub.take_messages();
    }

    /// Lets the time of a poll pass.
    fn poll(&mut self) {
        for _ in 0..2 {
            self.now = self.now.plus(POLL_WITH_BUS_MS);
            for node in [&self.a, &self.b] {
                node.hub.tick(self.now);
                node.follow();
            }
        }
    }

    /// A command that is committed on node A.
    fn command(&self, author: &mut TestConnection, command: Command) {
        author.now = author.now.plus(1_000);
        author.command(command);
        author.settle(&self.a);
        assert_eq!(author.take_errors(), []);
    }
}

/// A connection that follows these topics.
fn subscriber(node: &TestServer, user: &User, topics: &[Topic]) -> TestConnection {
    let mut connection = node.connect(user);
    for topic in topics {
        connection.subscribe(node, *topic, None);
    }
    connection.take();
    connection
}

fn refused_topics(received: Vec<ServerFrame>) -> Vec<(Topic, ErrorCode)> {
    let refused = received.into_iter().filter_map(|frame| match frame {
        ServerFrame::Error { about: ErrorContext::Topic(topic), failure } => {
            Some((topic, failure.code))
        }
        _ => None,
    });
    refused.collect()
}

#[test]
fn a_node_follows_the_events_of_another_with_one_read_for_all_subscribers() {
    let nodes = TwoNodes::new();
    let mut author = nodes.a.connect(&nodes.a.user("w"));
    let readers = ["r", "s"].map(|name| nodes.a.user(name));
    let mut readers = readers.map(|user| subscriber(&nodes.b, &user, &[TIMELINE]));
    for text in ["one", "two", "three"] {
        author.now = author.now.plus(1_000);
        author.post(text);
        author.settle(&nodes.a);
    }
    for message in nodes.a.hub.take_messages() {
        nodes.b.hub.on_message(&message).unwrap();
    }
    assert_eq!(nodes.b.follow(), 1);
    for reader in &mut readers {
        let pages = nodes.b.hub.log_pages_read();
        reader.settle(&nodes.b);
        assert_eq!(reader.take_seqs(TIMELINE), [1, 2, 3]);
        assert_eq!(nodes.b.hub.log_pages_read(), pages, "the ring has the frames");
    }
}

#[test]
fn a_lost_message_delays_an_event_until_the_next_poll() {
    let mut nodes = TwoNodes::new();
    let mut author = nodes.a.connect(&nodes.a.user("w"));
    let mut reader = subscriber(&nodes.b, &nodes.a.user("r"), &[TIMELINE]);
    author.post("lost on the way");
    author.settle(&nodes.a);
    nodes.lose();
    reader.settle(&nodes.b);
    assert_eq!(reader.take_seqs(TIMELINE), [0; 0]);
    nodes.poll();
    reader.settle(&nodes.b);
    assert_eq!(reader.take_seqs(TIMELINE), [1]);
}

#[test]
fn a_node_without_a_bus_polls_the_topics_with_readers_often_and_those_of_copies_seldom() {
    let store = InlineSqlite::open_in_memory(START, 1).unwrap();
    let a = TestServer::node(store.clone(), 1);
    let b = TestServer::node_without_bus(store, 2);
    let mut author = a.connect(&a.user("w"));
    let mut reader = subscriber(&b, &a.user("r"), &[TIMELINE]);
    // A copy of another topic stays when its reader has left.
    drop(subscriber(&b, &a.user("s"), &[Topic::Posts]));
    let mut polls = Vec::new();
    let mut now = START;
    author.post("by polling");
    author.settle(&a);
    for _ in 0..60 {
        now = now.plus(POLL_WITHOUT_BUS_MS);
        b.hub.tick(now);
        polls.extend(b.follow_reads().into_iter().filter_map(|read| match read {
            FollowRead::Heads(topics) => Some(topics),
            _ => None,
        }));
    }
    reader.settle(&b);
    assert_eq!(reader.take_seqs(TIMELINE), [1]);
    assert!(polls.len() >= 59 && polls.iter().all(|topics| topics.contains(&TIMELINE)));
    let of_copies = polls.iter().filter(|topics| topics.contains(&Topic::Posts)).count();
    assert_eq!(of_copies, 2, "at the start and after 10 s");
    assert!(b.hub.take_messages().is_empty(), "no message waits for a bus that does not exist");
}

#[test]
fn a_watched_topic_without_subscribers_advances_by_polling() {
    let store = InlineSqlite::open_in_memory(START, 1).unwrap();
    let (a, b) = (TestServer::node(store.clone(), 1), TestServer::node_without_bus(store, 2));
    let mut author = a.connect(&a.user("w"));
    b.hub.watch_advances(Topic::Posts);
    let mut advances = b.hub.advances();
    let mut now = START;
    let mut poll = || {
        now = now.plus(POLL_WITHOUT_BUS_MS);
        b.hub.tick(now);
        b.follow();
        advances.try_recv().ok().map(|advanced| (advanced.topic, advanced.seq))
    };
    poll();
    assert_eq!(poll(), None);
    author.command(PostsCommand::Create { text: "first".into() }.into());
    author.settle(&a);
    assert_eq!(poll(), Some((Topic::Posts, Seq(1))));
    assert_eq!(poll(), None, "once");
}

#[test]
fn a_commit_whose_answer_was_lost_reaches_the_readers_of_all_nodes_at_once() {
    let nodes = TwoNodes::new();
    let (w, r) = (nodes.a.user("w"), nodes.a.user("r"));
    let mut author = nodes.a.connect(&w);
    let mut readers = [&nodes.a, &nodes.b].map(|node| subscriber(node, &r, &[TIMELINE]));
    author.post("no answer");
    // The store has committed it, and the node knows nothing of it.
    author.commit_without_answer(&nodes.a);
    nodes.a.hub.on_unanswered_commit(&[(TIMELINE, Seq(1))]);
    nodes.deliver();
    for (reader, node) in readers.iter_mut().zip([&nodes.a, &nodes.b]) {
        reader.settle(node);
        assert_eq!(reader.take_seqs(TIMELINE), [1]);
    }
}

#[test]
fn an_own_event_waits_for_the_events_of_others_before_it() {
    let nodes = TwoNodes::new();
    let (w, x) = (nodes.a.user("w"), nodes.a.user("x"));
    let (mut author, mut other) = (nodes.a.connect(&w), nodes.b.connect(&x));
    let mut reader = subscriber(&nodes.b, &nodes.a.user("r"), &[TIMELINE]);
    author.post("first");
    author.settle(&nodes.a);
    other.post("second");
    other.settle(&nodes.b);
    nodes.deliver();
    reader.settle(&nodes.b);
    assert_eq!(reader.take_seqs(TIMELINE), [1, 2]);
}

#[test]
fn messages_in_any_order_and_number_change_nothing_twice() {
    let nodes = TwoNodes::new();
    let mut author = nodes.a.connect(&nodes.a.user("w"));
    let mut reader = subscriber(&nodes.b, &nodes.a.user("r"), &[TIMELINE]);
    let mut messages = Vec::new();
    for text in ["one", "two"] {
        author.now = author.now.plus(1_000);
        author.post(text);
        author.settle(&nodes.a);
        messages.extend(nodes.a.hub.take_messages());
    }
    for message in messages.iter().rev().chain(&messages) {
        nodes.b.hub.on_message(message).unwrap();
        nodes.b.follow();
    }
    reader.settle(&nodes.b);
    assert_eq!(reader.take_seqs(TIMELINE), [1, 2]);
    assert!(nodes.b.hub.on_message(b"no message").is_err());
}

#[test]
fn a_client_that_resumes_on_another_node_receives_no_text_that_was_redacted_meanwhile() {
    let nodes = TwoNodes::new();
    let mut author = nodes.a.connect(&nodes.a.user("w"));
    let user = nodes.a.user("r");
    let mut reader = nodes.b.connect(&user);
    reader.subscribe(&nodes.b, Topic::Posts, None);
    let [ServerFrame::Snapshot(state)] = &reader.take()[..] else { unreachable!("a snapshot") };
    let known = Some(state.position);
    nodes.command(&mut author, PostsCommand::Create { text: "first".into() }.into());
    nodes.command(&mut author, PostsCommand::Create { text: "a secret".into() }.into());
    nodes.deliver();
    reader.settle(&nodes.b);
    assert_eq!(reader.take_seqs(Topic::Posts), [1, 2]);
    // Node B caches a page of the log, because a restarted hub has no ring.
    let restarted = TestServer::node(nodes.b.store.clone(), 3);
    let mut late = restarted.connect(&user);
    late.subscribe(&restarted, Topic::Posts, known);
    assert!(format!("{:?}", late.take()).contains("a secret"));

    nodes.command(&mut author, PostsCommand::Delete { post: PostId(2) }.into());
    nodes.lose();
    for node in [&nodes.b, &restarted] {
        let mut resumed = node.connect(&user);
        resumed.subscribe(node, Topic::Posts, known);
        let received = format!("{:?}", resumed.take());
        assert!(received.contains("first") && !received.contains("a secret"), "{received}");
    }
}

#[test]
fn a_user_who_leaves_a_room_on_one_node_loses_access_on_another() {
    for (is_lost, follows_memberships) in
        [(false, false), (false, true), (true, false), (true, true)]
    {
        let mut nodes = TwoNodes::new();
        let user = nodes.a.user("r");
        let mut topics = vec![TIMELINE, Topic::Presence(ROOM)];
        if follows_memberships {
            topics.push(Topic::Memberships(user.id));
        }
        let mut phone = subscriber(&nodes.b, &user, &topics);
        nodes.poll();
        phone.settle(&nodes.b);
        assert_eq!(refused_topics(phone.take()), []);
        let mut laptop = nodes.a.connect(&user);
        nodes.command(&mut laptop, MembershipCommand::Leave { room: ROOM }.into());
        if is_lost {
            nodes.lose();
            nodes.poll();
        } else {
            nodes.deliver();
        }
        phone.settle(&nodes.b);
        let refused = [TIMELINE, Topic::Presence(ROOM)].map(|it| (it, ErrorCode::NotMember));
        assert_eq!(
            refused_topics(phone.take()),
            refused,
            "lost {is_lost}, memberships {follows_memberships}"
        );
    }
}

#[test]
fn a_check_of_access_during_the_opening_of_a_topic_leaves_it_open() {
    let server = TestServer::new();
    let user = server.user("r");
    let (mut phone, mut laptop) = (server.connect(&user), server.connect(&user));
    phone
        .send(&ClientFrame::Subscribe(madang_shared::Subscription { topic: TIMELINE, from: None }));
    laptop.command(MembershipCommand::Leave { room: ROOM }.into());
    laptop.command(MembershipCommand::Join { room: ROOM }.into());
    laptop.settle(&server);
    // The check is answered before the topic is open.
    let effects = phone.session.on_wake();
    for effect in effects {
        if let madang_hub::Effect::Request(request) = effect {
            phone.requests.push_front(request);
        }
    }
    phone.settle(&server);
    assert_eq!(phone.closed, None);
    assert!(matches!(phone.take()[..], [ServerFrame::Snapshot(_)]));
}

#[test]
fn connections_of_two_nodes_have_different_ids() {
    let nodes = TwoNodes::new();
    let user = nodes.a.user("r");
    let ids = [&nodes.a, &nodes.b].map(|node| node.connect(&user).session.connection());
    assert_ne!(ids[0], ids[1]);
    assert!(ids.iter().all(|id| id.0 < 1 << 53), "exact in JavaScript: {ids:?}");
}

#[tokio::test]
async fn the_tasks_of_two_nodes_deliver_through_the_bus_and_the_log() {
    use madang_hub::bus::{Bus, InProcess};
    let nodes = TwoNodes::new();
    let mut reader = subscriber(&nodes.b, &nodes.a.user("r"), &[TIMELINE]);
    let mut author = nodes.a.connect(&nodes.a.user("w"));
    let bus = InProcess::default();
    let store: Arc<dyn Store> = Arc::new(nodes.b.store.clone());
    let (hub, messages) = (nodes.b.hub.clone(), bus.listen());
    let listener = tokio::spawn(async move { hub.run_listener(messages, |_| ()).await });
    let hub = nodes.b.hub.clone();
    let follower = tokio::spawn(async move { hub.run_follower(&*store, |_| ()).await });
    author.post("from afar");
    author.settle(&nodes.a);
    assert!(nodes.a.hub.run_sender(&bus).now_or_never().is_none());
    reader.session.wakeups().changed().await;
    reader.settle(&nodes.b);
    assert_eq!(reader.take_seqs(TIMELINE), [1]);
    drop(bus);
    listener.await.expect("the listener ends with the bus");
    follower.abort();
}
