//! The price of one Bitcoin. Topic [`Topic::Price`].
//!
//! The price may be set at any rate. It is published at most every [`PRICE_EVERY_MS`]; prices in between
//! are left out. A snapshot holds the published price, so exactly the next events follow it.

use madang_shared::price::PRICE_EVERY_MS;
use madang_shared::price::{PriceEvent, PriceHistory, PriceNow, PriceSnapshot};
use madang_shared::{Epoch, Position, Seq, Snapshot, Timestamp, Topic};

use crate::ephemeral::{EphemeralEvent, EphemeralTopic};
use crate::nodes::{NodeId, message::NodeContent};

/// The published price and its successor.
#[derive(Debug)]
pub struct LivePrice {
    position: Position,
    published: PriceNow,
    history: PriceHistory,
    published_at: Option<Timestamp>,
    /// The latest price that is not published yet.
    pending: Option<PriceNow>,
    /// The messages for the other nodes. Without other nodes, nobody takes them, and none is added.
    outgoing: Vec<NodeContent>,
    has_other_nodes: bool,
}

impl EphemeralTopic for LivePrice {
    /// A subscriber further behind gets a snapshot, whose history covers half a minute in less space than
    /// the frames would.
    const RING_FRAMES: usize = 32;

    const SOURCE_OF: Option<Topic> = Some(Topic::Price);

    fn new(epoch: Epoch) -> Self {
        Self {
            position: Position::new(epoch, Seq(0)),
            published: PriceNow::default(),
            history: PriceHistory::default(),
            published_at: None,
            pending: None,
            outgoing: Vec::new(),
            has_other_nodes: false,
        }
    }

    fn join_nodes(&mut self) {
        self.has_other_nodes = true;
    }

    fn take_messages(&mut self) -> Vec<NodeContent> {
        std::mem::take(&mut self.outgoing)
    }

    /// The price of the node that follows the sources. It is published at the next tick.
    fn on_message(&mut self, _from: NodeId, content: NodeContent) -> Vec<EphemeralEvent> {
        if let NodeContent::Price(price) = content {
            self.pending = Some(price);
        }
        Vec::new()
    }

    fn snapshot(&mut self, topic: Topic) -> Option<(Position, Snapshot)> {
        let snapshot = PriceSnapshot { now: self.published.clone(), history: self.history.clone() };
        (topic == Topic::Price).then(|| (self.position, snapshot.into()))
    }

    fn tick(&mut self, now: Timestamp) -> Vec<EphemeralEvent> {
        self.publish_pending(now).into_iter().collect()
    }
}

impl LivePrice {
    /// Sets the price. Returns its event if one is due; otherwise a later tick does.
    pub fn set(&mut self, price: PriceNow, now: Timestamp) -> Option<EphemeralEvent> {
        if self.has_other_nodes {
            // Only the latest price matters.
            self.outgoing = vec![NodeContent::Price(price.clone())];
        }
        self.pending = Some(price);
        self.publish_pending(now)
    }

    fn publish_pending(&mut self, now: Timestamp) -> Option<EphemeralEvent> {
        if self.published_at.is_some_and(|last| !last.has_passed(PRICE_EVERY_MS, now)) {
            return None;
        }
        let price = self.pending.take().filter(|price| *price != self.published)?;
        if let Some(quote) = &price.quote {
            self.history.add(quote);
        }
        self.published = price.clone();
        self.published_at = Some(now);
        self.position.seq = self.position.seq.next();
        let event = PriceEvent::Changed(price).into();
        Some(EphemeralEvent { topic: Topic::Price, seq: self.position.seq, event })
    }
}
