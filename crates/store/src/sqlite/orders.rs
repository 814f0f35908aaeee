//! The orders of a restaurant. Other programs may change the tables, so triggers append all events, those
//! of commands too. The writer reads them from the log; see `external_changes`.

use madang_hub::orders::{advance, check_offer, check_room, ready_at, reopen, take};
use madang_hub::ports::TopicEvent;
use madang_shared::frames::LogPosition;
use madang_shared::limits::MAX_RECOVERED_EVENTS;
use madang_shared::orders::OrdersCommand;
use madang_shared::orders::{
    Destination, MenuItem, Order, OrderLine, OrderStatus, OrdersSnapshot, RECENT_CLOSED_ORDERS,
    RECENT_STATUS_CHANGES, StatusChange,
};
use madang_shared::{Event, MenuItemId, OrderId, Topic, UserId, codec};
use rusqlite::{Connection, OptionalExtension, Params, Row};
use serde::de::DeserializeOwned;

use super::error::StatementError;
use super::log;
use super::values::{integer, natural, text};
use crate::context::CommandContext;
use crate::refusals;

pub(super) fn apply(
    connection: &Connection,
    context: &CommandContext,
    change: OrdersCommand,
    _appended: &mut Vec<TopicEvent>,
) -> Result<Option<LogPosition>, StatementError> {
    let actor = "INSERT INTO orders_actor (id, user_id) VALUES (1, ?1)";
    connection.prepare_cached(actor)?.execute([integer(context.author.id.0)])?;
    let changed = match change {
        OrdersCommand::Place { lines, note, destination } => {
            place(connection, context, &lines, &note, &destination)?
        }
        OrdersCommand::Accept { order, minutes } => {
            let is_change = advance(find(connection, order)?.status, OrderStatus::Accepted)?;
            let sql = "UPDATE orders SET status = 'accepted', ready_at = ?2 WHERE id = ?1";
            let values = (integer(order.0), integer(ready_at(context.at, minutes).0));
            is_change && connection.prepare_cached(sql)?.execute(values)? > 0
        }
        OrdersCommand::Cancel { order, reason } => cancel(connection, context, order, &reason)?,
        OrdersCommand::Reopen(order) => {
            let found = find(connection, order)?;
            match reopen(&found, context.at)? {
                None => false,
                Some(status) => {
                    let (open, own) = open_orders(connection, found.customer.id)?;
                    check_room(open, own)?;
                    let sql = "UPDATE orders SET status = ?2, cancel_reason = '' WHERE id = ?1";
                    let values = (integer(order.0), status.name());
                    connection.prepare_cached(sql)?.execute(values)? > 0
                }
            }
        }
        OrdersCommand::Advance { order, to } => {
            let is_change = advance(find(connection, order)?.status, to)?;
            let sql = "UPDATE orders SET status = ?2 WHERE id = ?1";
            is_change && connection.prepare_cached(sql)?.execute((integer(order.0), to.name()))? > 0
        }
        OrdersCommand::Take { order } => {
            let found = find(connection, order)?;
            let by = context.author.id;
            let is_change = take(found.status, found.rider.map(|rider| rider.id), by)?;
            let sql = "UPDATE orders SET status = 'delivering', rider_id = ?2 WHERE id = ?1";
            is_change
                && connection.prepare_cached(sql)?.execute((integer(order.0), integer(by.0)))? > 0
        }
    };
    connection.prepare_cached("DELETE FROM orders_actor")?.execute([])?;
    let seq = log::head(connection, Topic::Orders)?;
    Ok(changed.then_some(LogPosition { topic: Topic::Orders, seq }))
}

/// Inserts the lines before their order, so that one event holds the whole order.
fn place(
    connection: &Connection,
    context: &CommandContext,
    lines: &[OrderLine],
    note: &str,
    destination: &Destination,
) -> Result<bool, StatementError> {
    let customer = integer(context.author.id.0);
    let (open, own) = open_orders(connection, context.author.id)?;
    check_room(open, own)?;
    let next = "SELECT coalesce((SELECT seq FROM sqlite_sequence WHERE name = 'orders'), 0) + 1";
    let id: i64 = connection.prepare_cached(next)?.query_row([], |row| row.get(0))?;
    for line in lines {
        check_offer(line, item(connection, line.item)?.as_ref())?;
        let sql = "INSERT INTO order_lines (order_id, menu_item_id, quantity, price_won) \
            VALUES (?1, ?2, ?3, ?4)";
        let values = (id, integer(line.item.0), line.quantity, line.price_won);
        connection.prepare_cached(sql)?.execute(values)?;
    }
    if !connection.prepare_cached("SELECT 1 FROM users WHERE id = ?1")?.exists([customer])? {
        return Err(refusals::no_user().into());
    }
    let (table, address, phone) = match destination {
        Destination::Table(number) => (Some(*number), None, None),
        Destination::Delivery { address, phone } => (None, Some(address), Some(phone)),
    };
    let sql = "INSERT INTO orders (id, customer_id, note, placed_at, table_number, address, phone) \
        VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7)";
    let values = (id, customer, note, integer(context.at.0), table, address, phone);
    connection.prepare_cached(sql)?.execute(values)?;
    Ok(true)
}

