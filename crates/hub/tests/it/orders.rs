//! The checks of an order that need no menu.

use madang_hub::orders::{advance, decide, ready_at, reopen, take, without_contact};
use madang_shared::orders::{
    Cancellation, Destination, Order, OrderLine, OrderStatus, OrdersCommand,
};
use madang_shared::orders::{
    DEFAULT_ESTIMATE_MINUTES, MAX_ADDRESS_CHARS, MAX_CANCEL_REASON_CHARS, MAX_ESTIMATE_MINUTES,
    MAX_ORDER_LINES, MAX_ORDER_NOTE_CHARS, MAX_QUANTITY, MAX_TABLE_NUMBER, REOPEN_MS,
};
use madang_shared::{ErrorCode, MenuItemId, OrderId, Timestamp, User, UserId};

const TABLE: Destination = Destination::Table(4);

fn line(item: u64, quantity: u32) -> OrderLine {
    OrderLine { item: MenuItemId(item), quantity, price_won: 7_000 }
}

fn place(lines: Vec<OrderLine>, note: &str) -> Result<OrdersCommand, ErrorCode> {
    let command = OrdersCommand::Place { lines, note: note.to_owned(), destination: TABLE };
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
    let note = String::new();
    let placed = Ok(OrdersCommand::Place { lines: lines.clone(), note, destination: TABLE });
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
    let (mine, other) = (UserId(1), UserId(2));
    let take = |status, rider: Option<UserId>| {
        let rider = rider.map(|id| User { id, name: "Theo".into() });
        take(&Order { rider, ..order(status) }, mine).map_err(|failure| failure.code)
    };
    assert_eq!(take(OrderStatus::Ready, None), Ok(true));
    assert_eq!(take(OrderStatus::Ready, Some(mine)), Ok(true), "reserved for this rider");
    assert_eq!(take(OrderStatus::Delivering, Some(mine)), Ok(false));
    assert_eq!(take(OrderStatus::Ready, Some(other)), Err(ErrorCode::Forbidden));
    assert_eq!(take(OrderStatus::Delivered, Some(other)), Err(ErrorCode::Invalid));
}

#[test]
fn an_order_at_a_table_is_served_without_a_rider() {
    let at_table = |status| Order { destination: Some(TABLE), ..order(status) };
    let ready = at_table(OrderStatus::Ready);
    assert_eq!(advance(&ready, OrderStatus::Delivered), Ok(true));
    let refused = take(&ready, UserId(1)).unwrap_err();
    assert_eq!(refused.code, ErrorCode::Invalid);
    assert!(refused.message.contains("goes to a table"), "{refused}");
    // A rider who took it in an earlier version still delivers it.
    assert_eq!(advance(&at_table(OrderStatus::Delivering), OrderStatus::Delivered), Ok(true));

    let refused = advance(&order(OrderStatus::Ready), OrderStatus::Delivered).unwrap_err();
    assert_eq!(refused.code, ErrorCode::Invalid);
    assert!(refused.message.contains("a rider must take it"), "{refused}");
}

fn bring_to(destination: Destination) -> Result<Destination, ErrorCode> {
    let lines = vec![line(1, 1)];
    let decided = decide(OrdersCommand::Place { lines, note: String::new(), destination });
    match decided.map_err(|failure| failure.code)? {
        OrdersCommand::Place { destination, .. } => Ok(destination),
        // Another command would be wrong, and equals no expected code.
        _ => Err(ErrorCode::Unsupported),
    }
}

fn deliver_to(address: &str, phone: &str) -> Result<Destination, ErrorCode> {
    bring_to(Destination::Delivery { address: address.to_owned(), phone: phone.to_owned() })
}

