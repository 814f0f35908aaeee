//! What one Bitcoin costs now. Topic [`Topic::Price`](crate::Topic::Price).
//!
//! A price is text, as the exchange wrote it: no reader has to trust somebody's floating-point number.

use serde::{Deserialize, Serialize};

use crate::ids::Timestamp;

/// The shortest time between two events of the price, in milliseconds: a number that changes more often
/// than twice a second cannot be read.
pub const PRICE_EVERY_MS: u64 = 500;
/// One point of the price's last minutes every so many milliseconds.
pub const PRICE_MINUTES_STEP_MS: u64 = 2_000;
/// How far back the price's last minutes go, in milliseconds.
pub const PRICE_MINUTES_MS: u64 = 10 * 60_000;
/// One point of the price's last hours every so many milliseconds.
pub const PRICE_HOURS_STEP_MS: u64 = 60_000;
/// How far back the price's last hours go, in milliseconds.
pub const PRICE_HOURS_MS: u64 = 4 * 3_600_000;

/// What one Bitcoin is counted in. A dollar and a token worth about a dollar are not the same.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
#[serde(rename_all = "snake_case")]
pub enum Currency {
    /// US dollars.
    Usd,
    /// Tether, which is meant to be worth one US dollar.
    Usdt,
    /// South Korean won.
    Krw,
}

/// Who says so.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
#[serde(rename_all = "snake_case")]
pub enum PriceSource {
    /// Binance, over its stream.
    Binance,
    /// Binance, asked over HTTP.
    BinanceRest,
    /// Kraken.
    Kraken,
    /// Coinbase.
    Coinbase,
    /// Upbit.
    Upbit,
    /// Nobody: the price is made up, and must be shown as such.
    Simulated,
}

/// A price, where it is from, and how old it is.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
pub struct Quote {
    /// A decimal number above zero, byte for byte as the exchange wrote it: `70352.36000000`.
    pub price: String,
    /// What the price is counted in.
    pub currency: Currency,
    /// The change over the last 24 hours in percent, a decimal number that may have a sign; none where
    /// the exchange does not tell it.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub change_24h: Option<String>,
    /// Who said so.
    pub source: PriceSource,
    /// When the server received it.
    pub at: Timestamp,
}

/// How the price stands.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
#[serde(rename_all = "snake_case")]
pub enum PriceState {
    /// This server follows no price.
    #[default]
    Off,
    /// No source has answered yet.
    Connecting,
    /// The preferred source serves.
    Live,
    /// A source serves that is not the preferred one.
    Fallback,
    /// No source serves; the quote must be shown with its age.
    Stale {
        /// When the quote was received.
        since: Timestamp,
    },
}

/// Why a source does not answer.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
#[serde(rename_all = "snake_case")]
pub enum PriceFault {
    /// There is no connection to it, or the connection ended.
    Unreachable,
    /// It is connected and says nothing.
    Silent,
    /// It was asked too often, or has banned the server for a while.
    Limited,
    /// It answers with something that is no price.
    Refused,
}

/// A source that failed and has not answered since.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
pub struct PriceTrouble {
    /// Which.
    pub source: PriceSource,
    /// Why.
    pub fault: PriceFault,
}

/// All there is to know about the price at one moment.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
pub struct PriceNow {
    /// The latest quote, however old; `state` says whether it may be shown as of now.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub quote: Option<Quote>,
    /// How the price stands.
    pub state: PriceState,
    /// The sources that failed and have not answered since, the preferred one first.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub tried: Vec<PriceTrouble>,
}

/// What happens to the price.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
#[serde(rename_all = "snake_case")]
pub enum PriceEvent {
    /// It is this now. Told at most every [`crate::price::PRICE_EVERY_MS`]; what was between two
    /// events is left out.
    Changed(PriceNow),
}

/// The price at a position, and where it came from.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
pub struct PriceSnapshot {
    /// What it is.
    pub now: PriceNow,
    /// What it was.
    pub history: PriceHistory,
}

/// What the price was at a moment.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
pub struct PricePoint {
    /// When.
    pub at: Timestamp,
    /// See [`Quote::price`].
    pub price: String,
    /// Points in different currencies must not be joined by a line.
    pub currency: Currency,
}

/// What the price was, as bounded lists in the order of time. Where nobody watched, there is nothing.
///
/// The server and every client grow it from the same events by the same [`PriceHistory::add`], so what
/// a client has gathered is what a snapshot would say.
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
    /// Adds what is known now. The last point of each list is always the latest price; told the same
    /// quote again, nothing changes.
    pub fn add(&mut self, quote: &Quote) {
        add(&mut self.minutes, quote, PRICE_MINUTES_STEP_MS, PRICE_MINUTES_MS);
        add(&mut self.hours, quote, PRICE_HOURS_STEP_MS, PRICE_HOURS_MS);
    }
}

fn add(points: &mut Vec<PricePoint>, quote: &Quote, step_ms: u64, span_ms: u64) {
    let Quote { price, currency, at, .. } = quote;
    let point = PricePoint { at: *at, price: price.clone(), currency: *currency };
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
    fn each_step_has_one_point_and_the_last_is_the_latest() {
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
        assert_eq!(history, before, "nothing new, and nothing out of order");
    }

    #[test]
    fn history_is_bounded_however_long_it_goes_on() {
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
