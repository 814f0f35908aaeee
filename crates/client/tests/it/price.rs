//! The price.

use madang_client::price::Price;
use madang_client::{Action, Input, Slice};
use madang_shared::price::{
    Currency, PriceEvent, PriceHistory, PriceNow, PriceSnapshot, PriceSource, PriceState, Quote,
};
use madang_shared::{
    ClientFrame, Epoch, Position, Seq, ServerFrame, State, Subscription, Timestamp, Topic,
};

use crate::support::{Bench, START};

fn quote(at: Timestamp, price: &str) -> Quote {
    let (currency, source) = (Currency::Usd, PriceSource::Simulated);
    Quote { price: price.into(), currency, change_24h: None, source, at }
}

fn live(quote: Quote) -> PriceNow {
    PriceNow { quote: Some(quote), state: PriceState::Live, tried: Vec::new() }
}

fn watching(now: PriceNow) -> Bench {
    let mut bench = Bench::in_room(0);
    bench.input(Input::Act(Action::Watch(&[Topic::Price])));
    let mut history = PriceHistory::default();
    if let Some(quote) = &now.quote {
        history.add(quote);
    }
    bench.state(Topic::Price, 3, PriceSnapshot { now, history }.into());
    bench
}

fn moved(bench: &mut Bench, seq: u64, now: PriceNow) {
    let event = PriceEvent::Changed(now).into();
    bench.frame(&ServerFrame::Event { topic: Topic::Price, seq: Seq(seq), event });
}

fn price(bench: &Bench) -> &Price {
    bench.client.features().price()
}

#[test]
fn t2_5_the_latest_price_shows_and_the_history_grows_with_it() {
    let mut bench = watching(live(quote(START, "1")));
    bench.changed.clear();
    for step in 1..=600 {
        moved(&mut bench, 3 + step, live(quote(START.plus(step * 2_000), &step.to_string())));
    }
    assert_eq!(price(&bench).quote().unwrap().price, "600");
    let points = &price(&bench).history().minutes;
    assert_eq!(points.last().unwrap().price, "600");
    assert_eq!(points.len(), 301, "ten minutes and no more");
    assert!(bench.changed.iter().all(|part| *part == Slice::Price), "{:?}", bench.changed);
}

#[test]
fn the_age_is_told_by_ones_own_clock_where_that_can_be() {
    // The server's clock is an hour ahead.
    let at = START.plus(3_600_000);
    let mut bench = watching(live(quote(at, "1")));
    bench.later(5_000);
    assert_eq!(price(&bench).age(bench.now), Some(5_000));
    moved(&mut bench, 4, live(quote(at.plus(5_000), "2")));
    let stale = PriceState::Stale { since: at.plus(5_000) };
    bench.later(7_000);
    moved(&mut bench, 5, PriceNow { state: stale, ..live(quote(at.plus(5_000), "2")) });
    assert_eq!(price(&bench).age(bench.now), Some(7_000));

    let old = PriceNow { state: PriceState::Stale { since: START }, ..live(quote(START, "1")) };
    let bench = watching(old);
    assert_eq!(price(&bench).age(START.plus(60_000)), Some(60_000));
}

#[test]
fn another_life_of_the_server_begins_with_another_history() {
    let mut bench = watching(live(quote(START, "1")));
    bench.input(Input::SocketClosed { code: 1006 });
    assert_eq!(price(&bench).quote().unwrap().price, "1", "the last price stays while one waits");
    bench.sent.clear();
    bench.connect();
    let from = Some(Position::new(Epoch(1), Seq(3)));
    let resumed = bench.sent.iter().any(|frame| match frame {
        ClientFrame::Hello(hello) => {
            hello.topics.contains(&Subscription { topic: Topic::Price, from })
        }
        _ => false,
    });
    assert!(resumed, "{:?}", bench.sent);
    let state = State {
        topic: Topic::Price,
        position: Position::new(Epoch(2), Seq(0)),
        snapshot: PriceSnapshot::default().into(),
    };
    bench.frame(&ServerFrame::Reset(state));
    assert_eq!(price(&bench).now(), Some(&PriceNow::default()));
    assert!(price(&bench).history().minutes.is_empty());
    assert_eq!(price(&bench).age(bench.now), None);
}

#[test]
fn a_page_that_is_left_is_not_followed_any_more() {
    let mut bench = watching(live(quote(START, "1")));
    bench.sent.clear();
    bench.input(Input::Act(Action::Watch(&[])));
    assert_eq!(bench.sent, [ClientFrame::Unsubscribe { topic: Topic::Price }]);
    assert_eq!(price(&bench), &Price::default());
}
