//! The price of one Bitcoin. Topic [`Topic::Price`](crate::Topic::Price).
//!
//! A price is the text that the exchange sent, so that no conversion to a floating-point number changes it.

use serde::{Deserialize, Serialize};

use crate::ids::{MAX_CLOCK_CORRECTION_MS, Timestamp};

/// The shortest time between two events of the price, in milliseconds: people cannot read a number that
/// changes more often than twice a second.
pub const PRICE_EVERY_MS: u64 = 500;
/// The time between two points of the last minutes, in milliseconds.
pub const PRICE_MINUTES_STEP_MS: u64 = 2_000;
/// The length of the last minutes, in milliseconds.
pub const PRICE_MINUTES_MS: u64 = 10 * 60_000;
/// The time between two points of the last hours, in milliseconds.
pub const PRICE_HOURS_STEP_MS: u64 = 60_000;
/// The length of the last hours, in milliseconds.
pub const PRICE_HOURS_MS: u64 = 4 * 3_600_000;

/// The currency of a price. A dollar and a token worth about a dollar are different currencies.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
#[serde(rename_all = "snake_case")]
pub enum Currency {
    /// US dollars.
    Usd,
    /// Tether, a token that is intended to be worth one US dollar.
    Usdt,
    /// South Korean won.
    Krw,
}

/// The source of a price.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
#[serde(rename_all = "snake_case")]
pub enum PriceSource {
    /// Binance's stream.
    Binance,
    /// Binance's HTTP interface.
    BinanceRest,
    /// Kraken.
    Kraken,
    /// Coinbase.
    Coinbase,
    /// Upbit.
    Upbit,
    /// A simulation. The price must be shown as simulated.
    Simulated,
}

/// A price with its source and its time.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
pub struct Quote {
    /// A decimal number above zero, exactly as the exchange sent it: `70352.36000000`.
    pub price: String,
    /// The currency of the price.
    pub currency: Currency,
    /// The change over the last 24 hours in percent, a decimal number that may have a sign; absent where
    /// the exchange does not send it.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub change_24h: Option<String>,
    /// The source of the price.
    pub source: PriceSource,
    /// When the server received it.
    pub at: Timestamp,
}

/// The state of the price.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
#[serde(rename_all = "snake_case")]
pub enum PriceState {
    /// This server has no price source.
    #[default]
    Off,
    /// No source has sent a price yet.
    Connecting,
    /// Every source has failed, and none has ever sent a price.
    Unanswered,
    /// The preferred source sends the price.
    Live,
    /// Another source than the preferred one sends the price.
    Fallback,
    /// No source sends a price; the quote must be shown with its age.
    Stale {
        /// When the quote was received.
        since: Timestamp,
    },
}

/// The reason why a source sends no price.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
#[serde(rename_all = "snake_case")]
pub enum PriceFault {
    /// There is no connection to it, or the connection ended.
    Unreachable,
    /// It is connected and sends nothing.
    Silent,
    /// Its rate limit is exceeded, or it has banned the server temporarily.
    Limited,
    /// Its answer is not a price.
    Refused,
}

/// A source that failed and has not recovered.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
pub struct PriceTrouble {
    /// The source.
    pub source: PriceSource,
    /// The reason.
    pub fault: PriceFault,
}

/// The price at one moment, with the state of its sources.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
pub struct PriceNow {
    /// The latest quote of any age; `state` tells whether it is current.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub quote: Option<Quote>,
    /// The state of the price.
    pub state: PriceState,
    /// The sources that failed and have not recovered, the preferred one first.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub tried: Vec<PriceTrouble>,
    /// When the server last asked a source; present only while none sends a price.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub asked_at: Option<Timestamp>,
}

/// Events of the price.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
#[serde(rename_all = "snake_case")]
pub enum PriceEvent {
    /// The price changed. Sent at most every [`crate::price::PRICE_EVERY_MS`]; changes between two
    /// events are left out.
    Changed(PriceNow),
}

/// The price at a position, with its history.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
pub struct PriceSnapshot {
    /// The present price.
    pub now: PriceNow,
    /// The earlier prices.
    pub history: PriceHistory,
}

