//! The price: published to all subscribers, requested once.

use madang_hub::price::LivePrice;
use madang_shared::presence::PRESENCE_WINDOW_MS;
use madang_shared::price::PRICE_EVERY_MS;
use madang_shared::price::{
    Currency, PriceEvent, PriceNow, PriceSnapshot, PriceSource, PriceState, Quote,
};
use madang_shared::{
    ClientFrame, Epoch, Event, Position, Seq, ServerFrame, Snapshot, Timestamp, Topic,
};

use crate::test_server::{START, TestConnection, TestServer};

fn price(at: Timestamp, price: &str) -> PriceNow {
    let source = PriceSource::Simulated;
    let currency = Currency::Usd;
    let quote = Quote { price: price.into(), currency, change_24h: None, source, at };
    PriceNow { quote: Some(quote), state: PriceState::Live, ..PriceNow::default() }
}

/// The time at which the event number `step` may be published.
fn later(step: u64) -> Timestamp {
    START.plus(step * PRICE_EVERY_MS)
}

fn set(server: &TestServer, step: u64) {
    set_price(server, price(later(step), &format!("{}.5", 70_000 + step)), later(step));
}

fn set_price(server: &TestServer, price: PriceNow, now: Timestamp) {
    server.hub.ephemeral::<LivePrice>().update(|state| state.set(price, now));
}

fn watch(server: &TestServer, connection: &mut TestConnection, from: Option<Position>) {
    connection.subscribe(server, Topic::Price, from);
    assert!(connection.requests.is_empty(), "no request to the store");
}

/// The state of a client after these frames, and its seq.
fn apply_frames(
    known: Option<PriceSnapshot>,
    frames: Vec<ServerFrame>,
) -> (Seq, Option<PriceSnapshot>) {
    let (mut last_seq, mut known) = (Seq(0), known);
    for frame in frames {
        match frame {
            ServerFrame::Snapshot(state) | ServerFrame::Reset(state) => {
                let Snapshot::Price(snapshot) = state.snapshot else { continue };
                (last_seq, known) = (state.position.seq, Some(snapshot));
            }
            ServerFrame::Event { seq, event: Event::Price(PriceEvent::Changed(now)), .. } => {
                let snapshot = known.as_mut().expect("a state before the first event");
                if last_seq != Seq(0) {
                    assert_eq!(seq, last_seq.next(), "no hole");
                }
                snapshot.history.add(now.quote.as_ref().expect("a quote"));
                (last_seq, snapshot.now) = (seq, now);
            }
            _ => {}
        }
    }
    (last_seq, known)
}

#[test]
fn the_price_is_followed_from_its_first_subscriber_until_the_last_one_leaves() {
    let server = TestServer::new();
    let mut followed = server.hub.ephemeral::<LivePrice>().followed();
    assert!(!*followed.borrow_and_update());
    let mut watchers: Vec<TestConnection> =
        (0..100).map(|number| server.connect(&server.user(&format!("u{number}")))).collect();
    watch(&server, &mut watchers[0], None);
    assert!(*followed.borrow_and_update());
    for watcher in &mut watchers[1..] {
        watch(&server, watcher, None);
    }
    assert!(!followed.has_changed().unwrap(), "further subscribers change nothing");
    let last = watchers.pop().unwrap();
    for mut watcher in watchers.drain(..50) {
        watcher.send(&ClientFrame::Unsubscribe { topic: Topic::Price });
    }
    drop(watchers);
    assert!(!followed.has_changed().unwrap(), "one is left");
    drop(last);
    assert!(!*followed.borrow_and_update());
}

