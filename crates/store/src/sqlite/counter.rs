//! The counter: one number for all users.

use madang_hub::counter::sum;
use madang_hub::ports::TopicEvent;
use madang_shared::Topic;
use madang_shared::counter::CounterCommand;
use madang_shared::counter::{CounterEvent, CounterSnapshot};
use madang_shared::frames::LogPosition;
use rusqlite::Connection;

use super::error::StatementError;
use super::log;
use crate::context::CommandContext;

#[expect(clippy::needless_pass_by_value, reason = "the signature is that of every feature")]
pub(super) fn apply(
    connection: &Connection,
    context: &CommandContext,
    change: CounterCommand,
    appended: &mut Vec<TopicEvent>,
) -> Result<Option<LogPosition>, StatementError> {
    let CounterCommand::Add { amount } = change;
    let value = sum(value(connection)?, amount)?;
    connection.prepare_cached("UPDATE counter SET value = ?1 WHERE id = 1")?.execute([value])?;
    let position = log::reserve_position(connection, Topic::Counter)?;
    let by = context.author.clone();
    let event = CounterEvent::Added { by, amount, value, command: context.command }.into();
    Ok(Some(log::append(connection, &position, context.at, &event, appended)?))
}

pub(super) fn snapshot(connection: &Connection) -> rusqlite::Result<CounterSnapshot> {
    Ok(CounterSnapshot { value: value(connection)? })
}

fn value(connection: &Connection) -> rusqlite::Result<i64> {
    let sql = "SELECT value FROM counter WHERE id = 1";
    connection.prepare_cached(sql)?.query_row([], |row| row.get(0))
}