/// The price at an earlier time.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
pub struct PricePoint {
    /// The time.
    pub at: Timestamp,
    /// See [`Quote::price`].
    pub price: String,
    /// The currency. A chart must not join points in different currencies by a line.
    pub currency: Currency,
}

/// The earlier prices, as bounded lists in the order of time. There are no points for times without
/// subscribers.
///
/// The server and every client build it from the same events by [`PriceHistory::add`], so a client's
/// history equals that of a snapshot.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
pub struct PriceHistory {
    /// One point every [`crate::price::PRICE_MINUTES_STEP_MS`], no older than
    /// [`crate::price::PRICE_MINUTES_MS`].
    pub minutes: Vec<PricePoint>,
    /// One point every [`crate::price::PRICE_HOURS_STEP_MS`], no older than
    /// [`crate::price::PRICE_HOURS_MS`].
    pub hours: Vec<PricePoint>,
}

impl PriceHistory {
    /// Adds a quote. The last point of each list is always the latest price. The same quote again changes
    /// nothing.
    pub fn add(&mut self, quote: &Quote) {
        add(&mut self.minutes, quote, PRICE_MINUTES_STEP_MS, PRICE_MINUTES_MS);
        add(&mut self.hours, quote, PRICE_HOURS_STEP_MS, PRICE_HOURS_MS);
    }
}

fn add(points: &mut Vec<PricePoint>, quote: &Quote, step_ms: u64, span_ms: u64) {
    let Quote { price, currency, at, .. } = quote;
    let point = PricePoint { at: *at, price: price.clone(), currency: *currency };
    // Points of a clock that was wrong would keep all later ones away.
    points.retain(|known| known.at.since(*at) <= MAX_CLOCK_CORRECTION_MS);
    match points.last_mut() {
        Some(last) if last.at > point.at => return,
        Some(last) if last.at.0 / step_ms == point.at.0 / step_ms => *last = point,
        _ => points.push(point),
    }
    let too_old = points.iter().take_while(|point| at.since(point.at) > span_ms).count();
    points.drain(..too_old);
}

#[cfg(test)]
mod tests {
    use super::*;

    fn quote(at: u64, price: &str, currency: Currency) -> Quote {
        let source = PriceSource::Simulated;
        Quote { price: price.into(), currency, change_24h: None, source, at: Timestamp(at) }
    }

    #[test]
    fn each_step_has_one_point_and_the_last_point_is_the_latest_price() {
        let mut history = PriceHistory::default();
        for (at, price) in [(0, "1"), (500, "2"), (1_999, "3"), (2_000, "4"), (2_100, "5")] {
            history.add(&quote(at, price, Currency::Usd));
        }
        let prices = |points: &[PricePoint]| {
            points.iter().map(|point| point.price.clone()).collect::<Vec<_>>()
        };
        assert_eq!(prices(&history.minutes), ["3", "5"]);
        assert_eq!(prices(&history.hours), ["5"]);
        let before = history.clone();
        history.add(&quote(2_100, "5", Currency::Usd));
        history.add(&quote(100, "late", Currency::Usd));
        assert_eq!(history, before, "a repeated or an older quote changes nothing");

        history.add(&quote(90_000_000, "6", Currency::Usd));
        history.add(&quote(3_000, "7", Currency::Usd));
        history.add(&quote(5_000, "8", Currency::Usd));
        assert_eq!(prices(&history.minutes), ["7", "8"], "a clock that was a day ahead");
    }

    #[test]
    fn the_history_is_bounded() {
        let mut history = PriceHistory::default();
        for at in (0..2 * PRICE_HOURS_MS).step_by(1_000) {
            history.add(&quote(at, "70352.36", Currency::Usdt));
        }
        let most = |span: u64, step: u64| usize::try_from(span / step + 1).unwrap();
        let (minutes, hours) = (history.minutes.len(), history.hours.len());
        assert!((299..=most(PRICE_MINUTES_MS, PRICE_MINUTES_STEP_MS)).contains(&minutes));
        assert!((239..=most(PRICE_HOURS_MS, PRICE_HOURS_STEP_MS)).contains(&hours));
    }
}
