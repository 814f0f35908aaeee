//! The checks of an order that need no menu.

use madang_hub::orders::{decide, take};
use madang_shared::orders::{MAX_ORDER_LINES, MAX_ORDER_NOTE_CHARS, MAX_QUANTITY};
use madang_shared::orders::{OrderLine, OrderStatus, OrdersCommand};
use madang_shared::{ErrorCode, MenuItemId, OrderId, UserId};

fn line(item: u64, quantity: u32) -> OrderLine {
    OrderLine { item: MenuItemId(item), quantity, price_won: 7_000 }
}

fn place(lines: Vec<OrderLine>, note: &str) -> Result<OrdersCommand, ErrorCode> {
    let command = OrdersCommand::Place { lines, note: note.to_owned() };
    decide(command).map_err(|failure| failure.code)
}

#[test]
fn an_order_has_a_bounded_number_of_lines_with_one_item_each_and_bounded_quantities() {
    let most = MAX_ORDER_LINES as u64;
    let invalid = [
        vec![],
        vec![line(1, 0)],
        vec![line(1, MAX_QUANTITY + 1)],
        vec![line(2, 1), line(1, 1), line(2, 1)],
        (0..=most).map(|item| line(item, 1)).collect(),
    ];
    for lines in invalid {
        assert_eq!(place(lines.clone(), ""), Err(ErrorCode::Invalid), "{lines:?}");
    }
    let lines = vec![line(1, 1), line(2, MAX_QUANTITY)];
    let placed = Ok(OrdersCommand::Place { lines: lines.clone(), note: String::new() });
    assert_eq!(place(lines.into_iter().rev().collect(), " \n"), placed);
}

#[test]
fn a_note_is_normalised_and_has_a_limit() {
    let placed = place(vec![line(1, 1)], "\u{7}덜 맵게\r\n");
    assert!(matches!(placed, Ok(OrdersCommand::Place { note, .. }) if note == "덜 맵게"));
    let long = "힣".repeat(MAX_ORDER_NOTE_CHARS + 1);
    assert_eq!(place(vec![line(1, 1)], &long), Err(ErrorCode::TooLong));
}

#[test]
fn only_a_rider_sets_delivering_and_only_without_another_rider() {
    let delivering = OrdersCommand::Advance { order: OrderId(1), to: OrderStatus::Delivering };
    assert_eq!(decide(delivering).unwrap_err().code, ErrorCode::Invalid);
    let (mine, other) = (UserId(1), Some(UserId(2)));
    assert_eq!(take(OrderStatus::Ready, None, mine), Ok(true));
    assert_eq!(
        take(OrderStatus::Ready, Some(mine), mine),
        Ok(true),
        "the order is reserved for this rider"
    );
    assert_eq!(take(OrderStatus::Delivering, Some(mine), mine), Ok(false));
    assert_eq!(take(OrderStatus::Ready, other, mine).unwrap_err().code, ErrorCode::Forbidden);
    assert_eq!(take(OrderStatus::Delivered, other, mine).unwrap_err().code, ErrorCode::Invalid);
}
