//! Orders: the orders of a small restaurant. Topic [`Topic::Orders`](madang_shared::Topic::Orders).
//!
//! The database enforces the same rules against other programs that change its tables. This module
//! refuses a command with a sentence for the user.

use madang_shared::grants::{Grant, Grants};
use madang_shared::orders::{
    DEFAULT_ESTIMATE_MINUTES, MAX_ADDRESS_CHARS, MAX_CANCEL_REASON_CHARS, MAX_ESTIMATE_MINUTES,
    MAX_OPEN_ORDERS, MAX_OPEN_ORDERS_PER_USER, MAX_ORDER_LINES, MAX_ORDER_NOTE_CHARS,
    MAX_PHONE_CHARS, MAX_QUANTITY, MAX_TABLE_NUMBER, PHONE_DIGITS, REOPEN_MS,
};
use madang_shared::orders::{Destination, MenuItem, Order, OrderLine, OrderStatus, OrdersCommand};
use madang_shared::{ErrorCode, Failure, OrderId, Timestamp, UserId, validate};

use crate::policy::rights::{Need, OrderRight};

const MINUTE_MS: u64 = 60_000;

/// The need of a change. The need about its order is decided with the facts of the order
/// ([`check_order`](crate::policy::rights::check_order)).
pub fn needs(change: &OrdersCommand) -> Need {
    let needed: &[Grant] = match change {
        OrdersCommand::Place { .. } => &[Grant::Customer],
        OrdersCommand::Cancel { .. } | OrdersCommand::Reopen(_) => {
            &[Grant::Customer, Grant::Kitchen]
        }
        OrdersCommand::Advance { to: OrderStatus::Delivered, .. } => {
            &[Grant::Kitchen, Grant::Rider]
        }
        OrdersCommand::Accept { .. } | OrdersCommand::Advance { .. } => &[Grant::Kitchen],
        OrdersCommand::Take { .. } => &[Grant::Rider],
    };
    Need::AnyGrant(Grants::of(needed))
}

/// The right that a change needs about its order; none if the general need decides.
pub fn order_right(change: &OrdersCommand) -> Option<(OrderRight, OrderId)> {
    match change {
        OrdersCommand::Cancel { order, .. } | OrdersCommand::Reopen(order) => {
            Some((OrderRight::Cancel, *order))
        }
        OrdersCommand::Advance { order, to: OrderStatus::Delivered } => {
            Some((OrderRight::Deliver, *order))
        }
        OrdersCommand::Place { .. }
        | OrdersCommand::Accept { .. }
        | OrdersCommand::Advance { .. }
        | OrdersCommand::Take { .. } => None,
    }
}

/// Checks a command without the menu and the order. The lines of a decided order are sorted by item;
/// its texts are validated and normalised. An `advance` that accepts or cancels becomes that command.
///
/// # Errors
/// `invalid` or `too_long`.
pub fn decide(command: OrdersCommand) -> Result<OrdersCommand, Failure> {
    match command {
        OrdersCommand::Place { mut lines, note, destination } => {
            lines.sort_by_key(|line| line.item);
            check_lines(&lines)?;
            let (note, destination) = (check_note(&note)?, check_destination(destination)?);
            Ok(OrdersCommand::Place { lines, note, destination })
        }
        OrdersCommand::Advance { order, to: OrderStatus::Accepted } => {
            Ok(OrdersCommand::Accept { order, minutes: DEFAULT_ESTIMATE_MINUTES })
        }
        OrdersCommand::Advance { order, to: OrderStatus::Cancelled } => {
            Ok(OrdersCommand::Cancel { order, reason: String::new() })
        }
        OrdersCommand::Advance { to: OrderStatus::Delivering, .. } => {
            Err(invalid("A rider must take the order; it cannot be set to delivering."))
        }
        OrdersCommand::Accept { minutes, .. } if !(1..=MAX_ESTIMATE_MINUTES).contains(&minutes) => {
            Err(invalid(format!("An estimate is from 1 to {MAX_ESTIMATE_MINUTES} minutes.")))
        }
        OrdersCommand::Cancel { order, reason } => {
            Ok(OrdersCommand::Cancel { order, reason: check_reason(&reason)? })
        }
        OrdersCommand::Accept { .. }
        | OrdersCommand::Advance { .. }
        | OrdersCommand::Take { .. }
        | OrdersCommand::Reopen(_) => Ok(command),
    }
}

/// Whether an order moves to a status; false if it has that status already.
///
/// # Errors
/// `invalid` if the transition does not exist for the destination of the order.
pub fn advance(order: &Order, to: OrderStatus) -> Result<bool, Failure> {
    if order.status == to {
        return Ok(false);
    }
    if order.next_statuses().contains(&to) {
        return Ok(true);
    }
    Err(match (order.status, to) {
        (OrderStatus::Ready, OrderStatus::Delivering) => {
            invalid("This order goes to a table, without a rider; set it to delivered.")
        }
        (OrderStatus::Ready, OrderStatus::Delivered) => {
            invalid("This order goes to no table; a rider must take it first.")
        }
        (from, to) => {
            invalid(format!("An order that is {} cannot become {}.", from.name(), to.name()))
        }
    })
}

/// Whether an order is assigned to the rider `by`; false if that rider has it already.
///
/// # Errors
/// `forbidden` if another rider has it; `invalid` if it is not ready, or goes to a table.
pub fn take(order: &Order, by: UserId) -> Result<bool, Failure> {
    if order.status.is_open() && order.rider.as_ref().is_some_and(|rider| rider.id != by) {
        return Err(Failure::new(ErrorCode::Forbidden, "Another rider has this order."));
    }
    advance(order, OrderStatus::Delivering)
}

