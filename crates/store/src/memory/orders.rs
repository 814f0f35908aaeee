//! The orders of a restaurant, with the menu of a new database.

use madang_hub::orders::{advance, check_offer, check_room, ready_at, reopen, take};
use madang_hub::ports::TopicEvent;
use madang_shared::frames::LogPosition;
use madang_shared::notices::NoticeContent;
use madang_shared::orders::OrdersCommand;
use madang_shared::orders::{
    Cancellation, MenuItem, Order, OrderStatus, OrdersEvent, OrdersSnapshot,
};
use madang_shared::{Failure, MenuItemId, OrderId, Topic, UserId};

use super::notices;
use super::state::State;
use crate::context::CommandContext;
use crate::refusals;

/// The menu of the migration.
const MENU: [(&str, &str, u32); 7] = [
    ("잔치국수", "Noodles in anchovy broth", 7_000),
    ("비빔국수", "Spicy mixed noodles", 8_000),
    ("돌솥비빔밥", "Bibimbap in a stone pot", 9_500),
    ("김치찌개", "Kimchi stew", 9_000),
    ("해물파전", "Seafood and scallion pancake", 14_000),
    ("왕만두", "Big dumplings", 6_500),
    ("식혜", "Sweet rice drink", 3_000),
];

/// The menu of a new database, without orders.
pub(super) fn menu() -> OrdersSnapshot {
    let item = |(id, (ko, en, price_won)): (u64, (&str, &str, u32))| MenuItem {
        id: MenuItemId(id),
        name_ko: ko.to_owned(),
        name_en: en.to_owned(),
        price_won,
        available: true,
    };
    OrdersSnapshot { menu: (1..).zip(MENU).map(item).collect(), ..OrdersSnapshot::default() }
}

pub(super) fn apply(
    state: &mut State,
    context: &CommandContext,
    change: OrdersCommand,
    appended: &mut Vec<TopicEvent>,
) -> Result<Option<LogPosition>, Failure> {
    state.require_user(context.author.id)?;
    let author = context.author.clone();
    let (was, order) = match change {
        OrdersCommand::Place { lines, note, destination } => {
            check_open_orders(state, author.id)?;
            for line in &lines {
                check_offer(line, state.orders_view.item(line.item))?;
            }
            let order = Order {
                id: OrderId(state.orders.last_key_value().map_or(1, |(last, _)| last.0 + 1)),
                customer: author,
                status: OrderStatus::Pending,
                lines,
                note,
                placed_at: context.at,
                rider: None,
                destination: Some(destination),
                ready_at: None,
                cancellation: None,
            };
            (None, order)
        }
        OrdersCommand::Accept { order, minutes } => {
            let order = find(state, order)?;
            let status = OrderStatus::Accepted;
            if !advance(order.status, status)? {
                return Ok(None);
            }
            let ready_at = Some(ready_at(context.at, minutes));
            (Some(order.status), Order { status, ready_at, ..order.clone() })
        }
        OrdersCommand::Cancel { order, reason } => {
            let order = find(state, order)?;
            let (was, status) = (order.status, OrderStatus::Cancelled);
            if !advance(was, status)? {
                return Ok(None);
            }
            let cancellation = Some(Cancellation { at: context.at, was, reason });
            (Some(was), Order { status, cancellation, ..order.clone() })
        }
        OrdersCommand::Reopen { order } => {
            let order = find(state, order)?;
            let Some(status) = reopen(order, context.at)? else { return Ok(None) };
            check_open_orders(state, order.customer.id)?;
            (Some(order.status), Order { status, cancellation: None, ..order.clone() })
        }
        OrdersCommand::Advance { order, to } => {
            let order = find(state, order)?;
            if !advance(order.status, to)? {
                return Ok(None);
            }
            (Some(order.status), Order { status: to, ..order.clone() })
        }
        OrdersCommand::Take { order } => {
            let order = find(state, order)?;
            let rider = order.rider.as_ref().map(|rider| rider.id);
            if !take(order.status, rider, author.id)? {
                return Ok(None);
            }
            let status = OrderStatus::Delivering;
            (Some(order.status), Order { status, rider: Some(author), ..order.clone() })
        }
    };
    state.orders.insert(order.id, order.clone());
    let event = OrdersEvent::Changed { at: context.at, was, order: order.clone() };
    state.orders_view.apply(event.clone());
    let position = state.log.append(Topic::Orders, &event.into(), appended);
    append_notice(state, context, was, order, appended);
    Ok(Some(position))
}

pub(super) fn snapshot(state: &State) -> OrdersSnapshot {
    state.orders_view.clone()
}

fn check_open_orders(state: &State, customer: UserId) -> Result<(), Failure> {
    let open = || state.orders.values().filter(|order| order.status.is_open());
    let own = open().filter(|order| order.customer.id == customer);
    check_room(open().map(|_| 1).sum(), own.map(|_| 1).sum())
}

fn find(state: &State, order: OrderId) -> Result<&Order, Failure> {
    state.orders.get(&order).ok_or_else(refusals::no_order)
}

/// Appends the notice of a change: to everybody for a new order, to the customer for a change of status
/// by another user.
fn append_notice(
    state: &mut State,
    context: &CommandContext,
    was: Option<OrderStatus>,
    order: Order,
    appended: &mut Vec<TopicEvent>,
) {
    let (id, customer) = (order.id, order.customer);
    match was {
        None => {
            let what = NoticeContent::Ordered { order: id, by: customer };
            notices::append_broadcast(state, context.at, what, appended);
        }
        Some(was) if was != order.status && customer.id != context.author.id => {
            let what = NoticeContent::OrderMoved { order: id, was, now: Some(order.status) };
            notices::append_for_user(state, customer.id, context.at, what, appended);
        }
        Some(_) => {}
    }
}
