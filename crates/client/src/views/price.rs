//! The price of one Bitcoin.

use madang_shared::Timestamp;
use madang_shared::price::{PriceEvent, PriceHistory, PriceNow, PriceSnapshot, PriceState, Quote};

use crate::view::{ApplyEvent, ApplySnapshot, View};

/// The price, and its recent history.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct LatestPrice {
    now: Option<PriceNow>,
    history: PriceHistory,
    /// The time on this client's own clock when the quote was fresh.
    fresh_at: Option<Timestamp>,
}

impl LatestPrice {
    /// The present price; `None` before the server has sent it.
    pub fn now(&self) -> Option<&PriceNow> {
        self.now.as_ref()
    }

    /// The latest quote, however old.
    pub fn quote(&self) -> Option<&Quote> {
        self.now.as_ref()?.quote.as_ref()
    }

    /// The prices of the last minutes and hours.
    pub fn history(&self) -> &PriceHistory {
        &self.history
    }

    /// The age of the quote in milliseconds. For a quote that arrived fresh, the client's own clock
    /// measures it, so that a wrong clock does not matter. For a quote that was old on arrival, it
    /// is the difference between the client's clock and the server's.
    pub fn age(&self, now: Timestamp) -> Option<u64> {
        self.fresh_at.map(|fresh_at| now.since(fresh_at))
    }

    fn set(&mut self, price: PriceNow, now: Timestamp) {
        if price.quote.as_ref() != self.quote() || self.fresh_at.is_none() {
            self.fresh_at = price.quote.as_ref().map(|quote| match price.state {
                PriceState::Live | PriceState::Fallback => now,
                _ => quote.at,
            });
        }
        self.now = Some(price);
    }
}

impl View for LatestPrice {}

impl ApplySnapshot<PriceSnapshot> for LatestPrice {
    fn apply_snapshot(&mut self, snapshot: PriceSnapshot, now: Timestamp) {
        let PriceSnapshot { now: price, history } = snapshot;
        self.history = history;
        self.set(price, now);
    }
}

impl ApplyEvent<PriceEvent> for LatestPrice {
    fn apply_event(&mut self, event: PriceEvent, now: Timestamp) {
        let PriceEvent::Changed(price) = event;
        if let Some(quote) = &price.quote {
            self.history.add(quote);
        }
        self.set(price, now);
    }
}