/// The time at which an order is ready that is accepted at `at` with an estimate of `minutes`.
pub fn ready_at(at: Timestamp, minutes: u32) -> Timestamp {
    at.plus(u64::from(minutes) * MINUTE_MS)
}

/// The status that a cancelled order gets again; `None` if the order is open.
///
/// # Errors
/// `invalid` if the order was delivered, or cancelled more than [`REOPEN_MS`] ago.
pub fn reopen(order: &Order, now: Timestamp) -> Result<Option<OrderStatus>, Failure> {
    match &order.cancellation {
        Some(cancellation) if !cancellation.at.has_passed(REOPEN_MS, now) => {
            Ok(Some(cancellation.was))
        }
        None if order.status.is_open() => Ok(None),
        None if order.status == OrderStatus::Delivered => {
            Err(invalid("A delivered order cannot be reopened."))
        }
        _ => Err(invalid("It is too late to reopen this order; place a new one.")),
    }
}

/// An order without the address and the phone number of its customer, for readers who are neither the customer nor of the
/// restaurant: clients of Socket.IO.
#[must_use]
pub fn without_contact(order: &Order) -> Order {
    let is_public = |destination: &Destination| matches!(destination, Destination::Table(_));
    Order { destination: order.destination.clone().filter(is_public), ..order.clone() }
}

/// Checks that a line of an order matches the menu.
///
/// # Errors
/// `not_found` or `invalid`.
pub fn check_offer(line: &OrderLine, item: Option<&MenuItem>) -> Result<(), Failure> {
    let Some(item) = item else {
        return Err(Failure::new(
            ErrorCode::NotFound,
            "An item of this order is no longer on the menu.",
        ));
    };
    if !item.available {
        return Err(invalid(format!("{} is sold out today.", item.name_en)));
    }
    if item.price_won != line.price_won {
        let message =
            format!("The price of {} has changed; check it and order again.", item.name_en);
        return Err(invalid(message));
    }
    Ok(())
}

/// Checks that one more order may be open. `open` counts the open orders of all customers, `own` those of the
/// customer.
///
/// # Errors
/// `forbidden` if [`MAX_OPEN_ORDERS`] are open, or [`MAX_OPEN_ORDERS_PER_USER`] of the customer.
pub fn check_room(open: u64, own: u64) -> Result<(), Failure> {
    let message = if own >= MAX_OPEN_ORDERS_PER_USER as u64 {
        format!("You have {own} open orders; order again when one is delivered or cancelled.")
    } else if open >= MAX_OPEN_ORDERS as u64 {
        format!("{MAX_OPEN_ORDERS} orders are open; order again when one is done.")
    } else {
        return Ok(());
    };
    Err(Failure::new(ErrorCode::Forbidden, message))
}

fn check_lines(sorted: &[OrderLine]) -> Result<(), Failure> {
    if sorted.is_empty() || sorted.len() > MAX_ORDER_LINES {
        return Err(invalid(format!("An order has from 1 to {MAX_ORDER_LINES} items.")));
    }
    if sorted.iter().any(|line| line.quantity == 0 || line.quantity > MAX_QUANTITY) {
        return Err(invalid(format!("The quantity of an item is from 1 to {MAX_QUANTITY}.")));
    }
    if sorted.windows(2).any(|pair| matches!(pair, [one, next] if one.item == next.item)) {
        return Err(invalid("Each item has one line; raise its quantity instead."));
    }
    Ok(())
}

fn check_note(note: &str) -> Result<String, Failure> {
    if note.trim().is_empty() {
        return Ok(String::new());
    }
    let note = validate::message_text(note)?;
    if note.chars().count() > MAX_ORDER_NOTE_CHARS {
        let message = format!("A note has at most {MAX_ORDER_NOTE_CHARS} characters.");
        return Err(Failure::new(ErrorCode::TooLong, message));
    }
    Ok(note)
}

fn check_destination(destination: Destination) -> Result<Destination, Failure> {
    match destination {
        Destination::Table(number) if !(1..=MAX_TABLE_NUMBER).contains(&number) => {
            Err(invalid(format!("The number of a table is from 1 to {MAX_TABLE_NUMBER}.")))
        }
        Destination::Table(number) => Ok(Destination::Table(number)),
        Destination::Delivery { address, phone } => {
            let address = validate::one_line(&address, MAX_ADDRESS_CHARS, "An address")?;
            Ok(Destination::Delivery { address, phone: check_phone(&phone)? })
        }
    }
}

fn check_phone(phone: &str) -> Result<String, Failure> {
    let phone = validate::one_line(phone, MAX_PHONE_CHARS, "A phone number")?;
    if !validate::is_phone_number(&phone) {
        let (least, most) = (PHONE_DIGITS.start(), PHONE_DIGITS.end());
        let message = format!(
            "A phone number has from {least} to {most} digits, and besides them spaces and +-()."
        );
        return Err(invalid(message));
    }
    Ok(phone)
}

fn check_reason(reason: &str) -> Result<String, Failure> {
    if reason.trim().is_empty() {
        return Ok(String::new());
    }
    validate::one_line(reason, MAX_CANCEL_REASON_CHARS, "A reason")
}

fn invalid(message: impl Into<String>) -> Failure {
    Failure::new(ErrorCode::Invalid, message)
}
