//! Samples of the menu.

use madang_shared::Topic;
use madang_shared::orders::{MenuEvent, MenuSnapshot, OrdersEvent, OrdersSnapshot};

use super::orders;

pub(super) fn events() -> Vec<(Topic, MenuEvent)> {
    let of_menu = |event: &OrdersEvent| {
        matches!(event, OrdersEvent::Offered(_) | OrdersEvent::Withdrawn { .. })
    };
    let events = orders::events().into_iter().map(|(_, event)| event).filter(of_menu);
    events.map(|event| (Topic::Menu, MenuEvent(event))).collect()
}

pub(super) fn event_name(MenuEvent(event): &MenuEvent) -> &'static str {
    match event {
        OrdersEvent::Withdrawn { .. } => "menu.withdrawn",
        _ => "menu.offered",
    }
}

pub(super) fn snapshot() -> (Topic, MenuSnapshot) {
    let (_, OrdersSnapshot { menu, .. }) = orders::snapshot();
    (Topic::Menu, MenuSnapshot(OrdersSnapshot { menu, ..OrdersSnapshot::default() }))
}
