//! An order, its menu, and their limits.

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
/// The highest number of a table.
pub const MAX_TABLE_NUMBER: u32 = 999;
/// Unicode scalar values in an address.
pub const MAX_ADDRESS_CHARS: usize = 100;
/// Characters in a phone number.
pub const MAX_PHONE_CHARS: usize = 20;
/// Digits in a phone number: from the shortest of a service to the longest of E.164.
pub const PHONE_DIGITS: std::ops::RangeInclusive<usize> = 3..=15;
/// The longest estimate until an order is ready, in minutes.
pub const MAX_ESTIMATE_MINUTES: u32 = 180;
/// The estimate of an order that is accepted without one, in minutes.
pub const DEFAULT_ESTIMATE_MINUTES: u32 = 15;
/// The time after which an order without an estimate is late, in minutes.
pub const LATE_AFTER_MINUTES: u32 = 10;
/// Unicode scalar values in the reason of a cancellation.
pub const MAX_CANCEL_REASON_CHARS: usize = 100;
/// Reasons that a screen shows in its reader's language. Every other reason is shown as it was written.
pub const KNOWN_CANCEL_REASONS: [&str; 4] = ["sold_out", "too_busy", "closing", "by_customer"];
/// The time for which a cancelled order can be reopened, in milliseconds.
pub const REOPEN_MS: u64 = 5 * MINUTE_MS;
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

const MINUTE_MS: u64 = 60_000;

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
    /// It waits for a rider; at a table, for the restaurant to serve it.
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

    /// The statuses that can follow this one. The restaurant itself serves an order at a table; a rider
    /// takes any other order. A cancelled order can also be reopened for a while, see
    /// [`OrdersCommand::Reopen`](crate::orders::OrdersCommand::Reopen).
    pub fn next(self, is_at_table: bool) -> &'static [Self] {
        match self {
            Self::Pending => &[Self::Accepted, Self::Cancelled],
            Self::Accepted => &[Self::Cooking, Self::Cancelled],
            Self::Cooking => &[Self::Ready, Self::Cancelled],
            Self::Ready if is_at_table => &[Self::Delivered, Self::Cancelled],
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

/// The place to which an order is brought.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
#[serde(rename_all = "snake_case")]
pub enum Destination {
    /// A table of the restaurant, from 1 to [`crate::orders::MAX_TABLE_NUMBER`].
    Table(u32),
    /// An address, to which a rider brings the order. Personal data.
    Delivery {
        /// At most [`crate::orders::MAX_ADDRESS_CHARS`] characters, on one line.
        address: String,
        /// Digits, spaces and `+-().`; at most [`crate::orders::MAX_PHONE_CHARS`] characters.
        phone: String,
    },
}

/// The cancellation of an order.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
pub struct Cancellation {
    /// The time of the cancellation.
    pub at: Timestamp,
    /// The status before.
    pub was: OrderStatus,
    /// One of [`crate::orders::KNOWN_CANCEL_REASONS`], or a text; may be empty.
    pub reason: String,
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
    /// The place to which the order is brought. Absent in orders of other programs that name none.
    pub destination: Option<Destination>,
    /// The restaurant's estimate of the time at which the order is ready.
    pub ready_at: Option<Timestamp>,
    /// The cancellation of a cancelled order.
    pub cancellation: Option<Cancellation>,
}

impl Order {
    /// The total price in won. It follows from the lines and is not stored.
    pub fn total_won(&self) -> u64 {
        self.lines.iter().map(|line| u64::from(line.price_won) * u64::from(line.quantity)).sum()
    }

    /// Whether the order goes to a table of the restaurant.
    pub fn is_at_table(&self) -> bool {
        matches!(self.destination, Some(Destination::Table(_)))
    }

    /// The statuses that can follow the present one; see [`OrderStatus::next`].
    pub fn next_statuses(&self) -> &'static [OrderStatus] {
        self.status.next(self.is_at_table())
    }

    /// Minutes until the order is ready by the restaurant's estimate, rounded up; zero after it. None
    /// without an estimate. An estimate beyond [`MAX_ESTIMATE_MINUTES`] was made by a wrong clock and
    /// counts as none.
    pub fn minutes_left(&self, now: Timestamp) -> Option<u64> {
        let left = self.ready_at?.since(now).div_ceil(MINUTE_MS);
        (left <= u64::from(MAX_ESTIMATE_MINUTES)).then_some(left)
    }

    /// Whether the order waits in the restaurant although its estimate has passed, or, without an
    /// estimate, [`LATE_AFTER_MINUTES`].
    pub fn is_late(&self, now: Timestamp) -> bool {
        let due = self
            .ready_at
            .unwrap_or_else(|| self.placed_at.plus(u64::from(LATE_AFTER_MINUTES) * MINUTE_MS));
        self.status < OrderStatus::Delivering && now >= due
    }
}
