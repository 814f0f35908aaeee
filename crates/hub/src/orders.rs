//! Orders: the orders of a small restaurant. Topic [`Topic::Orders`](madang_shared::Topic::Orders).
//!
//! The database enforces the same rules against other programs that change its tables. This module
//! refuses a command with a sentence for the user.

use madang_shared::orders::{
    MAX_OPEN_ORDERS, MAX_OPEN_ORDERS_PER_USER, MAX_ORDER_LINES, MAX_ORDER_NOTE_CHARS, MAX_QUANTITY,
};
use madang_shared::orders::{MenuItem, OrderLine, OrderStatus, OrdersCommand};
use madang_shared::{ErrorCode, Failure, UserId, validate};

/// Checks a command without the menu and the order. The lines of a decided order are sorted by item;
/// its note is validated and normalised, and may be empty.
///
/// # Errors
/// `invalid` or `too_long`.
pub fn decide(command: OrdersCommand) -> Result<OrdersCommand, Failure> {
    match command {
        OrdersCommand::Place { mut lines, note } => {
            lines.sort_by_key(|line| line.item);
            check_lines(&lines)?;
            Ok(OrdersCommand::Place { lines, note: check_note(&note)? })
        }
        OrdersCommand::Advance { to: OrderStatus::Delivering, .. } => {
            Err(invalid("A rider must take the order; it cannot be set to delivering."))
        }
        OrdersCommand::Advance { .. } | OrdersCommand::Take { .. } => Ok(command),
    }
}

/// Whether an order moves to a status; false if it has that status already.
///
/// # Errors
/// `invalid` if the transition does not exist.
pub fn advance(from: OrderStatus, to: OrderStatus) -> Result<bool, Failure> {
    if from == to {
        return Ok(false);
    }
    if from.next().contains(&to) {
        return Ok(true);
    }
    let message = format!("An order that is {} cannot become {}.", from.name(), to.name());
    Err(invalid(message))
}

/// Whether an order is assigned to the rider `by`; false if that rider has it already.
///
/// # Errors
/// `forbidden` if another rider has it; `invalid` if it is not ready.
pub fn take(from: OrderStatus, rider: Option<UserId>, by: UserId) -> Result<bool, Failure> {
    if from.is_open() && rider.is_some_and(|rider| rider != by) {
        return Err(Failure::new(ErrorCode::Forbidden, "Another rider has this order."));
    }
    advance(from, OrderStatus::Delivering)
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

fn invalid(message: impl Into<String>) -> Failure {
    Failure::new(ErrorCode::Invalid, message)
}
