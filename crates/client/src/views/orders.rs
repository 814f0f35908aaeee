//! The orders of the restaurant.

use madang_shared::orders::{Order, OrderStatus, OrdersCommand, OrdersEvent, OrdersSnapshot};
use madang_shared::{Command, OrderId, Timestamp};

use crate::outbox::{Outbox, PendingState};
use crate::view::{ApplyEvent, ApplySnapshot, CommandRules, View};

/// The orders, the menu, and the recent changes of status.
#[derive(Clone, Debug, Default)]
pub struct Orders {
    list: Option<OrdersSnapshot>,
    status_changes_received: u64,
}

impl Orders {
    /// The orders and the menu; `None` before they have arrived.
    pub fn list(&self) -> Option<&OrdersSnapshot> {
        self.list.as_ref()
    }

    /// The number of status changes that this client received since it subscribed: the newest
    /// [`OrdersSnapshot::changes`], up to this number, are new to the user. A snapshot in place of
    /// events counts each order whose status differs from the one known before.
    pub fn status_changes_received(&self) -> u64 {
        self.status_changes_received
    }

    /// The status of an order after all commands in the outbox; `None` if none of them changes it.
    pub fn requested_status(&self, order: OrderId, outbox: &Outbox) -> Option<OrderStatus> {
        let mut requested =
            outbox.items().iter().filter_map(|item| match (&item.command, &item.state) {
                (_, PendingState::Failed(_)) => None,
                (Command::Orders(OrdersCommand::Advance { order: requested_order, to }), _)
                    if *requested_order == order =>
                {
                    Some(*to)
                }
                (Command::Orders(OrdersCommand::Take { order: requested_order }), _)
                    if *requested_order == order =>
                {
                    Some(OrderStatus::Delivering)
                }
                _ => None,
            });
        requested.next_back()
    }
}

impl View for Orders {}

impl ApplySnapshot<OrdersSnapshot> for Orders {
    fn apply_snapshot(&mut self, snapshot: OrdersSnapshot, _now: Timestamp) {
        if let Some(known) = &self.list {
            let is_changed = |order: &&Order| {
                known.order(order.id).is_none_or(|known| known.status != order.status)
            };
            self.status_changes_received +=
                snapshot.orders.iter().filter(is_changed).map(|_| 1).sum::<u64>();
        }
        self.list = Some(snapshot);
    }
}

impl ApplyEvent<OrdersEvent> for Orders {
    fn apply_event(&mut self, event: OrdersEvent, _now: Timestamp) {
        let Some(list) = &mut self.list else { return };
        self.status_changes_received += u64::from(event.status_change().is_some());
        list.apply(event);
    }
}

impl CommandRules for Orders {
    type Command = OrdersCommand;
}
