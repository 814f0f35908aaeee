//! The orders of a restaurant. Other programs may change the tables, so triggers append all events, those
//! of commands too. The writer reads them from the log; see `external_changes`.

use std::ops::ControlFlow;

use madang_hub::orders::{advance, check_offer, check_room, order_right, ready_at, reopen, take};
use madang_hub::policy::rights::{OrderFacts, check_order, no_order};
use madang_hub::ports::TopicEvent;
use madang_shared::frames::LogPosition;
use madang_shared::limits::MAX_RECOVERED_EVENTS;
use madang_shared::orders::OrdersCommand;
use madang_shared::orders::{
    Destination, MenuItem, MenuSnapshot, Order, OrderLine, OrderStatus, OrdersSnapshot,
    OwnOrdersSnapshot, RECENT_CLOSED_ORDERS, RECENT_STATUS_CHANGES, StatusChange,
};
use madang_shared::{Event, MenuItemId, OrderId, Topic, UserId, codec};
use serde::de::DeserializeOwned;

use super::context::CommandContext;
use super::{grants, log, refusals};
use crate::error::StatementError;
use crate::transaction::{Row, Transaction, Value, values};

/// See the table of features. The topics of another customer are not known yet.
pub(super) fn topics(author: UserId, _change: &OrdersCommand) -> Vec<Topic> {
    vec![Topic::Orders, Topic::OrderNotices, Topic::Inbox(author), Topic::OwnOrders(author)]
}

pub(super) fn apply(
    transaction: &dyn Transaction,
    context: &CommandContext,
    change: OrdersCommand,
    _appended: &mut Vec<TopicEvent>,
) -> Result<Option<LogPosition>, StatementError> {
    if let Some((right, order)) = order_right(&change) {
        let grants = grants::of_user(transaction, context.author.id)?;
        let facts = facts(transaction, order)?;
        check_order(right, (context.author.id, grants), facts)?;
    }
    // A customer's page follows the own orders, and places them.
    let topic = match &change {
        OrdersCommand::Place { .. } => Topic::OwnOrders(context.author.id),
        _ => Topic::Orders,
    };
    let actor = "INSERT INTO orders_actor (id, user_id) VALUES (1, ?1)";
    transaction.execute(actor, &values![context.author.id.0])?;
    let changed = match change {
        OrdersCommand::Place { lines, note, destination } => {
            place(transaction, context, &lines, &note, &destination)?
        }
        OrdersCommand::Accept { order, minutes } => {
            let is_change = advance(&find(transaction, order)?, OrderStatus::Accepted)?;
            let sql = "UPDATE orders SET status = 'accepted', ready_at = ?2 WHERE id = ?1";
            let ready_at = ready_at(context.at, minutes);
            is_change && transaction.execute(sql, &values![order.0, ready_at.0])? > 0
        }
        OrdersCommand::Cancel { order, reason } => cancel(transaction, context, order, &reason)?,
        OrdersCommand::Reopen(order) => {
            let found = find(transaction, order)?;
            match reopen(&found, context.at)? {
                None => false,
                Some(status) => {
                    let (open, own) = open_orders(transaction, found.customer.id)?;
                    check_room(open, own)?;
                    let sql = "UPDATE orders SET status = ?2, cancel_reason = '' WHERE id = ?1";
                    transaction.execute(sql, &values![order.0, status.name()])? > 0
                }
            }
        }
        OrdersCommand::Advance { order, to } => {
            let is_change = advance(&find(transaction, order)?, to)?;
            let sql = "UPDATE orders SET status = ?2 WHERE id = ?1";
            is_change && transaction.execute(sql, &values![order.0, to.name()])? > 0
        }
        OrdersCommand::Take { order } => {
            let by = context.author.id;
            let is_change = take(&find(transaction, order)?, by)?;
            let sql = "UPDATE orders SET status = 'delivering', rider_id = ?2 WHERE id = ?1";
            is_change && transaction.execute(sql, &values![order.0, by.0])? > 0
        }
    };
    transaction.execute("DELETE FROM orders_actor", &[])?;
    let seq = log::head(transaction, topic)?;
    Ok(changed.then_some(LogPosition { topic, seq }))
}

