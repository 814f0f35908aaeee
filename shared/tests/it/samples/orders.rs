//! Samples of the restaurant's orders.

use madang_shared::orders::{
    Cancellation, Destination, MenuItem, Order, OrderLine, OrderStatus, OrdersCommand, OrdersEvent,
    OrdersSnapshot,
};
use madang_shared::{MenuItemId, OrderId, Timestamp, Topic, User, UserId};

use super::{TIME, user};

fn order_line() -> OrderLine {
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

fn destination() -> Destination {
    Destination::Delivery { address: "서울 마포구 1".into(), phone: "010-1234-5678".into() }
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
        destination: Some(destination()),
        ready_at: Some(Timestamp(TIME.0 + 900_000)),
        cancellation: None,
    }
}

pub(super) fn commands() -> Vec<OrdersCommand> {
    vec![
        OrdersCommand::Place {
            lines: vec![order_line()],
            note: "덜 맵게".into(),
            destination: destination(),
        },
        OrdersCommand::Accept { order: OrderId(12), minutes: 20 },
        OrdersCommand::Cancel { order: OrderId(12), reason: "sold_out".into() },
        OrdersCommand::Reopen(OrderId(12)),
        OrdersCommand::Advance { order: OrderId(12), to: OrderStatus::Accepted },
        OrdersCommand::Take { order: OrderId(12) },
    ]
}

pub(super) fn command_name(command: &OrdersCommand) -> &'static str {
    match command {
        OrdersCommand::Place { .. } => "orders.place",
        OrdersCommand::Accept { .. } => "orders.accept",
        OrdersCommand::Cancel { .. } => "orders.cancel",
        OrdersCommand::Reopen(_) => "orders.reopen",
        OrdersCommand::Advance { .. } => "orders.advance",
        OrdersCommand::Take { .. } => "orders.take",
    }
}

pub(super) fn events() -> Vec<(Topic, OrdersEvent)> {
    let fresh = Order {
        status: OrderStatus::Pending,
        rider: None,
        destination: Some(Destination::Table(4)),
        ready_at: None,
        ..order()
    };
    let reason = "우리 집 아니에요".to_owned();
    let cancelled = Order {
        status: OrderStatus::Cancelled,
        cancellation: Some(Cancellation { at: TIME, was: OrderStatus::Ready, reason }),
        ..order()
    };
    let events = [
        OrdersEvent::Changed { at: TIME, was: Some(OrderStatus::Ready), order: order() },
        OrdersEvent::Changed { at: TIME, was: None, order: fresh },
        OrdersEvent::Changed { at: TIME, was: Some(OrderStatus::Ready), order: cancelled },
        OrdersEvent::Removed { at: TIME, was: OrderStatus::Cancelled, order: OrderId(12) },
        OrdersEvent::Offered(menu_item()),
        OrdersEvent::Withdrawn { item: MenuItemId(2) },
    ];
    events.map(|event| (Topic::Orders, event)).into()
}

pub(super) fn event_name(event: &OrdersEvent) -> &'static str {
    match event {
        OrdersEvent::Changed { was: Some(_), order, .. } if order.cancellation.is_some() => {
            "orders.changed that is cancelled"
        }
        OrdersEvent::Changed { was: Some(_), .. } => "orders.changed",
        OrdersEvent::Changed { was: None, .. } => "orders.changed that is new",
        OrdersEvent::Removed { .. } => "orders.removed",
        OrdersEvent::Offered(_) => "orders.offered",
        OrdersEvent::Withdrawn { .. } => "orders.withdrawn",
    }
}

pub(super) fn snapshot() -> (Topic, OrdersSnapshot) {
    let mut orders = OrdersSnapshot { menu: vec![menu_item()], ..OrdersSnapshot::default() };
    if let Some((_, changed)) = events().into_iter().next() {
        orders.apply(changed);
    }
    (Topic::Orders, orders)
}
