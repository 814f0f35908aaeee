//! What one Bitcoin costs, as this client knows it.

use madang_shared::Timestamp;
use madang_shared::price::{PriceEvent, PriceHistory, PriceNow, PriceSnapshot, PriceState, Quote};

/// The price, and what it was while somebody watched.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Price {
    now: Option<PriceNow>,
    history: PriceHistory,
    /// When, by this client's own clock, the quote was fresh.
    fresh_at: Option<Timestamp>,
}

impl Price {
    /// What it is; none before the server has said anything.
    pub fn now(&self) -> Option<&PriceNow> {
        self.now.as_ref()
    }

    /// The latest quote, however old.
    pub fn quote(&self) -> Option<&Quote> {
        self.now.as_ref()?.quote.as_ref()
    }

    /// What it was.
    pub fn history(&self) -> &PriceHistory {
        &self.history
    }

    /// How old the quote is, in milliseconds. Of a quote that arrived fresh this client's own clock
    /// tells, however wrong it is; of one that was old already, both clocks together.
    pub fn age(&self, now: Timestamp) -> Option<u64> {
        self.fresh_at.map(|fresh_at| now.since(fresh_at))
    }

    pub(crate) fn snapshot(&mut self, snapshot: PriceSnapshot, now: Timestamp) {
        let PriceSnapshot { now: price, history } = snapshot;
        self.history = history;
        self.learn(price, now);
    }

    pub(crate) fn event(&mut self, event: PriceEvent, now: Timestamp) {
        let PriceEvent::Changed(price) = event;
        if let Some(quote) = &price.quote {
            self.history.add(quote);
        }
        self.learn(price, now);
    }

    fn learn(&mut self, price: PriceNow, now: Timestamp) {
        if price.quote.as_ref() != self.quote() || self.fresh_at.is_none() {
            self.fresh_at = price.quote.as_ref().map(|quote| match price.state {
                PriceState::Live | PriceState::Fallback => now,
                _ => quote.at,
            });
        }
        self.now = Some(price);
    }
}
