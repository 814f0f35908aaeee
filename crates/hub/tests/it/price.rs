//! The price: told to all, asked for once.

use madang_shared::presence::PRESENCE_WINDOW_MS;
use madang_shared::price::PRICE_EVERY_MS;
use madang_shared::price::{
    Currency, PriceEvent, PriceNow, PriceSnapshot, PriceSource, PriceState, Quote,
};
use madang_shared::{
    ClientFrame, Epoch, Event, Position, Seq, ServerFrame, Snapshot, Timestamp, Topic,
};

use crate::test_client::{House, START, TestClient};

fn price(at: Timestamp, price: &str) -> PriceNow {
    let source = PriceSource::Simulated;
    let currency = Currency::Usd;
    let quote = Quote { price: price.into(), currency, change_24h: None, source, at };
    PriceNow { quote: Some(quote), state: PriceState::Live, tried: Vec::new() }
}

/// The moment of the `step`th event that may be told.
fn later(step: u64) -> Timestamp {
    START.plus(step * PRICE_EVERY_MS)
}

fn set(house: &House, step: u64) {
    house.hub.set_price(price(later(step), &format!("{}.5", 70_000 + step)), later(step));
}

fn watch(house: &House, client: &mut TestClient, from: Option<Position>) {
    client.subscribe(house, Topic::Price, from);
    assert!(client.asked.is_empty(), "the store is not asked");
}

/// What a reader knows after these frames, and where it stands.
fn learn(known: Option<PriceSnapshot>, frames: Vec<ServerFrame>) -> (Seq, Option<PriceSnapshot>) {
    let (mut place, mut known) = (Seq(0), known);
    for frame in frames {
        match frame {
            ServerFrame::Snapshot(state) | ServerFrame::Reset(state) => {
                let Snapshot::Price(snapshot) = state.snapshot else { continue };
                (place, known) = (state.position.seq, Some(snapshot));
            }
            ServerFrame::Event { seq, event: Event::Price(PriceEvent::Changed(now)), .. } => {
                let snapshot = known.as_mut().expect("a state before the first event");
                if place != Seq(0) {
                    assert_eq!(seq, place.next(), "no hole");
                }
                snapshot.history.add(now.quote.as_ref().expect("a quote"));
                (place, snapshot.now) = (seq, now);
            }
            _ => {}
        }
    }
    (place, known)
}

#[test]
fn many_watchers_are_one_wish_and_it_ends_with_the_last_of_them() {
    let house = House::new();
    let mut wish = house.hub.price_followed();
    assert!(!*wish.borrow_and_update());
    let mut watchers: Vec<TestClient> =
        (0..100).map(|number| house.client(&house.user(&format!("u{number}")))).collect();
    watch(&house, &mut watchers[0], None);
    assert!(*wish.borrow_and_update());
    for watcher in &mut watchers[1..] {
        watch(&house, watcher, None);
    }
    assert!(!wish.has_changed().unwrap(), "the second and all others change nothing");
    let last = watchers.pop().unwrap();
    for mut watcher in watchers.drain(..50) {
        watcher.say(&ClientFrame::Unsubscribe { topic: Topic::Price });
    }
    drop(watchers);
    assert!(!wish.has_changed().unwrap(), "one is left");
    drop(last);
    assert!(!*wish.borrow_and_update());
}

#[test]
fn a_newcomer_gets_what_is_now_at_once_and_all_that_follows() {
    let house = House::new();
    let mut first = house.client(&house.user("first"));
    watch(&house, &mut first, None);
    let (_, known) = learn(None, first.take());
    assert_eq!(known, Some(PriceSnapshot::default()), "nothing is known yet, and that is said");
    for step in 1..=20 {
        set(&house, step);
        first.settle(&house);
    }
    let (place, known) = learn(known, first.take());

    let mut second = house.client(&house.user("second"));
    watch(&house, &mut second, None);
    assert_eq!(learn(None, second.take()), (place, known), "events add up to the state");
}

#[test]
fn only_the_latest_is_told_and_not_too_often() {
    let house = House::new();
    let mut client = house.client(&house.user("a"));
    watch(&house, &mut client, None);
    client.take();
    let mut told = 0;
    let ticks = 10 * PRICE_EVERY_MS / PRESENCE_WINDOW_MS;
    for tick in 0..ticks {
        let now = START.plus(tick * PRESENCE_WINDOW_MS);
        for cents in 0..10 {
            house.hub.set_price(price(now, &format!("{tick}.{cents}")), now);
        }
        house.hub.tick(now);
        client.settle(&house);
        told += client.take_places(Topic::Price).len();
    }
    assert_eq!(told, 10);
    house.hub.tick(START.plus(ticks * PRESENCE_WINDOW_MS + PRICE_EVERY_MS));
    client.settle(&house);
    let frames = client.take();
    let [ServerFrame::Event { event: Event::Price(PriceEvent::Changed(now)), .. }] = &frames[..]
    else {
        panic!("{frames:?}")
    };
    let latest = now.quote.as_ref().unwrap();
    assert_eq!(latest.price, format!("{}.9", ticks - 1), "the last word is told in the end");
}

#[test]
fn the_same_price_is_not_told_twice() {
    let house = House::new();
    let mut client = house.client(&house.user("a"));
    watch(&house, &mut client, None);
    client.take();
    for step in 1..=3 {
        house.hub.set_price(price(START, "1"), later(step));
    }
    client.settle(&house);
    assert_eq!(client.take_places(Topic::Price), [1]);
}

#[test]
fn a_slow_watcher_gets_what_is_now_instead_of_a_backlog() {
    let house = House::new();
    let mut client = house.client(&house.user("a"));
    watch(&house, &mut client, None);
    client.take();
    for step in 1..=200 {
        set(&house, step);
    }
    client.settle(&house);
    let frames = client.take();
    let [ServerFrame::Reset(state)] = &frames[..] else { panic!("{frames:?}") };
    assert_eq!(state.position.seq, Seq(200));
    set(&house, 201);
    client.settle(&house);
    assert_eq!(client.take_places(Topic::Price), [201], "and goes on from there");
}

#[test]
fn coming_back_soon_replays_the_gap_and_later_or_to_another_life_is_a_reset() {
    let house = House::new();
    let mut staying = house.client(&house.user("staying"));
    watch(&house, &mut staying, None);
    let mut client = house.client(&house.user("a"));
    watch(&house, &mut client, None);
    set(&house, 1);
    let known = Position::new(Epoch(1), Seq(1));
    for step in 2..=4 {
        set(&house, step);
    }
    client.take();
    watch(&house, &mut client, Some(known));
    let frames = client.take();
    let to = Position::new(Epoch(1), Seq(4));
    assert_eq!(frames[0], ServerFrame::Recovered { topic: Topic::Price, from: known, to });
    assert_eq!(frames.len(), 4, "{frames:?}");

    watch(&house, &mut client, Some(Position::new(Epoch(9), Seq(4))));
    let frames = client.take();
    assert!(matches!(&frames[..], [ServerFrame::Reset(_)]), "{frames:?}");
    for step in 5..=100 {
        set(&house, step);
    }
    watch(&house, &mut client, Some(known));
    let frames = client.take();
    assert!(matches!(&frames[..], [ServerFrame::Reset(_)]), "{frames:?}");
}
