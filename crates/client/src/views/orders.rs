//! The orders of the restaurant.

use madang_shared::orders::{
    MenuEvent, MenuSnapshot, Order, OrderStatus, OrdersCommand, OrdersEvent, OrdersSnapshot,
    OwnOrdersEvent, OwnOrdersSnapshot,
};
use madang_shared::{Command, OrderId, Timestamp, UserId};

use crate::outbox::{Outbox, PendingState};
use crate::view::{ApplyEvent, ApplySnapshot, CommandRules, View};

/// The orders, the menu, and the recent changes of status. The panels of the restaurant follow all orders, and the customer's
/// panel the menu and the user's own orders.
#[derive(Clone, Debug, Default)]
pub struct Orders {
    list: Option<OrdersSnapshot>,
    /// The menu, before the user's own orders have arrived.
    menu: Option<OrdersSnapshot>,
    /// The user's own orders, before the menu has arrived.
    own: Option<OrdersSnapshot>,
    status_changes_received: u64,
}

impl Orders {
    /// The orders and the menu; `None` before they have arrived.
    pub fn list(&self) -> Option<&OrdersSnapshot> {
        self.list.as_ref()
    }

    /// Drops every copy of what an erased user wrote.
    pub(crate) fn erase(&mut self, user: UserId) {
        for list in [&mut self.list, &mut self.own].into_iter().flatten() {
            for order in &mut list.orders {
                order.erase(user);
            }
        }
    }

    /// The number of status changes that this client received since it subscribed: the newest
    /// [`OrdersSnapshot::changes`], up to this number, are new to the user. A snapshot in place of
    /// events counts each order whose status differs from the one known before.
    pub fn status_changes_received(&self) -> u64 {
        self.status_changes_received
    }

    /// The status of an order after all commands in the outbox; `None` if none of them changes it.
    pub fn requested_status(&self, order: OrderId, outbox: &Outbox) -> Option<OrderStatus> {
        let mut requested = outbox.items().iter().filter_map(|item| {
            let Some(Command::Orders(command)) = item.command() else { return None };
            let (id, to) = match command {
                OrdersCommand::Place { .. } => return None,
                OrdersCommand::Accept { order, .. } => (*order, OrderStatus::Accepted),
                OrdersCommand::Cancel { order, .. } => (*order, OrderStatus::Cancelled),
                OrdersCommand::Reopen(order) => (*order, self.status_before_cancelling(*order)),
                OrdersCommand::Advance { order, to } => (*order, *to),
                OrdersCommand::Take { order } => (*order, OrderStatus::Delivering),
            };
            (id == order && !matches!(item.state, PendingState::Failed(_))).then_some(to)
        });
        requested.next_back()
    }

    /// The status that reopening gives an order: the earlier one of a cancelled order, and the present one
    /// of an order whose cancellation has not arrived.
    fn status_before_cancelling(&self, order: OrderId) -> OrderStatus {
        let order = self.list.as_ref().and_then(|list| list.order(order));
        order.map_or(OrderStatus::Pending, |order| {
            order.cancellation.as_ref().map_or(order.status, |cancellation| cancellation.was)
        })
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

impl Orders {
    /// Joins the menu and the user's own orders, once both have arrived. Each of them may arrive again.
    fn join(&mut self) {
        if let Some(list) = &mut self.list {
            if let Some(OrdersSnapshot { menu, .. }) = self.menu.take() {
                list.menu = menu;
            }
            if let Some(OrdersSnapshot { orders, .. }) = self.own.take() {
                list.orders = orders;
            }
        } else if let (Some(OrdersSnapshot { menu, .. }), Some(own)) =
            (&mut self.menu, &mut self.own)
        {
            let (menu, own) = (std::mem::take(menu), std::mem::take(own));
            self.list = Some(OrdersSnapshot { menu, ..own });
            (self.menu, self.own) = (None, None);
        }
    }

    /// Applies an event to the list, or to the part that waits for the other one.
    fn apply_part(&mut self, event: OrdersEvent) {
        let part = match event {
            OrdersEvent::Offered(_) | OrdersEvent::Withdrawn { .. } => &mut self.menu,
            OrdersEvent::Changed { .. } | OrdersEvent::Removed { .. } => &mut self.own,
        };
        if let Some(list) = self.list.as_mut().or(part.as_mut()) {
            list.apply(event);
        }
    }
}

impl ApplySnapshot<MenuSnapshot> for Orders {
    fn apply_snapshot(&mut self, MenuSnapshot(menu): MenuSnapshot, _now: Timestamp) {
        self.menu = Some(menu);
        self.join();
    }
}

impl ApplySnapshot<OwnOrdersSnapshot> for Orders {
    fn apply_snapshot(&mut self, OwnOrdersSnapshot(own): OwnOrdersSnapshot, _now: Timestamp) {
        self.own = Some(own);
        self.join();
    }
}

impl ApplyEvent<MenuEvent> for Orders {
    fn apply_event(&mut self, MenuEvent(event): MenuEvent, _now: Timestamp) {
        self.apply_part(event);
    }
}

impl ApplyEvent<OwnOrdersEvent> for Orders {
    fn apply_event(&mut self, OwnOrdersEvent(event): OwnOrdersEvent, _now: Timestamp) {
        self.apply_part(event);
    }
}

impl CommandRules for Orders {
    type Command = OrdersCommand;

    /// An undone cancellation that was not sent is not sent at all.
    fn supersedes(newer: &OrdersCommand, older: &OrdersCommand) -> bool {
        matches!(
            (newer, older),
            (OrdersCommand::Reopen(newer), OrdersCommand::Cancel { order: older, .. })
                if newer == older
        )
    }
}