/// Records the cancellation before the change of the status, so that one event holds both.
fn cancel(
    connection: &Connection,
    context: &CommandContext,
    order: OrderId,
    reason: &str,
) -> Result<bool, StatementError> {
    let status = find(connection, order)?.status;
    if !advance(status, OrderStatus::Cancelled)? {
        return Ok(false);
    }
    let sql = "INSERT OR REPLACE INTO order_cancellations (order_id, from_status, at) \
        VALUES (?1, ?2, ?3)";
    let values = (integer(order.0), status.name(), integer(context.at.0));
    connection.prepare_cached(sql)?.execute(values)?;
    let sql = "UPDATE orders SET status = 'cancelled', cancel_reason = ?2 WHERE id = ?1";
    Ok(connection.prepare_cached(sql)?.execute((integer(order.0), reason))? > 0)
}

/// The numbers of open orders: of all customers, and of one.
fn open_orders(connection: &Connection, customer: UserId) -> rusqlite::Result<(u64, u64)> {
    let sql = "SELECT count(*), count(*) FILTER (WHERE customer_id = ?1) FROM orders \
        WHERE status IN ('pending', 'accepted', 'cooking', 'ready', 'delivering')";
    connection
        .prepare_cached(sql)?
        .query_row([integer(customer.0)], |row| Ok((natural(row, 0)?, natural(row, 1)?)))
}

fn find(connection: &Connection, order: OrderId) -> Result<Order, StatementError> {
    let sql = "SELECT json FROM orders_as_json WHERE id = ?1";
    let found: Option<Option<Order>> =
        connection.prepare_cached(sql)?.query_row([integer(order.0)], decoded).optional()?;
    Ok(found.ok_or_else(refusals::no_order)?.ok_or_else(refusals::unreadable)?)
}

fn item(connection: &Connection, item: MenuItemId) -> rusqlite::Result<Option<MenuItem>> {
    let sql = "SELECT json FROM menu_as_json WHERE id = ?1";
    let found = connection.prepare_cached(sql)?.query_row([integer(item.0)], decoded).optional()?;
    Ok(found.flatten())
}

pub(super) fn snapshot(connection: &Connection) -> rusqlite::Result<OrdersSnapshot> {
    let menu = all(connection, "SELECT json FROM menu_as_json ORDER BY id", [])?;
    let open = "SELECT json FROM orders_as_json \
        WHERE status IN ('pending', 'accepted', 'cooking', 'ready', 'delivering')";
    let mut orders: Vec<Order> = all(connection, open, [])?;
    let closed = "SELECT json FROM orders_as_json WHERE id IN (SELECT id FROM orders \
        WHERE status IN ('delivered', 'cancelled') ORDER BY id DESC LIMIT ?1)";
    orders.extend(all::<Order>(connection, closed, [integer(RECENT_CLOSED_ORDERS as u64)])?);
    orders.sort_by_key(|order| order.id);
    Ok(OrdersSnapshot { menu, orders, changes: changes(connection)? })
}

/// The last changes of status, from the log. The search ends at the events that a client can resume
/// from, because most of the events may be of other kinds.
fn changes(connection: &Connection) -> rusqlite::Result<Vec<StatusChange>> {
    let sql = "SELECT content FROM log \
        WHERE topic_id = (SELECT id FROM topics WHERE name = 'orders') ORDER BY seq DESC LIMIT ?1";
    let mut statement = connection.prepare_cached(sql)?;
    let mut rows = statement.query([integer(MAX_RECOVERED_EVENTS)])?;
    let mut changes = Vec::new();
    while let Some(row) = rows.next()? {
        // A newer version may have written an event that this version does not know.
        let Ok(Event::Orders(event)) = codec::decode_event(&text(row.get_ref(0)?)?) else {
            continue;
        };
        changes.extend(event.status_change());
        if changes.len() >= RECENT_STATUS_CHANGES {
            break;
        }
    }
    changes.reverse();
    Ok(changes)
}

fn all<T: DeserializeOwned>(
    connection: &Connection,
    sql: &str,
    parameters: impl Params,
) -> rusqlite::Result<Vec<T>> {
    let mut statement = connection.prepare_cached(sql)?;
    let rows = statement.query_map(parameters, decoded)?;
    rows.filter_map(Result::transpose).collect()
}

/// A row of a view that holds the wire format as JSON; `None` for a row that this version cannot read,
/// which is logged.
fn decoded<T: DeserializeOwned>(row: &Row<'_>) -> rusqlite::Result<Option<T>> {
    let json = text(row.get_ref(0)?)?;
    let decoded = codec::decode_part(&json);
    let unreadable =
        |error| tracing::warn!(%error, row = &*json, "an order or a dish is unreadable");
    Ok(decoded.map_err(unreadable).ok())
}
