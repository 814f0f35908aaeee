//! The orders of a small restaurant, and its menu. The topic [`Topic::Orders`](crate::Topic::Orders) has all of them, for
//! the kitchen and the riders. A customer follows [`Topic::Menu`](crate::Topic::Menu) and
//! [`Topic::OwnOrders`](crate::Topic::OwnOrders), because the addresses and phone numbers of others are private. The events
//! of these two have the form of those of the first.
//!
//! The database writes these events itself, so that direct changes of its tables are events too; see the
//! store.

use serde::{Deserialize, Serialize};

use crate::ids::{MenuItemId, OrderId, Timestamp};

mod order;

pub use order::{
    Cancellation, DEFAULT_ESTIMATE_MINUTES, Destination, KNOWN_CANCEL_REASONS, LATE_AFTER_MINUTES,
    MAX_ADDRESS_CHARS, MAX_CANCEL_REASON_CHARS, MAX_ESTIMATE_MINUTES, MAX_MENU_ITEMS,
    MAX_MENU_NAME_CHARS, MAX_OPEN_ORDERS, MAX_OPEN_ORDERS_PER_USER, MAX_ORDER_LINES,
    MAX_ORDER_NOTE_CHARS, MAX_PHONE_CHARS, MAX_PRICE_WON, MAX_QUANTITY, MAX_TABLE_NUMBER, MenuItem,
    Order, OrderLine, OrderStatus, PHONE_DIGITS, RECENT_CLOSED_ORDERS, RECENT_STATUS_CHANGES,
    REOPEN_MS,
};

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
        /// The place to which the order is brought.
        destination: Destination,
    },
    /// Accepts a pending order. Changes nothing if the order is accepted already; refused as `invalid` if
    /// it is neither.
    Accept {
        /// Which order.
        order: OrderId,
        /// The estimate until the order is ready, from 1 to [`crate::orders::MAX_ESTIMATE_MINUTES`].
        minutes: u32,
    },
    /// Cancels an order. Changes nothing if the order is cancelled already; refused as `invalid` if a
    /// rider has it or had it.
    Cancel {
        /// Which order.
        order: OrderId,
        /// One of [`crate::orders::KNOWN_CANCEL_REASONS`], or a text of at most
        /// [`crate::orders::MAX_CANCEL_REASON_CHARS`] characters; may be empty.
        reason: String,
    },
    /// Gives a cancelled order its earlier status again, until [`crate::orders::REOPEN_MS`] after the
    /// cancellation. Changes nothing if the order is open; refused as `invalid` after that time.
    Reopen(OrderId),
    /// Changes the status of an order. Changes nothing if the order has this status already; refused as
    /// `invalid` if this status cannot follow. An order at a table goes from [`OrderStatus::Ready`] to
    /// [`OrderStatus::Delivered`]. Only `take` leads to [`OrderStatus::Delivering`]. To
    /// [`OrderStatus::Accepted`] is `accept` with [`crate::orders::DEFAULT_ESTIMATE_MINUTES`], and to
    /// [`OrderStatus::Cancelled`] is `cancel` without a reason.
    Advance {
        /// Which order.
        order: OrderId,
        /// The new status; see [`OrderStatus::next`].
        to: OrderStatus,
    },
    /// Takes a ready order for delivery. Refused as `forbidden` if another rider has taken it, and as
    /// `invalid` if it goes to a table.
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

/// An event of the menu: [`OrdersEvent::Offered`] or [`OrdersEvent::Withdrawn`].
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
#[serde(transparent)]
pub struct MenuEvent(pub OrdersEvent);

/// The menu at a position; without orders.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
#[serde(transparent)]
pub struct MenuSnapshot(pub OrdersSnapshot);

/// An event of one customer's orders: [`OrdersEvent::Changed`], or [`OrdersEvent::Removed`] for an order that was deleted
/// or given to another customer.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
#[serde(transparent)]
pub struct OwnOrdersEvent(pub OrdersEvent);

/// The orders of one customer at a position, as in [`OrdersSnapshot`]; without the menu.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
#[serde(transparent)]
pub struct OwnOrdersSnapshot(pub OrdersSnapshot);

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
