//! The orders of the restaurant, as this client knows them.

use madang_shared::orders::{Order, OrderStatus, OrdersCommand, OrdersEvent, OrdersSnapshot};
use madang_shared::{Command, OrderId};

use crate::outbox::{Outbox, PendingState};

/// The orders, the menu, and what happened to them lately.
#[derive(Clone, Debug, Default)]
pub struct Orders {
    list: Option<OrdersSnapshot>,
    heard: u64,
}

impl Orders {
    /// Everything; none before it has arrived.
    pub fn list(&self) -> Option<&OrdersSnapshot> {
        self.list.as_ref()
    }

    /// How many changes of status were heard since the orders are followed: the newest so many of
    /// [`OrdersSnapshot::changes`] are news. A state that comes in place of events counts the orders
    /// that are elsewhere than they were known to be.
    pub fn heard(&self) -> u64 {
        self.heard
    }

    /// An order as it will be when everything in the outbox has taken effect, if that moves it.
    pub fn asked_for(&self, order: OrderId, outbox: &Outbox) -> Option<OrderStatus> {
        let mut asked =
            outbox.items().iter().filter_map(|item| match (&item.command, &item.state) {
                (_, PendingState::Failed(_)) => None,
                (Command::Orders(OrdersCommand::Advance { order: asked, to }), _)
                    if *asked == order =>
                {
                    Some(*to)
                }
                (Command::Orders(OrdersCommand::Take { order: asked }), _) if *asked == order => {
                    Some(OrderStatus::Delivering)
                }
                _ => None,
            });
        asked.next_back()
    }

    pub(crate) fn snapshot(&mut self, snapshot: OrdersSnapshot) {
        if let Some(known) = &self.list {
            let moved = |order: &&Order| {
                known.order(order.id).is_none_or(|known| known.status != order.status)
            };
            self.heard += snapshot.orders.iter().filter(moved).map(|_| 1).sum::<u64>();
        }
        self.list = Some(snapshot);
    }

    pub(crate) fn event(&mut self, event: OrdersEvent) {
        let Some(list) = &mut self.list else { return };
        self.heard += u64::from(event.status_change().is_some());
        list.apply(event);
    }
}
