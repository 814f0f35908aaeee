//! One number that everybody shares.

use madang_hub::counter::sum;
use madang_hub::ports::TopicEvent;
use madang_shared::Topic;
use madang_shared::counter::{CounterCommand, CounterEvent, CounterSnapshot};
use madang_shared::frames::LogPosition;
use rusqlite::Connection;

use super::commands::Order;
use super::log;
use super::stop::Stop;

pub(super) fn apply(
    connection: &Connection,
    order: &Order,
    change: &CounterCommand,
    appended: &mut Vec<TopicEvent>,
) -> Result<Option<LogPosition>, Stop> {
    let CounterCommand::Add { amount } = *change;
    let value = sum(snapshot(connection)?.value, amount)?;
    connection.prepare_cached("UPDATE counter SET value = ?1 WHERE id = 1")?.execute([value])?;
    let place = log::next_place(connection, Topic::Counter)?;
    let by = order.author.clone();
    let event = CounterEvent::Added { by, amount, value, command: order.command }.into();
    Ok(Some(log::append(connection, &place, order.at, &event, appended)?))
}

pub(super) fn snapshot(connection: &Connection) -> rusqlite::Result<CounterSnapshot> {
    let sql = "SELECT value FROM counter WHERE id = 1";
    let value = connection.prepare_cached(sql)?.query_row([], |row| row.get(0))?;
    Ok(CounterSnapshot { value })
}
