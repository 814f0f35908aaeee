//! The orders of a small restaurant: what can be eaten, who ordered what, and how far it is. Topic
//! [`Topic::Orders`](crate::Topic::Orders).
//!
//! Whoever changes the tables is seen, so the database writes these events itself; see the store.

use serde::{Deserialize, Serialize};

use crate::ids::{MenuItemId, OrderId, Timestamp, User};

/// Different things in one order.
pub const MAX_ORDER_LINES: usize = 20;
/// Pieces of one thing in one order.
pub const MAX_QUANTITY: u32 = 99;
/// The most that one thing on the menu costs, in won.
pub const MAX_PRICE_WON: u32 = 10_000_000;
/// Unicode scalar values in what a customer writes to an order.
pub const MAX_ORDER_NOTE_CHARS: usize = 200;
/// Things on the menu.
pub const MAX_MENU_ITEMS: usize = 100;
/// Unicode scalar values in the name of one of them.
pub const MAX_MENU_NAME_CHARS: usize = 60;
/// Orders that are neither delivered nor cancelled. The database refuses more, so that a list of all
/// of them is always complete, and stays below [`MAX_FRAME_BYTES`].
pub const MAX_OPEN_ORDERS: usize = 300;
/// Closed orders that the list of orders still shows.
pub const RECENT_CLOSED_ORDERS: usize = 50;
/// Changes of status that the list of orders still shows.
pub const RECENT_STATUS_CHANGES: usize = 50;

/// How far an order is.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
#[serde(rename_all = "snake_case")]
pub enum OrderStatus {
    /// Nobody has taken it up.
    Pending,
    /// The restaurant will make it.
    Accepted,
    /// It is being made.
    Cooking,
    /// It waits for a rider.
    Ready,
    /// A rider has it.
    Delivering,
    /// The customer has it. Closed.
    Delivered,
    /// It will not be. Closed.
    Cancelled,
}

impl OrderStatus {
    /// Every status, in the order in which an order goes through them.
    pub const ALL: [Self; 7] = [
        Self::Pending,
        Self::Accepted,
        Self::Cooking,
        Self::Ready,
        Self::Delivering,
        Self::Delivered,
        Self::Cancelled,
    ];

    /// Its name on the wire and in the database.
    pub fn name(self) -> &'static str {
        match self {
            Self::Pending => "pending",
            Self::Accepted => "accepted",
            Self::Cooking => "cooking",
            Self::Ready => "ready",
            Self::Delivering => "delivering",
            Self::Delivered => "delivered",
            Self::Cancelled => "cancelled",
        }
    }

    /// Whether something is still to be done for the order.
    pub fn is_open(self) -> bool {
        !matches!(self, Self::Delivered | Self::Cancelled)
    }

    /// Where an order can go from here.
    pub fn next(self) -> &'static [Self] {
        match self {
            Self::Pending => &[Self::Accepted, Self::Cancelled],
            Self::Accepted => &[Self::Cooking, Self::Cancelled],
            Self::Cooking => &[Self::Ready, Self::Cancelled],
            Self::Ready => &[Self::Delivering, Self::Cancelled],
            Self::Delivering => &[Self::Delivered],
            Self::Delivered | Self::Cancelled => &[],
        }
    }
}

/// Something that can be ordered.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
pub struct MenuItem {
    /// Stays the same for ever.
    pub id: MenuItemId,
    /// In Korean.
    pub name_ko: String,
    /// In English.
    pub name_en: String,
    /// In won; at least 1.
    pub price_won: u32,
    /// Whether it can be ordered now.
    pub available: bool,
}

/// So many of one thing, at the price of the moment when it was ordered.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
pub struct OrderLine {
    /// What.
    pub item: MenuItemId,
    /// From 1 to [`crate::orders::MAX_QUANTITY`].
    pub quantity: u32,
    /// What one of them costs, in won.
    pub price_won: u32,
}

/// An order, as its row and its lines have it.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
pub struct Order {
    /// Stays the same for ever.
    pub id: OrderId,
    /// Who eats.
    pub customer: User,
    /// How far it is.
    pub status: OrderStatus,
    /// By item; each item once.
    pub lines: Vec<OrderLine>,
    /// What the customer wrote; often nothing.
    pub note: String,
    /// When it was made.
    pub placed_at: Timestamp,
    /// Who brings it.
    pub rider: Option<User>,
}

impl Order {
    /// What it costs, in won. Follows from the lines, so that it is stored nowhere.
    pub fn total_won(&self) -> u64 {
        self.lines.iter().map(|line| u64::from(line.price_won) * u64::from(line.quantity)).sum()
    }
}

