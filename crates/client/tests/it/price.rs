//! The price.

use madang_client::views::price::LatestPrice;
use madang_client::{Action, Input, Slice};
use madang_shared::price::{
    Currency, PriceEvent, PriceHistory, PriceNow, PriceSnapshot, PriceSource, PriceState, Quote,
};
use madang_shared::{
    ClientFrame, Epoch, Position, Seq, ServerFrame, Subscription, Timestamp, Topic, TopicState,
};

use crate::support::{START, TestClient};

fn quote(at: Timestamp, price: &str) -> Quote {
    let (currency, source) = (Currency::Usd, PriceSource::Simulated);
    Quote { price: price.into(), currency, change_24h: None, source, at }
}

fn live(quote: Quote) -> PriceNow {
    PriceNow { quote: Some(quote), state: PriceState::Live, ..PriceNow::default() }
}

fn watching(now: PriceNow) -> TestClient {
    let mut driver = TestClient::in_room(0);
    driver.input(Input::Act(Action::FollowTopics(&[Topic::Price])));
    let mut history = PriceHistory::default();
    if let Some(quote) = &now.quote {
        history.add(quote);
    }
    driver.state(Topic::Price, 3, PriceSnapshot { now, history }.into());
    driver
}

fn moved(driver: &mut TestClient, seq: u64, now: PriceNow) {
    let event = PriceEvent::Changed(now).into();
    driver.frame(&ServerFrame::Event { topic: Topic::Price, seq: Seq(seq), event });
}

fn price(driver: &TestClient) -> &LatestPrice {
    driver.client.features().price()
}

#[test]
fn t2_5_the_latest_price_shows_and_the_history_grows_with_it() {
    let mut driver = watching(live(quote(START, "1")));
    driver.changed.clear();
    for step in 1..=600 {
        moved(&mut driver, 3 + step, live(quote(START.plus(step * 2_000), &step.to_string())));
    }
    assert_eq!(price(&driver).quote().unwrap().price, "600");
    let points = &price(&driver).history().minutes;
    assert_eq!(points.last().unwrap().price, "600");
    assert_eq!(points.len(), 301, "ten minutes and no more");
    assert!(driver.changed.iter().all(|part| *part == Slice::Price), "{:?}", driver.changed);
}

#[test]
fn the_age_of_a_fresh_quote_uses_the_clients_clock() {
    // The server's clock is one hour ahead.
    let at = START.plus(3_600_000);
    let mut driver = watching(live(quote(at, "1")));
    driver.later(5_000);
    assert_eq!(price(&driver).age(driver.now), Some(5_000));
    moved(&mut driver, 4, live(quote(at.plus(5_000), "2")));
    let stale = PriceState::Stale { since: at.plus(5_000) };
    driver.later(7_000);
    moved(&mut driver, 5, PriceNow { state: stale, ..live(quote(at.plus(5_000), "2")) });
    assert_eq!(price(&driver).age(driver.now), Some(7_000));

    let old = PriceNow { state: PriceState::Stale { since: START }, ..live(quote(START, "1")) };
    let driver = watching(old);
    assert_eq!(price(&driver).age(START.plus(60_000)), Some(60_000));
}

#[test]
fn another_epoch_starts_another_price_history() {
    let mut driver = watching(live(quote(START, "1")));
    driver.input(Input::SocketClosed { code: 1006 });
    assert_eq!(
        price(&driver).quote().unwrap().price,
        "1",
        "the last price stays during the disconnect"
    );
    driver.sent.clear();
    driver.connect();
    let from = Some(Position::new(Epoch(1), Seq(3)));
    let resumed = driver.sent.iter().any(|frame| match frame {
        ClientFrame::Hello(hello) => {
            hello.topics.contains(&Subscription { topic: Topic::Price, from })
        }
        _ => false,
    });
    assert!(resumed, "{:?}", driver.sent);
    let state = TopicState {
        topic: Topic::Price,
        position: Position::new(Epoch(2), Seq(0)),
        snapshot: PriceSnapshot::default().into(),
    };
    driver.frame(&ServerFrame::Reset(state));
    assert_eq!(price(&driver).now(), Some(&PriceNow::default()));
    assert!(price(&driver).history().minutes.is_empty());
    assert_eq!(price(&driver).age(driver.now), None);
}

#[test]
fn leaving_the_page_unsubscribes_and_clears_the_view() {
    let mut driver = watching(live(quote(START, "1")));
    driver.sent.clear();
    driver.input(Input::Act(Action::FollowTopics(&[])));
    assert_eq!(driver.sent, [ClientFrame::Unsubscribe { topic: Topic::Price }]);
    assert_eq!(price(&driver), &LatestPrice::default());
}
