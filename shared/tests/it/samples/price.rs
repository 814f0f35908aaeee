//! Samples of the price of one Bitcoin.

use madang_shared::Topic;
use madang_shared::price::{
    Currency, PriceEvent, PriceFault, PriceHistory, PriceNow, PricePoint, PriceSnapshot,
    PriceSource, PriceState, PriceTrouble, Quote,
};

use super::TIME;

fn price_now() -> PriceNow {
    let quote = Quote {
        price: "70352.36000000".into(),
        currency: Currency::Usdt,
        change_24h: Some("-1.25".into()),
        source: PriceSource::BinanceRest,
        at: TIME,
    };
    let trouble = PriceTrouble { source: PriceSource::Binance, fault: PriceFault::Unreachable };
    PriceNow {
        quote: Some(quote),
        state: PriceState::Fallback,
        tried: vec![trouble],
        asked_at: None,
    }
}

pub(super) fn events() -> Vec<(Topic, PriceEvent)> {
    let connecting = PriceNow { state: PriceState::Connecting, ..PriceNow::default() };
    let unanswered = PriceNow {
        state: PriceState::Unanswered,
        quote: None,
        asked_at: Some(TIME),
        ..price_now()
    };
    let stale =
        PriceNow { state: PriceState::Stale { since: TIME }, tried: Vec::new(), ..price_now() };
    let events = [price_now(), connecting, unanswered, stale].map(PriceEvent::Changed);
    events.map(|event| (Topic::Price, event)).into()
}

pub(super) fn event_name(event: &PriceEvent) -> &'static str {
    let PriceEvent::Changed(now) = event;
    match now.state {
        PriceState::Off => "price.changed off",
        PriceState::Connecting => "price.changed connecting",
        PriceState::Unanswered => "price.changed unanswered",
        PriceState::Live => "price.changed live",
        PriceState::Fallback => "price.changed fallback",
        PriceState::Stale { .. } => "price.changed stale",
    }
}

pub(super) fn snapshot() -> (Topic, PriceSnapshot) {
    let point = PricePoint { at: TIME, price: "70352.36000000".into(), currency: Currency::Usdt };
    let history = PriceHistory { minutes: vec![point.clone()], hours: vec![point] };
    (Topic::Price, PriceSnapshot { now: price_now(), history })
}
