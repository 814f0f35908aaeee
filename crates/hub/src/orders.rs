//! The orders of a small restaurant. The database keeps the same rules against everybody else who
//! changes its tables; here they are said in sentences.

use madang_shared::orders::{MAX_OPEN_ORDERS, MAX_ORDER_LINES, MAX_ORDER_NOTE_CHARS, MAX_QUANTITY};
use madang_shared::orders::{MenuItem, OrderLine, OrderStatus, OrdersCommand};
use madang_shared::{ErrorCode, Failure, OrderId, UserId, validate};

/// A decided change of the orders.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Change {
    /// Make an order for the author.
    Place {
        /// By item, each item once.
        lines: Vec<OrderLine>,
        /// Checked and normalised; may be empty.
        note: String,
    },
    /// Move an order on; see [`advance`].
    Advance {
        /// Which order.
        order: OrderId,
        /// Where to.
        to: OrderStatus,
    },
    /// Give an order to the author to bring; see [`take`].
    Take {
        /// Which order.
        order: OrderId,
    },
}

/// Checks what can be checked without the menu and the order.
///
/// # Errors
/// `invalid` or `too_long`.
pub fn decide(command: OrdersCommand) -> Result<Change, Failure> {
    match command {
        OrdersCommand::Place { mut lines, note } => {
            lines.sort_by_key(|line| line.item);
            check_lines(&lines)?;
            Ok(Change::Place { lines, note: check_note(&note)? })
        }
        OrdersCommand::Advance { to: OrderStatus::Delivering, .. } => {
            Err(invalid("A rider takes an order; nobody is sent."))
        }
        OrdersCommand::Advance { order, to } => Ok(Change::Advance { order, to }),
        OrdersCommand::Take { order } => Ok(Change::Take { order }),
    }
}

/// Whether an order moves on when it is asked to; it does not if it is there already.
///
/// # Errors
/// `invalid` where no way leads.
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

/// Whether an order goes to a rider who asks for it; it does not if that rider has it already.
///
/// # Errors
/// `forbidden` if it is another rider's; `invalid` if it is not ready.
pub fn take(from: OrderStatus, rider: Option<UserId>, by: UserId) -> Result<bool, Failure> {
    if from.is_open() && rider.is_some_and(|rider| rider != by) {
        return Err(Failure::new(ErrorCode::Forbidden, "Another rider has this order."));
    }
    advance(from, OrderStatus::Delivering)
}

/// Whether something can be ordered as its customer saw it on the menu.
///
/// # Errors
/// `not_found` or `invalid`.
pub fn check_offer(line: &OrderLine, item: Option<&MenuItem>) -> Result<(), Failure> {
    let Some(item) = item else {
        return Err(Failure::new(
            ErrorCode::NotFound,
            "Something of this is no longer on the menu.",
        ));
    };
    if !item.available {
        return Err(invalid(format!("There is no more {} today.", item.name_en)));
    }
    if item.price_won != line.price_won {
        return Err(invalid(format!("The price of {} has changed; look again.", item.name_en)));
    }
    Ok(())
}

/// Whether there is room for one more open order.
///
/// # Errors
/// `forbidden` if there is none.
pub fn check_room(open: u64) -> Result<(), Failure> {
    if open < MAX_OPEN_ORDERS as u64 {
        return Ok(());
    }
    let message = format!("{MAX_OPEN_ORDERS} orders are open, as many as the kitchen can bear.");
    Err(Failure::new(ErrorCode::Forbidden, message))
}

fn check_lines(sorted: &[OrderLine]) -> Result<(), Failure> {
    if sorted.is_empty() || sorted.len() > MAX_ORDER_LINES {
        return Err(invalid(format!("Order from 1 to {MAX_ORDER_LINES} things.")));
    }
    if sorted.iter().any(|line| line.quantity == 0 || line.quantity > MAX_QUANTITY) {
        return Err(invalid(format!("Order from 1 to {MAX_QUANTITY} of each thing.")));
    }
    if sorted.windows(2).any(|pair| matches!(pair, [one, next] if one.item == next.item)) {
        return Err(invalid("Each thing has one line."));
    }
    Ok(())
}

fn check_note(note: &str) -> Result<String, Failure> {
    if note.trim().is_empty() {
        return Ok(String::new());
    }
    let note = validate::message_text(note)?;
    if note.chars().count() > MAX_ORDER_NOTE_CHARS {
        let message = format!("At most {MAX_ORDER_NOTE_CHARS} characters, please.");
        return Err(Failure::new(ErrorCode::TooLong, message));
    }
    Ok(note)
}

fn invalid(message: impl Into<String>) -> Failure {
    Failure::new(ErrorCode::Invalid, message)
}
