//! The orders of a small restaurant, and its menu. Topic [`Topic::Orders`](crate::Topic::Orders).
//!
//! The database writes these events itself, so that direct changes of its tables are events too; see the
//! store.

use serde::{Deserialize, Serialize};

use crate::ids::{MenuItemId, OrderId, Timestamp, User};

/// Lines in one order.
pub const MAX_ORDER_LINES: usize = 20;
/// The largest quantity in one line.
pub const MAX_QUANTITY: u32 = 99;
/// The highest price of a menu item, in won.
pub const MAX_PRICE_WON: u32 = 10_000_000;
/// Unicode scalar values in the note of an order.
pub const MAX_ORDER_NOTE_CHARS: usize = 200;
/// Items on the menu.
pub const MAX_MENU_ITEMS: usize = 100;
/// Unicode scalar values in the name of a menu item.
pub const MAX_MENU_NAME_CHARS: usize = 60;
/// Open orders. The database refuses more, so that the list of all open orders is complete and stays
/// below [`MAX_FRAME_BYTES`](crate::limits::MAX_FRAME_BYTES).
pub const MAX_OPEN_ORDERS: usize = 300;
/// Open orders that one customer can place. So one user cannot use up [`MAX_OPEN_ORDERS`].
pub const MAX_OPEN_ORDERS_PER_USER: usize = 20;
/// Closed orders in the list of orders.
pub const RECENT_CLOSED_ORDERS: usize = 50;
/// Status changes in the list of orders.
pub const RECENT_STATUS_CHANGES: usize = 50;

/// The status of an order.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
#[serde(rename_all = "snake_case")]
pub enum OrderStatus {
    /// The restaurant has not accepted it.
    Pending,
    /// The restaurant has accepted it.
    Accepted,
    /// The restaurant is cooking it.
    Cooking,
    /// It waits for a rider.
    Ready,
    /// A rider has it.
    Delivering,
    /// The customer has it. Closed.
    Delivered,
    /// It was cancelled. Closed.
    Cancelled,
}

impl OrderStatus {
    /// Every status, in the order of an order's progress.
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

    /// Whether the order is neither delivered nor cancelled.
    pub fn is_open(self) -> bool {
        !matches!(self, Self::Delivered | Self::Cancelled)
    }

