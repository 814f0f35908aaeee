//! Presence, typing, price, delivery and the ends of sessions across nodes.

use futures_util::FutureExt;
use madang_hub::delivery::report;
use madang_hub::gateway::MessageReceipts;
use madang_hub::nodes::NODE_EXPIRY_MS;
use madang_hub::ports::Store;
use madang_hub::price::LivePrice;
use madang_shared::presence::{PRESENCE_WINDOW_MS, PresenceEvent, PresenceSignal};
use madang_shared::price::{PRICE_EVERY_MS, PriceNow, PriceState};
use madang_shared::{
    ClientFrame, Event, Seq, ServerFrame, Snapshot, Subscription, Topic, User, UserId,
};

use super::TwoNodes;
use crate::test_server::{ROOM, TestConnection, TestServer};

const TIMELINE: Topic = Topic::Room(ROOM);
const PRESENCE: Topic = Topic::Presence(ROOM);

impl TwoNodes {
    fn tick(&mut self, millis: u64) {
        self.now = self.now.plus(millis);
        self.a.hub.tick(self.now);
        self.b.hub.tick(self.now);
    }

    /// Lets changes become messages, delivers them, and publishes them.
    fn exchange(&mut self) {
        self.tick(PRESENCE_WINDOW_MS);
        self.deliver();
        self.tick(PRESENCE_WINDOW_MS);
        self.deliver();
    }

    /// A connection that is alive at the present time.
    fn enter(&self, node: &TestServer, user: &User) -> TestConnection {
        let mut connection = node.connect(user);
        connection.now = self.now;
        for topic in [TIMELINE, PRESENCE] {
            connection.send(&ClientFrame::Subscribe(Subscription { topic, from: None }));
            connection.settle(node);
        }
        connection
    }
}

fn events(node: &TestServer, connection: &mut TestConnection) -> Vec<PresenceEvent> {
    connection.settle(node);
    let events = connection.take().into_iter().filter_map(|frame| match frame {
        ServerFrame::Event { event: Event::Presence(event), .. } => Some(event),
        _ => None,
    });
    events.collect()
}

/// The users that a new subscriber of the presence sees.
fn present(node: &TestServer, user: &User) -> Vec<UserId> {
    let mut visitor = node.connect(user);
    visitor.subscribe(node, PRESENCE, None);
    match &visitor.take()[..] {
        [ServerFrame::Snapshot(state)] => match &state.snapshot {
            Snapshot::Presence(snapshot) => snapshot.present.iter().map(|user| user.id).collect(),
            other => unreachable!("{other:?}"),
        },
        other => unreachable!("{other:?}"),
    }
}

fn joined(user: &User) -> PresenceEvent {
    PresenceEvent::Changed { joined: vec![user.clone()], left: vec![] }
}

fn left(user: &User) -> PresenceEvent {
    PresenceEvent::Changed { joined: vec![], left: vec![user.id] }
}

#[test]
fn a_user_is_present_on_all_nodes_until_the_last_connection_on_any_node_ends() {
    let mut nodes = TwoNodes::new();
    let (anna, ben) = (nodes.a.user("anna"), nodes.a.user("ben"));
    let mut watcher = nodes.enter(&nodes.a, &anna);
    nodes.exchange();
    events(&nodes.a, &mut watcher);
    let (phone, laptop) = (nodes.enter(&nodes.b, &ben), nodes.enter(&nodes.a, &ben));
    nodes.exchange();
    assert_eq!(events(&nodes.a, &mut watcher), [joined(&ben)]);
    assert_eq!(present(&nodes.b, &ben), [anna.id, ben.id]);
    drop(laptop);
    nodes.exchange();
    assert_eq!(events(&nodes.a, &mut watcher), []);
    drop(phone);
    nodes.exchange();
    assert_eq!(events(&nodes.a, &mut watcher), [left(&ben)]);
    assert_eq!(present(&nodes.b, &ben), [anna.id]);
}

#[test]
fn a_node_that_starts_later_learns_the_present_users() {
    let mut nodes = TwoNodes::new();
    let anna = nodes.a.user("anna");
    let _watcher = nodes.enter(&nodes.a, &anna);
    nodes.exchange();
    nodes.b = TestServer::node(nodes.a.store.clone(), 3);
    nodes.exchange();
    nodes.tick(PRESENCE_WINDOW_MS);
    assert_eq!(present(&nodes.b, &anna), [anna.id]);
}

