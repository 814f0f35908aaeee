//! The reducer of the orders, and the size of its snapshot.

use madang_shared::limits::MAX_FRAME_BYTES;
use madang_shared::orders::{
    Cancellation, Destination, MenuItem, Order, OrderLine, OrderStatus, OrdersEvent,
    OrdersSnapshot, StatusChange,
};
use madang_shared::orders::{
    LATE_AFTER_MINUTES, MAX_ADDRESS_CHARS, MAX_CANCEL_REASON_CHARS, MAX_ESTIMATE_MINUTES,
    MAX_MENU_ITEMS, MAX_MENU_NAME_CHARS, MAX_OPEN_ORDERS, MAX_ORDER_LINES, MAX_ORDER_NOTE_CHARS,
    MAX_PHONE_CHARS, MAX_PRICE_WON, MAX_QUANTITY, RECENT_CLOSED_ORDERS, RECENT_STATUS_CHANGES,
};
use madang_shared::session::MAX_USER_NAME_CHARS;
use madang_shared::{
    Epoch, MenuItemId, OrderId, Position, Seq, ServerFrame, Timestamp, Topic, TopicState, User,
    UserId, codec,
};

/// The largest id: it has the most digits.
const FAR: u64 = 9_007_199_254_000_000;

fn order(id: u64, status: OrderStatus) -> Order {
    let customer = User { id: UserId(FAR), name: "힣".repeat(MAX_USER_NAME_CHARS) };
    Order {
        id: OrderId(id),
        rider: Some(customer.clone()),
        customer,
        status,
        lines: Vec::new(),
        note: String::new(),
        placed_at: Timestamp(FAR),
        destination: None,
        ready_at: None,
        cancellation: None,
    }
}

fn changed(id: u64, was: Option<OrderStatus>, status: OrderStatus) -> OrdersEvent {
    OrdersEvent::Changed { at: Timestamp(id), was, order: order(id, status) }
}

#[test]
fn old_closed_orders_are_dropped_and_open_ones_kept() {
    let mut orders = OrdersSnapshot::default();
    let recent = RECENT_CLOSED_ORDERS as u64;
    orders.apply(changed(1, None, OrderStatus::Pending));
    for id in 2..=recent + 3 {
        orders.apply(changed(id, Some(OrderStatus::Delivering), OrderStatus::Delivered));
    }
    let ids: Vec<u64> = orders.orders.iter().map(|order| order.id.0).collect();
    let kept: Vec<u64> = std::iter::once(1).chain(4..=recent + 3).collect();
    assert_eq!(ids, kept);
    assert_eq!(orders.changes.len(), RECENT_STATUS_CHANGES);
    assert!(orders.order(OrderId(1)).is_some() && orders.order(OrderId(2)).is_none());
}

#[test]
fn an_event_without_a_new_status_is_no_status_change() {
    let pending = OrderStatus::Pending;
    assert_eq!(changed(1, Some(pending), pending).status_change(), None);
    let removed = OrdersEvent::Removed { at: Timestamp(7), was: pending, order: OrderId(1) };
    let change =
        StatusChange { at: Timestamp(7), order: OrderId(1), was: Some(pending), now: None };
    assert_eq!(removed.status_change(), Some(change));
    let mut orders = OrdersSnapshot::default();
    orders.apply(changed(1, None, pending));
    orders.apply(removed);
    assert_eq!((orders.orders.len(), orders.changes.len()), (0, 2));
}

#[test]
fn a_closed_order_has_no_next_status_and_no_order_goes_back() {
    for status in OrderStatus::ALL {
        for is_at_table in [false, true] {
            let next = status.next(is_at_table);
            assert_eq!(next.is_empty(), !status.is_open());
            assert!(next.iter().all(|next| *next > status));
        }
    }
}

#[test]
fn the_restaurant_serves_an_order_at_a_table_and_a_rider_takes_every_other_one() {
    let ready = order(1, OrderStatus::Ready);
    let address = Destination::Delivery { address: "1".into(), phone: "119".into() };
    for (destination, next) in [
        (Some(Destination::Table(4)), OrderStatus::Delivered),
        (Some(address), OrderStatus::Delivering),
        (None, OrderStatus::Delivering),
    ] {
        let order = Order { destination, ..ready.clone() };
        assert_eq!(order.next_statuses(), [next, OrderStatus::Cancelled], "{order:?}");
    }
}