/// The facts about an order that decide the rights.
fn facts(
    transaction: &dyn Transaction,
    order: OrderId,
) -> Result<Option<OrderFacts>, StatementError> {
    let sql = "SELECT customer_id, rider_id, table_number FROM orders WHERE id = ?1";
    transaction.optional(sql, &values![order.0], |row| {
        Ok(OrderFacts {
            customer: UserId(row.natural(0)?),
            rider: row.optional_natural(1)?.map(UserId),
            is_at_table: row.optional_integer(2)?.is_some(),
        })
    })
}

/// Inserts the lines before their order, so that one event holds the whole order.
fn place(
    transaction: &dyn Transaction,
    context: &CommandContext,
    lines: &[OrderLine],
    note: &str,
    destination: &Destination,
) -> Result<bool, StatementError> {
    let customer = context.author.id.0;
    let (open, own) = open_orders(transaction, context.author.id)?;
    check_room(open, own)?;
    let id = transaction.one("SELECT id FROM next_order", &[], |row| row.natural(0))?;
    for line in lines {
        check_offer(line, item(transaction, line.item)?.as_ref())?;
        let sql = "INSERT INTO order_lines (order_id, menu_item_id, quantity, price_won) \
            VALUES (?1, ?2, ?3, ?4)";
        transaction.run(sql, &values![id, line.item.0, line.quantity, line.price_won])?;
    }
    if !transaction.exists("SELECT 1 FROM users WHERE id = ?1", &values![customer])? {
        return Err(refusals::no_user().into());
    }
    let (table, address, phone) = match destination {
        Destination::Table(number) => (Some(*number), None, None),
        Destination::Delivery { address, phone } => (None, Some(address), Some(phone)),
    };
    let sql = "INSERT INTO orders (id, customer_id, note, placed_at, table_number, address, phone) \
        VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7)";
    transaction.run(sql, &values![id, customer, note, context.at.0, table, address, phone])?;
    Ok(true)
}

/// Records the cancellation before the change of the status, so that one event holds both.
fn cancel(
    transaction: &dyn Transaction,
    context: &CommandContext,
    order: OrderId,
    reason: &str,
) -> Result<bool, StatementError> {
    let found = find(transaction, order)?;
    if !advance(&found, OrderStatus::Cancelled)? {
        return Ok(false);
    }
    let sql = "INSERT INTO order_cancellations (order_id, from_status, at) VALUES (?1, ?2, ?3) \
        ON CONFLICT (order_id) DO UPDATE SET from_status = excluded.from_status, at = excluded.at";
    transaction.run(sql, &values![order.0, found.status.name(), context.at.0])?;
    let sql = "UPDATE orders SET status = 'cancelled', cancel_reason = ?2 WHERE id = ?1";
    Ok(transaction.execute(sql, &values![order.0, reason])? > 0)
}

/// The numbers of open orders: of all customers, and of one.
fn open_orders(
    transaction: &dyn Transaction,
    customer: UserId,
) -> Result<(u64, u64), StatementError> {
    let sql = "SELECT count(*), count(*) FILTER (WHERE customer_id = ?1) FROM orders \
        WHERE status IN ('pending', 'accepted', 'cooking', 'ready', 'delivering')";
    transaction.one(sql, &values![customer.0], |row| Ok((row.natural(0)?, row.natural(1)?)))
}

fn find(transaction: &dyn Transaction, order: OrderId) -> Result<Order, StatementError> {
    let sql = "SELECT json FROM orders_as_json WHERE id = ?1";
    let found: Option<Option<Order>> = transaction.optional(sql, &values![order.0], decoded)?;
    Ok(found.ok_or_else(no_order)?.ok_or_else(refusals::unreadable)?)
}

fn item(
    transaction: &dyn Transaction,
    item: MenuItemId,
) -> Result<Option<MenuItem>, StatementError> {
    let sql = "SELECT json FROM menu_as_json WHERE id = ?1";
    let found = transaction.optional(sql, &values![item.0], decoded)?;
    Ok(found.flatten())
}

