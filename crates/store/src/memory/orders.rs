//! The orders of a restaurant, with the menu that a new database has.

use std::collections::BTreeMap;

use madang_hub::orders::{advance, check_offer, check_room, take};
use madang_shared::orders::{
    MenuItem, Order, OrderStatus, OrdersCommand, OrdersEvent, OrdersSnapshot,
};
use madang_shared::{Failure, MenuItemId, OrderId, Timestamp, User};

use crate::refusals;

/// As the migration has it.
const MENU: [(&str, &str, u32); 7] = [
    ("잔치국수", "Noodles in anchovy broth", 7_000),
    ("비빔국수", "Spicy mixed noodles", 8_000),
    ("돌솥비빔밥", "Bibimbap in a stone pot", 9_500),
    ("김치찌개", "Kimchi stew", 9_000),
    ("해물파전", "Seafood and scallion pancake", 14_000),
    ("왕만두", "Big dumplings", 6_500),
    ("식혜", "Sweet rice drink", 3_000),
];

#[derive(Debug)]
pub(super) struct Orders {
    /// What clients are shown.
    shown: OrdersSnapshot,
    /// Every order there ever was.
    all: BTreeMap<OrderId, Order>,
}

impl Default for Orders {
    fn default() -> Self {
        let item = |(id, (ko, en, price_won)): (u64, (&str, &str, u32))| MenuItem {
            id: MenuItemId(id),
            name_ko: ko.to_owned(),
            name_en: en.to_owned(),
            price_won,
            available: true,
        };
        let menu = (1..).zip(MENU).map(item).collect();
        let shown = OrdersSnapshot { menu, ..OrdersSnapshot::default() };
        Self { shown, all: BTreeMap::new() }
    }
}

impl Orders {
    pub(super) fn snapshot(&self) -> OrdersSnapshot {
        self.shown.clone()
    }

    /// Makes a change; answers what happened, if anything did.
    pub(super) fn make(
        &mut self,
        author: User,
        at: Timestamp,
        change: OrdersCommand,
    ) -> Result<Option<OrdersEvent>, Failure> {
        let (was, order) = match change {
            OrdersCommand::Place { lines, note } => {
                let open = self.all.values().filter(|order| order.status.is_open());
                check_room(open.map(|_| 1).sum())?;
                for line in &lines {
                    check_offer(line, self.shown.item(line.item))?;
                }
                let id = OrderId(self.all.last_key_value().map_or(1, |(last, _)| last.0 + 1));
                let status = OrderStatus::Pending;
                let order =
                    Order { id, customer: author, status, lines, note, placed_at: at, rider: None };
                (None, order)
            }
            OrdersCommand::Advance { order, to } => {
                let order = self.find(order)?;
                if !advance(order.status, to)? {
                    return Ok(None);
                }
                (Some(order.status), Order { status: to, ..order.clone() })
            }
            OrdersCommand::Take { order } => {
                let order = self.find(order)?;
                let rider = order.rider.as_ref().map(|rider| rider.id);
                if !take(order.status, rider, author.id)? {
                    return Ok(None);
                }
                let status = OrderStatus::Delivering;
                (Some(order.status), Order { status, rider: Some(author), ..order.clone() })
            }
        };
        self.all.insert(order.id, order.clone());
        let event = OrdersEvent::Changed { at, was, order };
        self.shown.apply(event.clone());
        Ok(Some(event))
    }

    fn find(&self, order: OrderId) -> Result<&Order, Failure> {
        self.all.get(&order).ok_or_else(refusals::no_order)
    }
}
