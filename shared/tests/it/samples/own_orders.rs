//! Samples of the orders of one customer.

use madang_shared::Topic;
use madang_shared::orders::{OrdersEvent, OrdersSnapshot, OwnOrdersEvent, OwnOrdersSnapshot};

use super::{orders, user};

pub(super) fn events() -> Vec<(Topic, OwnOrdersEvent)> {
    let events: Vec<OrdersEvent> = orders::events().into_iter().map(|(_, event)| event).collect();
    let changed = events.iter().find(|event| matches!(event, OrdersEvent::Changed { .. }));
    let removed = events.iter().find(|event| matches!(event, OrdersEvent::Removed { .. }));
    let events = changed.into_iter().chain(removed).cloned();
    events.map(|event| (Topic::OwnOrders(user().id), OwnOrdersEvent(event))).collect()
}

pub(super) fn event_name(OwnOrdersEvent(event): &OwnOrdersEvent) -> &'static str {
    match event {
        OrdersEvent::Removed { .. } => "own_orders.removed",
        _ => "own_orders.changed",
    }
}

pub(super) fn snapshot() -> (Topic, OwnOrdersSnapshot) {
    let (_, OrdersSnapshot { orders, .. }) = orders::snapshot();
    let own = OrdersSnapshot { orders, ..OrdersSnapshot::default() };
    (Topic::OwnOrders(user().id), OwnOrdersSnapshot(own))
}
