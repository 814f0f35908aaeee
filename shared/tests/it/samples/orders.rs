//! Samples of the restaurant's orders.

use madang_shared::orders::{MenuItem, Order, OrderLine, OrderStatus, OrdersEvent, OrdersSnapshot};
use madang_shared::{MenuItemId, OrderId, User, UserId};

use super::{TIME, user};

pub(super) fn order_line() -> OrderLine {
    OrderLine { item: MenuItemId(2), quantity: 3, price_won: 9_000 }
}

fn menu_item() -> MenuItem {
    MenuItem {
        id: MenuItemId(2),
        name_ko: "비빔밥".into(),
        name_en: "Bibimbap".into(),
        price_won: 9_000,
        available: true,
    }
}

fn order() -> Order {
    Order {
        id: OrderId(12),
        customer: user(),
        status: OrderStatus::Delivering,
        lines: vec![order_line()],
        note: "덜 맵게 \"please\"".into(),
        placed_at: TIME,
        rider: Some(User { id: UserId(4), name: "Jun".into() }),
    }
}

pub(super) fn orders_events() -> [OrdersEvent; 5] {
    let fresh = Order { status: OrderStatus::Pending, rider: None, ..order() };
    [
        OrdersEvent::Changed { at: TIME, was: Some(OrderStatus::Ready), order: order() },
        OrdersEvent::Changed { at: TIME, was: None, order: fresh },
        OrdersEvent::Removed { at: TIME, was: OrderStatus::Cancelled, order: OrderId(12) },
        OrdersEvent::Offered(menu_item()),
        OrdersEvent::Withdrawn { item: MenuItemId(2) },
    ]
}

pub(super) fn orders() -> OrdersSnapshot {
    let mut orders = OrdersSnapshot { menu: vec![menu_item()], ..OrdersSnapshot::default() };
    let [changed, ..] = orders_events();
    orders.apply(changed);
    orders
}