#[test]
fn a_lost_message_is_repaired_by_the_next_whole_state() {
    let mut nodes = TwoNodes::new();
    let (anna, ben) = (nodes.a.user("anna"), nodes.a.user("ben"));
    nodes.exchange();
    let phone = nodes.enter(&nodes.b, &ben);
    nodes.tick(PRESENCE_WINDOW_MS);
    nodes.lose();
    nodes.exchange();
    assert_eq!(present(&nodes.a, &anna), []);
    nodes.tick(20_000);
    nodes.exchange();
    assert_eq!(present(&nodes.a, &anna), [ben.id]);
    drop(phone);
    nodes.tick(PRESENCE_WINDOW_MS);
    nodes.lose();
    nodes.tick(4_000);
    nodes.exchange();
    assert_eq!(present(&nodes.a, &anna), []);
}

#[test]
fn the_users_of_a_dead_node_leave_within_15_seconds() {
    let mut nodes = TwoNodes::new();
    let (anna, ben) = (nodes.a.user("anna"), nodes.a.user("ben"));
    let mut watcher = nodes.enter(&nodes.a, &anna);
    let _phone = nodes.enter(&nodes.b, &ben);
    nodes.exchange();
    events(&nodes.a, &mut watcher);
    for _ in 0..NODE_EXPIRY_MS / 1_000 - 1 {
        nodes.now = nodes.now.plus(1_000);
        nodes.a.hub.tick(nodes.now);
    }
    assert_eq!(events(&nodes.a, &mut watcher), []);
    nodes.now = nodes.now.plus(2_000);
    nodes.a.hub.tick(nodes.now);
    assert_eq!(events(&nodes.a, &mut watcher), [left(&ben)]);
}

#[test]
fn late_and_repeated_messages_do_not_bring_a_user_back() {
    let mut nodes = TwoNodes::new();
    let (anna, ben) = (nodes.a.user("anna"), nodes.a.user("ben"));
    nodes.exchange();
    let mut messages = Vec::new();
    let phone = nodes.enter(&nodes.b, &ben);
    nodes.tick(PRESENCE_WINDOW_MS);
    messages.extend(nodes.b.hub.take_messages());
    drop(phone);
    nodes.tick(PRESENCE_WINDOW_MS);
    messages.extend(nodes.b.hub.take_messages());
    for message in messages.iter().rev().chain(&messages) {
        nodes.a.hub.on_message(message).unwrap();
        nodes.a.hub.tick(nodes.now.plus(PRESENCE_WINDOW_MS));
    }
    assert_eq!(present(&nodes.a, &anna), []);
}

#[test]
fn typing_reaches_the_other_nodes_at_once() {
    let mut nodes = TwoNodes::new();
    let (anna, ben) = (nodes.a.user("anna"), nodes.a.user("ben"));
    let mut watcher = nodes.enter(&nodes.a, &anna);
    let mut phone = nodes.enter(&nodes.b, &ben);
    nodes.exchange();
    events(&nodes.a, &mut watcher);
    for typing in [true, false] {
        phone.send(&ClientFrame::Signal(PresenceSignal::Typing { room: ROOM, typing }.into()));
        nodes.deliver();
        let user = ben.clone();
        assert_eq!(events(&nodes.a, &mut watcher), [PresenceEvent::Typing { user, typing }]);
    }
}

#[test]
fn a_position_of_another_node_gets_a_reset() {
    let mut nodes = TwoNodes::new();
    let anna = nodes.a.user("anna");
    let mut watcher = nodes.enter(&nodes.a, &anna);
    nodes.exchange();
    watcher.settle(&nodes.a);
    let known = watcher.take().into_iter().find_map(|frame| match frame {
        ServerFrame::Snapshot(state) if state.topic == PRESENCE => Some(state.position),
        _ => None,
    });
    let mut moved = nodes.b.connect(&anna);
    moved.subscribe(&nodes.b, PRESENCE, known);
    assert!(matches!(moved.take()[..], [ServerFrame::Reset(_)]));
}