    /// The statuses that can follow this one.
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

/// An item on the menu.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
pub struct MenuItem {
    /// The permanent id.
    pub id: MenuItemId,
    /// The name in Korean.
    pub name_ko: String,
    /// The name in English.
    pub name_en: String,
    /// The price in won; at least 1.
    pub price_won: u32,
    /// Whether it can be ordered now.
    pub available: bool,
}

/// A menu item in an order, at its price when it was ordered.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
pub struct OrderLine {
    /// The menu item.
    pub item: MenuItemId,
    /// The quantity, from 1 to [`crate::orders::MAX_QUANTITY`].
    pub quantity: u32,
    /// The price of one piece, in won.
    pub price_won: u32,
}

/// An order with its lines.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
pub struct Order {
    /// The permanent id.
    pub id: OrderId,
    /// The customer.
    pub customer: User,
    /// The status.
    pub status: OrderStatus,
    /// The lines by menu item; each item once.
    pub lines: Vec<OrderLine>,
    /// The customer's note; may be empty.
    pub note: String,
    /// When the order was placed.
    pub placed_at: Timestamp,
    /// The rider who delivers the order.
    pub rider: Option<User>,
}

impl Order {
    /// The total price in won. It follows from the lines and is not stored.
    pub fn total_won(&self) -> u64 {
        self.lines.iter().map(|line| u64::from(line.price_won) * u64::from(line.quantity)).sum()
    }
}

/// Commands to the orders.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
#[serde(rename_all = "snake_case")]
pub enum OrdersCommand {
    /// Places an order for the author.
    Place {
        /// The lines, at the prices that the author saw. Refused as `invalid` if a price has changed.
        lines: Vec<OrderLine>,
        /// At most [`crate::orders::MAX_ORDER_NOTE_CHARS`] characters.
        note: String,
    },
    /// Changes the status of an order. Changes nothing if the order has this status already; refused as
    /// `invalid` if this status cannot follow. Only `take` leads to [`OrderStatus::Delivering`].
    Advance {
        /// Which order.
        order: OrderId,
        /// The new status; see [`OrderStatus::next`].
        to: OrderStatus,
    },
    /// Takes a ready order for delivery. Refused as `forbidden` if another rider has taken it.
    Take {
        /// Which order.
        order: OrderId,
    },
}

/// Events of the orders, by a command or by a direct change of the tables.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
#[serde(rename_all = "snake_case")]
pub enum OrdersEvent {
    /// An order was placed or changed.
    Changed {
        /// The time of the change.
        at: Timestamp,
        /// The status before; absent for a new order.
        was: Option<OrderStatus>,
        /// The order after the change.
        order: Order,
    },
    /// An order was deleted.
    Removed {
        /// The time of the change.
        at: Timestamp,
        /// The last status.
        was: OrderStatus,
        /// Which order.
        order: OrderId,
    },
    /// A menu item was added or changed.
    Offered(MenuItem),
    /// A menu item was removed. No order contains it.
    Withdrawn {
        /// The menu item.
        item: MenuItemId,
    },
}

/// A change of an order's status.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
pub struct StatusChange {
    /// The time of the change.
    pub at: Timestamp,
    /// Which order.
    pub order: OrderId,
    /// The status before; absent for a new order.
    pub was: Option<OrderStatus>,
    /// The status after; absent for a deleted order.
    pub now: Option<OrderStatus>,
}

impl OrdersEvent {
    /// The change of status by this event, if there is one.
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

/// The orders at a position: all open ones, and the most recent closed ones.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
pub struct OrdersSnapshot {
    /// The menu, by id.
    pub menu: Vec<MenuItem>,
    /// Every open order, and the [`RECENT_CLOSED_ORDERS`] closed ones with the highest ids; by id.
    pub orders: Vec<Order>,
    /// The most recent status changes, at most [`RECENT_STATUS_CHANGES`], the newest last.
    pub changes: Vec<StatusChange>,
}

impl OrdersSnapshot {
    /// Applies an event. Every store and every client uses this reducer.
    pub fn apply(&mut self, event: OrdersEvent) {
        if let Some(change) = event.status_change() {
            self.changes.push(change);
            let old = self.changes.len().saturating_sub(RECENT_STATUS_CHANGES);
            self.changes.drain(..old);
        }
        match event {
            OrdersEvent::Changed { order, .. } => {
                insert_sorted(&mut self.orders, order, |order| order.id);
                self.drop_old_closed();
            }
            OrdersEvent::Removed { order: id, .. } => self.orders.retain(|order| order.id != id),
            OrdersEvent::Offered(item) => insert_sorted(&mut self.menu, item, |item| item.id),
            OrdersEvent::Withdrawn { item: id } => self.menu.retain(|item| item.id != id),
        }
    }

    /// A menu item by id.
    pub fn item(&self, id: MenuItemId) -> Option<&MenuItem> {
        let index = self.menu.binary_search_by_key(&id, |item| item.id).ok()?;
        self.menu.get(index)
    }

    /// An order by id, if the list contains it.
    pub fn order(&self, id: OrderId) -> Option<&Order> {
        let index = self.orders.binary_search_by_key(&id, |order| order.id).ok()?;
        self.orders.get(index)
    }

    fn drop_old_closed(&mut self) {
        let closed = self.orders.iter().filter(|order| !order.status.is_open()).count();
        let mut old = closed.saturating_sub(RECENT_CLOSED_ORDERS);
        self.orders.retain(|order| {
            let is_dropped = old > 0 && !order.status.is_open();
            old -= usize::from(is_dropped);
            !is_dropped
        });
    }
}

/// Inserts the value in the order of its key, or replaces the value with the same key.
fn insert_sorted<T, K: Ord>(sorted: &mut Vec<T>, value: T, key: impl Fn(&T) -> K) {
    match sorted.binary_search_by_key(&key(&value), &key) {
        Ok(index) => {
            if let Some(place) = sorted.get_mut(index) {
                *place = value;
            }
        }
        Err(index) => sorted.insert(index, value),
    }
}
