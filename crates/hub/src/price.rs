//! What one Bitcoin costs now. Topic [`Topic::Price`](madang_shared::Topic::Price).
//!
//! Pure state: time comes in as an argument, and what is to be told comes out. The price may be set
//! as often as one likes; it is told at most every [`PRICE_EVERY_MS`], and what was between is left
//! out. The state that a newcomer gets is what was told, so nothing falls between it and the events
//! that follow.

use madang_shared::price::PRICE_EVERY_MS;
use madang_shared::price::{PriceEvent, PriceHistory, PriceNow, PriceSnapshot};
use madang_shared::{Epoch, Position, Seq, Timestamp};

/// Frames of the price that are kept for those who fall behind. Whoever is further behind gets the
/// state instead, in which half a minute is not a line of events but its points.
pub const PRICE_RING: usize = 32;

/// The price, as far as it has been told, and what of it has not.
#[derive(Debug)]
pub struct Price {
    position: Position,
    told: PriceNow,
    history: PriceHistory,
    told_at: Option<Timestamp>,
    untold: Option<PriceNow>,
}

impl Price {
    /// Nobody follows a price yet. `epoch` must differ from that of every earlier life of this server.
    pub fn new(epoch: Epoch) -> Self {
        Self {
            position: Position::new(epoch, Seq(0)),
            told: PriceNow::default(),
            history: PriceHistory::default(),
            told_at: None,
            untold: None,
        }
    }

    /// The price is this now. Answers the event to tell, if it is time for one; otherwise a later
    /// [`Price::tick`] does.
    pub fn set(&mut self, price: PriceNow, now: Timestamp) -> Option<(Seq, PriceEvent)> {
        self.untold = Some(price);
        self.tick(now)
    }

    /// Answers the event that waits, if its time has come.
    pub fn tick(&mut self, now: Timestamp) -> Option<(Seq, PriceEvent)> {
        if self.told_at.is_some_and(|told_at| now.since(told_at) < PRICE_EVERY_MS) {
            return None;
        }
        let price = self.untold.take().filter(|price| *price != self.told)?;
        if let Some(quote) = &price.quote {
            self.history.add(quote);
        }
        self.told = price.clone();
        self.told_at = Some(now);
        self.position.seq = self.position.seq.next();
        Some((self.position.seq, PriceEvent::Changed(price)))
    }

    /// What has been told, and the position at which it is true.
    pub fn snapshot(&self) -> (Position, PriceSnapshot) {
        (self.position, PriceSnapshot { now: self.told.clone(), history: self.history.clone() })
    }
}