pub(super) fn snapshot(transaction: &dyn Transaction) -> Result<OrdersSnapshot, StatementError> {
    let menu = all(transaction, "SELECT json FROM menu_as_json ORDER BY id", &[])?;
    let open = "SELECT json FROM orders_as_json \
        WHERE status IN ('pending', 'accepted', 'cooking', 'ready', 'delivering')";
    let mut orders: Vec<Order> = all(transaction, open, &[])?;
    let closed = "SELECT json FROM orders_as_json WHERE id IN (SELECT id FROM orders \
        WHERE status IN ('delivered', 'cancelled') ORDER BY id DESC LIMIT ?1)";
    orders.extend(all::<Order>(transaction, closed, &values![RECENT_CLOSED_ORDERS as u64])?);
    orders.sort_by_key(|order| order.id);
    Ok(OrdersSnapshot { menu, orders, changes: changes(transaction)? })
}

/// The menu alone.
pub(super) fn menu(transaction: &dyn Transaction) -> Result<MenuSnapshot, StatementError> {
    let menu = all(transaction, "SELECT json FROM menu_as_json ORDER BY id", &[])?;
    Ok(MenuSnapshot(OrdersSnapshot { menu, ..OrdersSnapshot::default() }))
}

/// The orders of one customer, as in [`snapshot`].
pub(super) fn own(
    transaction: &dyn Transaction,
    customer: UserId,
) -> Result<OwnOrdersSnapshot, StatementError> {
    let open = "SELECT json FROM orders_as_json WHERE id IN (SELECT id FROM orders \
        WHERE customer_id = ?1 AND status IN ('pending', 'accepted', 'cooking', 'ready', 'delivering'))";
    let mut orders: Vec<Order> = all(transaction, open, &values![customer.0])?;
    let closed = "SELECT json FROM orders_as_json WHERE id IN (SELECT id FROM orders \
        WHERE customer_id = ?1 AND status IN ('delivered', 'cancelled') ORDER BY id DESC LIMIT ?2)";
    let limit = RECENT_CLOSED_ORDERS as u64;
    orders.extend(all::<Order>(transaction, closed, &values![customer.0, limit])?);
    orders.sort_by_key(|order| order.id);
    Ok(OwnOrdersSnapshot(OrdersSnapshot { orders, ..OrdersSnapshot::default() }))
}

/// The last changes of status, from the log. The search ends at the events that a client can resume
/// from, because most of the events may be of other kinds.
fn changes(transaction: &dyn Transaction) -> Result<Vec<StatusChange>, StatementError> {
    let sql = "SELECT content FROM log \
        WHERE topic_id = (SELECT id FROM topics WHERE name = 'orders') ORDER BY seq DESC LIMIT ?1";
    let mut changes = Vec::new();
    transaction.visit(sql, &values![MAX_RECOVERED_EVENTS], &mut |row| {
        // A newer version may have written an event that this version does not know.
        if let Ok(Event::Orders(event)) = codec::decode_event(&row.text(0)?) {
            changes.extend(event.status_change());
        }
        let is_enough = changes.len() >= RECENT_STATUS_CHANGES;
        Ok(if is_enough { ControlFlow::Break(()) } else { ControlFlow::Continue(()) })
    })?;
    changes.reverse();
    Ok(changes)
}

fn all<T: DeserializeOwned>(
    transaction: &dyn Transaction,
    sql: &'static str,
    parameters: &[Value<'_>],
) -> Result<Vec<T>, StatementError> {
    Ok(transaction.all(sql, parameters, decoded)?.into_iter().flatten().collect())
}

/// A row of a view that holds the wire format as JSON; `None` for a row that this version cannot read,
/// which is logged.
fn decoded<T: DeserializeOwned>(row: &Row<'_>) -> Result<Option<T>, StatementError> {
    let json = row.text(0)?;
    let decoded = codec::decode_part(&json);
    let unreadable =
        |error| tracing::warn!(%error, row = &*json, "an order or a dish is unreadable");
    Ok(decoded.map_err(unreadable).ok())
}