#[test]
fn the_price_of_one_node_reaches_the_subscribers_of_another() {
    let mut nodes = TwoNodes::new();
    let user = nodes.a.user("r");
    let mut viewer = nodes.b.connect(&user);
    viewer.subscribe(&nodes.b, Topic::Price, None);
    viewer.take();
    assert!(!*nodes.a.hub.ephemeral::<LivePrice>().followed().borrow());
    nodes.exchange();
    assert!(*nodes.a.hub.ephemeral::<LivePrice>().followed().borrow(), "the source is needed");
    let price = PriceNow { state: PriceState::Live, ..PriceNow::default() };
    let now = nodes.now;
    nodes.a.hub.ephemeral::<LivePrice>().update(|state| state.set(price, now));
    nodes.deliver();
    nodes.tick(PRICE_EVERY_MS);
    viewer.settle(&nodes.b);
    assert!(matches!(viewer.take()[..], [ServerFrame::Event { topic: Topic::Price, .. }]));
    // Node A does not get its own price back.
    assert_eq!(nodes.b.hub.take_messages().iter().filter(|it| is_price(it)).count(), 0);

    drop(viewer);
    for _ in 0..5 {
        nodes.tick(4_000);
        nodes.deliver();
    }
    assert!(!*nodes.a.hub.ephemeral::<LivePrice>().followed().borrow());
}

fn is_price(message: &[u8]) -> bool {
    String::from_utf8_lossy(message).contains("\"price\":{")
}

#[tokio::test]
async fn the_delivery_of_a_message_counts_the_connections_of_all_nodes() {
    let mut nodes = TwoNodes::new();
    let (anna, ben) = (nodes.a.user("anna"), nodes.a.user("ben"));
    let mut author = nodes.enter(&nodes.a, &anna);
    let mut phone = nodes.enter(&nodes.b, &ben);
    nodes.exchange();
    author.post("everywhere");
    author.settle(&nodes.a);
    nodes.deliver();
    phone.settle(&nodes.b);
    let recipients = nodes.a.store.delivery(anna.id, ROOM, Seq(1)).now_or_never().unwrap().unwrap();
    let delivery = report(&nodes.a.hub, ROOM, recipients.clone());
    tokio::pin!(delivery);
    assert!(futures_util::poll!(&mut delivery).is_pending(), "waits for the other node");
    nodes.deliver();
    nodes.deliver();
    let delivery = delivery.await;
    assert_eq!((delivery.subscribed, delivery.delivered), (2, 2));
    assert_eq!((delivery.people[0].subscribed, delivery.people[0].delivered), (1, 1));

    // A node that does not answer is not counted, and is not waited for without end.
    let delivery = report(&nodes.a.hub, ROOM, recipients).await;
    assert_eq!((delivery.subscribed, delivery.delivered), (1, 1));
}

#[test]
fn the_end_of_a_session_is_announced_to_the_other_nodes() {
    let nodes = TwoNodes::new();
    let mut ends = nodes.b.hub.session_ends().unwrap();
    let mut own = nodes.a.hub.session_ends().unwrap();
    nodes.a.hub.announce_session_end([7; 32]);
    nodes.deliver();
    assert_eq!(ends.try_recv(), Ok([7; 32]));
    assert!(own.try_recv().is_err());
    assert!(TestServer::new().hub.session_ends().is_none(), "a server without other nodes");
}

#[test]
fn the_receipts_of_guests_are_joined_however_their_messages_arrive() {
    let nodes = TwoNodes::new();
    let receipts = |seq, confirmed: &str| MessageReceipts {
        topic: TIMELINE,
        seq: Seq(seq),
        requested: 2,
        confirmed: vec![confirmed.to_owned()],
    };
    nodes.b.hub.record_receipts(receipts(7, "of b"));
    let messages = nodes.b.hub.take_messages();
    for message in messages.iter().chain(messages.iter().rev()) {
        nodes.a.hub.on_message(message).unwrap();
    }
    nodes.a.hub.record_receipts(receipts(7, "of a"));
    nodes.a.hub.record_receipts(receipts(8, "another"));
    nodes.deliver();
    for (node, first) in [(&nodes.a, "of b"), (&nodes.b, "of b")] {
        let joined = node.hub.receipts_of(TIMELINE, Seq(7)).unwrap();
        assert_eq!(
            (joined.requested, &joined.confirmed[..]),
            (4, &[first.into(), "of a".into()][..])
        );
        assert_eq!(node.hub.recent_receipts().len(), 2);
        assert_eq!(node.hub.receipts_of(TIMELINE, Seq(9)), None);
    }
}