#[test]
fn an_order_goes_to_a_table_or_to_an_address_with_a_phone_number() {
    for number in [0, MAX_TABLE_NUMBER + 1] {
        assert_eq!(bring_to(Destination::Table(number)), Err(ErrorCode::Invalid), "{number}");
    }
    let last = Destination::Table(MAX_TABLE_NUMBER);
    assert_eq!(bring_to(last.clone()), Ok(last));

    let delivery = |address: &str, phone: &str| Destination::Delivery {
        address: address.to_owned(),
        phone: phone.to_owned(),
    };
    assert_eq!(
        deliver_to("  서울 마포구\n1-2, 301호 ", " 010-1234-5678 "),
        Ok(delivery("서울 마포구 1-2, 301호", "010-1234-5678"))
    );
    for phone in ["+82 (10) 1234.5678", "119", "15881234"] {
        assert_eq!(deliver_to("1", phone), Ok(delivery("1", phone)));
    }
    for phone in
        ["", "12", "---", "call me", "010-1234-567a", "０１０-1234-5678", "1234567890123456"]
    {
        assert_eq!(deliver_to("1", phone), Err(ErrorCode::Invalid), "{phone:?}");
    }
    assert_eq!(deliver_to(" ", "119"), Err(ErrorCode::Invalid));
    assert_eq!(deliver_to("1", "0 0 0 0 0 0 0 0 0 0 0"), Err(ErrorCode::TooLong));
    let long = "힣".repeat(MAX_ADDRESS_CHARS + 1);
    assert_eq!(deliver_to(&long, "119"), Err(ErrorCode::TooLong));
}

#[test]
fn accepting_and_cancelling_have_an_estimate_and_a_reason() {
    let order = OrderId(1);
    let advance = |to| decide(OrdersCommand::Advance { order, to }).map_err(|failure| failure.code);
    let accept = |minutes| OrdersCommand::Accept { order, minutes };
    assert_eq!(advance(OrderStatus::Accepted), Ok(accept(DEFAULT_ESTIMATE_MINUTES)));
    let cancel = |reason: &str| OrdersCommand::Cancel { order, reason: reason.to_owned() };
    assert_eq!(advance(OrderStatus::Cancelled), Ok(cancel("")));

    let decided = |command| decide(command).map_err(|failure| failure.code);
    for minutes in [0, MAX_ESTIMATE_MINUTES + 1, u32::MAX] {
        assert_eq!(decided(accept(minutes)), Err(ErrorCode::Invalid), "{minutes}");
    }
    assert_eq!(decided(accept(MAX_ESTIMATE_MINUTES)), Ok(accept(MAX_ESTIMATE_MINUTES)));
    assert_eq!(ready_at(Timestamp(5), 2), Timestamp(120_005));
    assert_eq!(decided(cancel(" sold\nout ")), Ok(cancel("sold out")));
    assert_eq!(decided(cancel(" \n")), Ok(cancel("")));
    let long = "힣".repeat(MAX_CANCEL_REASON_CHARS + 1);
    assert_eq!(decided(cancel(&long)), Err(ErrorCode::TooLong));
}

fn order(status: OrderStatus) -> Order {
    Order {
        id: OrderId(1),
        customer: User { id: UserId(1), name: "Mina".into() },
        status,
        lines: vec![line(1, 1)],
        note: String::new(),
        placed_at: Timestamp(0),
        rider: None,
        destination: None,
        ready_at: None,
        cancellation: None,
    }
}

#[test]
fn a_cancelled_order_can_be_reopened_for_a_while() {
    let (was, reason) = (OrderStatus::Cooking, String::new());
    let cancellation = Some(Cancellation { at: Timestamp(1_000), was, reason });
    let cancelled = Order { cancellation, ..order(OrderStatus::Cancelled) };
    let last = Timestamp(1_000 + REOPEN_MS - 1);
    assert_eq!(reopen(&cancelled, last), Ok(Some(was)));
    assert_eq!(reopen(&cancelled, last.plus(1)).unwrap_err().code, ErrorCode::Invalid);
    assert_eq!(reopen(&order(OrderStatus::Cooking), last), Ok(None));
    for status in [OrderStatus::Delivered, OrderStatus::Cancelled] {
        assert_eq!(reopen(&order(status), last).unwrap_err().code, ErrorCode::Invalid);
    }
}

#[test]
fn a_copy_without_contact_has_the_table_alone() {
    let at_table = Order { destination: Some(TABLE), ..order(OrderStatus::Pending) };
    assert_eq!(without_contact(&at_table), at_table);
    let delivery = Destination::Delivery { address: "1".into(), phone: "119".into() };
    let delivered = Order { destination: Some(delivery), ..order(OrderStatus::Pending) };
    assert_eq!(without_contact(&delivered), order(OrderStatus::Pending));
}