#[test]
fn an_estimate_is_shown_in_minutes_and_an_order_is_late_after_it() {
    const MINUTE: u64 = 60_000;
    let placed_at = Timestamp(1_000_000);
    let after = |minutes: u64| placed_at.plus(minutes * MINUTE);
    let order = Order { placed_at, ..order(1, OrderStatus::Pending) };
    let default = u64::from(LATE_AFTER_MINUTES);
    assert_eq!(order.minutes_left(after(1)), None);
    assert!(!order.is_late(after(default - 1)) && order.is_late(after(default)));

    let mut order =
        Order { status: OrderStatus::Cooking, ready_at: Some(after(20)), ..order.clone() };
    assert_eq!(order.minutes_left(after(8)), Some(12));
    assert_eq!(order.minutes_left(Timestamp(after(8).0 + 1)), Some(12));
    assert_eq!(order.minutes_left(Timestamp(after(20).0 - 1)), Some(1));
    assert_eq!((order.minutes_left(after(20)), order.minutes_left(after(99))), (Some(0), Some(0)));
    assert!(!order.is_late(after(19)) && order.is_late(after(20)));
    for status in [OrderStatus::Delivering, OrderStatus::Delivered, OrderStatus::Cancelled] {
        order.status = status;
        assert!(!order.is_late(after(99)), "{status:?}");
    }
    order.ready_at = Some(after(u64::from(MAX_ESTIMATE_MINUTES) + 1));
    assert_eq!(order.minutes_left(placed_at), None, "another program's clock was wrong");
}

#[test]
fn an_order_of_an_earlier_version_has_no_destination() {
    let json = r#"{"id":1,"customer":{"id":2,"name":"Jun"},"status":"pending","lines":[],"note":"","placed_at":3,"rider":null}"#;
    let order: Order = codec::decode_part(json).expect("readable");
    assert_eq!((order.destination, order.ready_at, order.cancellation), (None, None, None));
}

#[test]
fn the_largest_list_of_orders_fits_into_a_frame() {
    let line = |item| OrderLine {
        item: MenuItemId(item),
        quantity: MAX_QUANTITY,
        price_won: MAX_PRICE_WON,
    };
    let name = "힣".repeat(MAX_MENU_NAME_CHARS);
    let items = 0..MAX_MENU_ITEMS as u64;
    let mut snapshot = OrdersSnapshot {
        menu: items
            .map(|id| MenuItem {
                id: MenuItemId(id),
                name_ko: name.clone(),
                name_en: name.clone(),
                price_won: MAX_PRICE_WON,
                available: false,
            })
            .collect(),
        ..OrdersSnapshot::default()
    };
    for id in 0..(MAX_OPEN_ORDERS + RECENT_CLOSED_ORDERS) as u64 {
        let status = if id < MAX_OPEN_ORDERS as u64 {
            OrderStatus::Delivering
        } else {
            OrderStatus::Cancelled
        };
        let mut order = order(FAR + id, status);
        order.lines = (0..MAX_ORDER_LINES as u64).map(line).collect();
        order.note = "힣".repeat(MAX_ORDER_NOTE_CHARS);
        order.destination = Some(Destination::Delivery {
            address: "힣".repeat(MAX_ADDRESS_CHARS),
            phone: "0".repeat(MAX_PHONE_CHARS),
        });
        order.ready_at = Some(Timestamp(FAR));
        order.cancellation = (status == OrderStatus::Cancelled).then(|| Cancellation {
            at: Timestamp(FAR),
            was: OrderStatus::Accepted,
            reason: "힣".repeat(MAX_CANCEL_REASON_CHARS),
        });
        snapshot.apply(OrdersEvent::Changed { at: Timestamp(FAR), was: None, order });
    }
    assert_eq!(snapshot.orders.len(), MAX_OPEN_ORDERS + RECENT_CLOSED_ORDERS);
    let position = Position::new(Epoch(FAR), Seq(FAR));
    let state = TopicState { topic: Topic::Orders, position, snapshot: snapshot.into() };
    let bytes = codec::encode_server(&ServerFrame::Snapshot(state)).len();
    assert!(bytes < MAX_FRAME_BYTES, "{bytes}");
}