#[test]
fn a_new_subscriber_gets_a_snapshot_at_once_and_all_later_events() {
    let server = TestServer::new();
    let mut first = server.connect(&server.user("first"));
    watch(&server, &mut first, None);
    let (_, known) = apply_frames(None, first.take());
    assert_eq!(
        known,
        Some(PriceSnapshot::default()),
        "an empty snapshot, because no price is known yet"
    );
    for step in 1..=20 {
        set(&server, step);
        first.settle(&server);
    }
    let (last_seq, known) = apply_frames(known, first.take());

    let mut second = server.connect(&server.user("second"));
    watch(&server, &mut second, None);
    assert_eq!(apply_frames(None, second.take()), (last_seq, known), "events add up to the state");
}

#[test]
fn only_the_latest_price_is_published_at_a_bounded_rate() {
    let server = TestServer::new();
    let mut connection = server.connect(&server.user("a"));
    watch(&server, &mut connection, None);
    connection.take();
    let mut published = 0;
    let ticks = 10 * PRICE_EVERY_MS / PRESENCE_WINDOW_MS;
    for tick in 0..ticks {
        let now = START.plus(tick * PRESENCE_WINDOW_MS);
        for cents in 0..10 {
            set_price(&server, price(now, &format!("{tick}.{cents}")), now);
        }
        server.hub.tick(now);
        connection.settle(&server);
        published += connection.take_seqs(Topic::Price).len();
    }
    assert_eq!(published, 10);
    server.hub.tick(START.plus(ticks * PRESENCE_WINDOW_MS + PRICE_EVERY_MS));
    connection.settle(&server);
    let frames = connection.take();
    let [ServerFrame::Event { event: Event::Price(PriceEvent::Changed(now)), .. }] = &frames[..]
    else {
        panic!("{frames:?}")
    };
    let latest = now.quote.as_ref().unwrap();
    assert_eq!(latest.price, format!("{}.9", ticks - 1), "the last price is published in the end");
}

#[test]
fn the_same_price_is_not_published_twice() {
    let server = TestServer::new();
    let mut connection = server.connect(&server.user("a"));
    watch(&server, &mut connection, None);
    connection.take();
    for step in 1..=3 {
        set_price(&server, price(START, "1"), later(step));
    }
    connection.settle(&server);
    assert_eq!(connection.take_seqs(Topic::Price), [1]);
}

#[test]
fn a_slow_subscriber_gets_a_snapshot_instead_of_missed_events() {
    let server = TestServer::new();
    let mut connection = server.connect(&server.user("a"));
    watch(&server, &mut connection, None);
    connection.take();
    for step in 1..=200 {
        set(&server, step);
    }
    connection.settle(&server);
    let frames = connection.take();
    let [ServerFrame::Reset(state)] = &frames[..] else { panic!("{frames:?}") };
    assert_eq!(state.position.seq, Seq(200));
    set(&server, 201);
    connection.settle(&server);
    assert_eq!(connection.take_seqs(Topic::Price), [201], "events continue from the snapshot");
}

#[test]
fn an_early_resume_replays_the_gap_and_a_late_one_or_one_of_another_epoch_is_a_reset() {
    let server = TestServer::new();
    let mut staying = server.connect(&server.user("staying"));
    watch(&server, &mut staying, None);
    let mut connection = server.connect(&server.user("a"));
    watch(&server, &mut connection, None);
    set(&server, 1);
    let known = Position::new(Epoch(1), Seq(1));
    for step in 2..=4 {
        set(&server, step);
    }
    connection.take();
    watch(&server, &mut connection, Some(known));
    let frames = connection.take();
    let to = Position::new(Epoch(1), Seq(4));
    assert_eq!(frames[0], ServerFrame::Recovered { topic: Topic::Price, from: known, to });
    assert_eq!(frames.len(), 4, "{frames:?}");

    watch(&server, &mut connection, Some(Position::new(Epoch(9), Seq(4))));
    let frames = connection.take();
    assert!(matches!(&frames[..], [ServerFrame::Reset(_)]), "{frames:?}");
    for step in 5..=100 {
        set(&server, step);
    }
    watch(&server, &mut connection, Some(known));
    let frames = connection.take();
    assert!(matches!(&frames[..], [ServerFrame::Reset(_)]), "{frames:?}");
}
