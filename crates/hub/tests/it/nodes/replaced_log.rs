//! A log that is replaced while a node runs: a standby took over that lacks events.

use madang_hub::nodes::NodeId;
use madang_hub::nodes::message::{NodeContent, NodeMessage};
use madang_shared::frames::TopicState;
use madang_shared::{
    ClientFrame, Epoch, Position, Seq, ServerFrame, Snapshot, Subscription, Topic, User, UserId,
};
use madang_store::InlineSqlite;

use super::{TIMELINE, subscriber};
use crate::test_server::{START, TestServer, answer};

const FORMER: Epoch = Epoch(11);
const PRESENT: Epoch = Epoch(12);

/// A node, and the log that replaces its log. Both logs have the same users. The former one has three messages, the other
/// one has the first of them.
struct Failover {
    node: TestServer,
    present: InlineSqlite,
    user: User,
    posts: u64,
}

impl Failover {
    fn new() -> Self {
        let [former, present] = [(1, 3), (2, 1)].map(|(seed, messages)| {
            let store = InlineSqlite::open_in_memory(START, seed).unwrap();
            let node = TestServer::node(store.clone(), seed);
            let mut author = node.connect(&node.user("w"));
            for number in 1..=messages {
                author.now = author.now.plus(1_000);
                author.post(&format!("message {number}"));
                author.settle(&node);
            }
            store
        });
        let node = TestServer::node_over_log(former, 3, FORMER);
        let user = User { id: UserId(1), name: "w".into() };
        Self { node, present, user, posts: 0 }
    }

    /// The log is replaced, and requests reach the present one.
    fn replace(&mut self) {
        self.node.store = self.present.clone();
        self.node.hub.replace_log(PRESENT);
    }

    /// Another connection posts a message to the present log.
    fn post(&mut self, text: &str) {
        let mut author = self.node.connect(&self.user);
        self.posts += 1;
        author.now = author.now.plus(9_000 * self.posts);
        author.post(text);
        author.settle(&self.node);
        assert_eq!(author.take_errors(), []);
    }
}

fn subscribe(from: Option<Position>) -> ClientFrame {
    ClientFrame::Subscribe(Subscription { topic: TIMELINE, from })
}

fn texts(state: &TopicState) -> Vec<String> {
    match &state.snapshot {
        Snapshot::Chat(chat) => chat.page.messages.iter().map(|it| it.text.clone()).collect(),
        other => unreachable!("{other:?}"),
    }
}

/// The new state and the seqs of the events after it, which must be all that was received.
fn state_and_events(received: Vec<ServerFrame>) -> (TopicState, bool, Vec<u64>) {
    let mut received = received.into_iter();
    let (state, is_reset) = match received.next() {
        Some(ServerFrame::Reset(state)) => (state, true),
        Some(ServerFrame::Snapshot(state)) => (state, false),
        other => unreachable!("no state: {other:?}"),
    };
    let seqs = received.map(|frame| match frame {
        ServerFrame::Event { topic: TIMELINE, seq, .. } => seq.0,
        other => unreachable!("{other:?}"),
    });
    (state, is_reset, seqs.collect())
}

#[test]
fn a_connected_client_gets_the_present_state_before_any_present_event() {
    let mut failover = Failover::new();
    let user = failover.user.clone();
    let mut reader = subscriber(&failover.node, &user, &[TIMELINE]);
    failover.replace();
    failover.post("second");
    failover.post("third");
    reader.settle(&failover.node);
    failover.post("fourth");
    reader.settle(&failover.node);
    let (state, is_reset, seqs) = state_and_events(reader.take());
    assert!(is_reset);
    assert_eq!(texts(&state), ["message 1", "second", "third"]);
    assert_eq!(seqs, [4]);
}

#[test]
fn a_state_of_the_former_log_is_not_sent_after_the_replacement() {
    let mut failover = Failover::new();
    let mut reader = failover.node.connect(&failover.user);
    reader.send(&subscribe(None));
    let request = reader.requests.pop_front().unwrap();
    let late = answer(&failover.node.store, &failover.user, request);
    failover.replace();
    reader.respond(late);
    reader.settle(&failover.node);
    failover.post("second");
    reader.settle(&failover.node);
    let (state, _, seqs) = state_and_events(reader.take());
    assert_eq!(texts(&state), ["message 1"]);
    assert_eq!(seqs, [2]);
}

#[test]
fn a_client_that_catches_up_gets_no_present_event_under_the_former_epoch() {
    let mut failover = Failover::new();
    let mut first = subscriber(&failover.node, &failover.user, &[]);
    first.subscribe(&failover.node, TIMELINE, None);
    let (state, ..) = state_and_events(first.take());
    let from = Position { seq: Seq(1), ..state.position };
    let mut reader = failover.node.connect(&failover.user);
    reader.send(&subscribe(Some(from)));
    let open = reader.requests.pop_front().unwrap();
    let opened = answer(&failover.node.store, &failover.user, open);
    reader.respond(opened);
    // The ring has no frames, so the session asks for a page of the log.
    let read = reader.requests.pop_front().unwrap();
    reader.take();
    failover.replace();
    failover.post("second");
    let page = answer(&failover.present, &failover.user, read);
    reader.respond(page);
    reader.settle(&failover.node);
    let (state, is_reset, seqs) = state_and_events(reader.take());
    assert!(is_reset && seqs.is_empty());
    assert_eq!(texts(&state), ["message 1", "second"]);
}

#[test]
fn an_announcement_about_the_former_log_hides_no_present_event() {
    let mut failover = Failover::new();
    failover.replace();
    let mut reader = failover.node.connect(&failover.user);
    reader.send(&subscribe(None));
    let advanced = NodeContent::Advanced(vec![(TIMELINE, Seq(3)), (Topic::Posts, Seq(7))]);
    let message = NodeMessage::new(NodeId(9), advanced).about_log(FORMER).encode();
    failover.node.hub.on_message(&message).unwrap();
    reader.settle(&failover.node);
    failover.post("second");
    reader.settle(&failover.node);
    let (state, _, seqs) = state_and_events(reader.take());
    assert_eq!(texts(&state), ["message 1"]);
    assert_eq!(seqs, [2]);
}

#[test]
fn nothing_of_the_former_log_is_announced_as_of_the_present_one() {
    let mut failover = Failover::new();
    failover.post("fourth");
    failover.replace();
    for message in failover.node.hub.take_messages() {
        let message = NodeMessage::decode(&message).unwrap();
        assert_eq!(message.log, Some(PRESENT));
        assert!(!matches!(message.content, NodeContent::Advanced(_)), "{message:?}");
    }
}