/// What a client may ask.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
#[serde(rename_all = "snake_case")]
pub enum OrdersCommand {
    /// Orders something for the author.
    Place {
        /// What, at the prices that the author saw: refused as `invalid` if they have changed since.
        lines: Vec<OrderLine>,
        /// At most [`crate::orders::MAX_ORDER_NOTE_CHARS`] characters.
        note: String,
    },
    /// Moves an order on, or cancels it. Changes nothing if it is there already; refused as `invalid`
    /// if no way leads there. [`OrderStatus::Delivering`] is reached by `take` alone.
    Advance {
        /// Which order.
        order: OrderId,
        /// Where to; see [`OrderStatus::next`].
        to: OrderStatus,
    },
    /// Takes an order that is ready, to bring it to its customer. Refused as `forbidden` if another
    /// rider was faster.
    Take {
        /// Which order.
        order: OrderId,
    },
}

/// What happens to the orders, by whomever.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
#[serde(rename_all = "snake_case")]
pub enum OrdersEvent {
    /// An order was made, or something of it is different.
    Changed {
        /// When.
        at: Timestamp,
        /// Its status before; none for a new order.
        was: Option<OrderStatus>,
        /// The order since then.
        order: Order,
    },
    /// An order was deleted.
    Removed {
        /// When.
        at: Timestamp,
        /// Its last status.
        was: OrderStatus,
        /// Which order.
        order: OrderId,
    },
    /// Something is on the menu, or something of it is different.
    Offered(MenuItem),
    /// Something is no longer on the menu. It was never ordered.
    Withdrawn {
        /// What.
        item: MenuItemId,
    },
}

/// An order is somewhere else than before: `statusChanged`.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
pub struct StatusChange {
    /// When.
    pub at: Timestamp,
    /// Which order.
    pub order: OrderId,
    /// Where it was; none for a new order.
    pub was: Option<OrderStatus>,
    /// Where it is; none for an order that was deleted.
    pub now: Option<OrderStatus>,
}

impl OrdersEvent {
    /// The change of status in this event, if there is one.
    pub fn status_change(&self) -> Option<StatusChange> {
        match self {
            Self::Changed { at, was, order } if *was != Some(order.status) => {
                Some(StatusChange { at: *at, order: order.id, was: *was, now: Some(order.status) })
            }
            Self::Removed { at, was, order } => {
                Some(StatusChange { at: *at, order: *order, was: Some(*was), now: None })
            }
            _ => None,
        }
    }
}

/// The orders at a position: all that are open, and the last of what is over.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
pub struct OrdersSnapshot {
    /// The menu, by id.
    pub menu: Vec<MenuItem>,
    /// Every open order, and the [`RECENT_CLOSED_ORDERS`] closed ones with the highest ids; by id.
    pub orders: Vec<Order>,
    /// The last changes of status, at most [`RECENT_STATUS_CHANGES`], the newest last.
    pub changes: Vec<StatusChange>,
}

impl OrdersSnapshot {
    /// What the orders are after an event: the one reducer, of every engine and every client.
    pub fn apply(&mut self, event: OrdersEvent) {
        if let Some(change) = event.status_change() {
            self.changes.push(change);
            let old = self.changes.len().saturating_sub(RECENT_STATUS_CHANGES);
            self.changes.drain(..old);
        }
        match event {
            OrdersEvent::Changed { order, .. } => {
                put(&mut self.orders, order, |order| order.id);
                self.forget_closed();
            }
            OrdersEvent::Removed { order: id, .. } => self.orders.retain(|order| order.id != id),
            OrdersEvent::Offered(item) => put(&mut self.menu, item, |item| item.id),
            OrdersEvent::Withdrawn { item: id } => self.menu.retain(|item| item.id != id),
        }
    }

    /// Something on the menu.
    pub fn item(&self, id: MenuItemId) -> Option<&MenuItem> {
        let index = self.menu.binary_search_by_key(&id, |item| item.id).ok()?;
        self.menu.get(index)
    }

    /// An order, if it is among those that are shown.
    pub fn order(&self, id: OrderId) -> Option<&Order> {
        let index = self.orders.binary_search_by_key(&id, |order| order.id).ok()?;
        self.orders.get(index)
    }

    fn forget_closed(&mut self) {
        let closed = self.orders.iter().filter(|order| !order.status.is_open()).count();
        let mut old = closed.saturating_sub(RECENT_CLOSED_ORDERS);
        self.orders.retain(|order| {
            let goes = old > 0 && !order.status.is_open();
            old -= usize::from(goes);
            !goes
        });
    }
}

fn put<T, K: Ord>(sorted: &mut Vec<T>, thing: T, key: impl Fn(&T) -> K) {
    match sorted.binary_search_by_key(&key(&thing), &key) {
        Ok(index) => {
            if let Some(place) = sorted.get_mut(index) {
                *place = thing;
            }
        }
        Err(index) => sorted.insert(index, thing),
    }
}
