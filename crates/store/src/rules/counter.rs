//! The counter: one number for all users.

use madang_hub::counter::sum;
use madang_hub::ports::TopicEvent;
use madang_shared::counter::CounterCommand;
use madang_shared::counter::{CounterEvent, CounterSnapshot};
use madang_shared::frames::LogPosition;
use madang_shared::{Topic, UserId};

use super::context::CommandContext;
use super::log;
use crate::error::StatementError;
use crate::transaction::{Transaction, values};

/// See the table of features.
pub(super) fn topics(_author: UserId, _change: &CounterCommand) -> Vec<Topic> {
    vec![Topic::Counter]
}

#[expect(clippy::needless_pass_by_value, reason = "the signature is that of every feature")]
pub(super) fn apply(
    transaction: &dyn Transaction,
    context: &CommandContext,
    change: CounterCommand,
    appended: &mut Vec<TopicEvent>,
) -> Result<Option<LogPosition>, StatementError> {
    let CounterCommand::Add { amount } = change;
    let value = sum(value(transaction)?, amount)?;
    transaction.execute("UPDATE counter SET value = ?1 WHERE id = 1", &values![value])?;
    let position = log::reserve_position(transaction, Topic::Counter)?;
    let by = context.author.clone();
    let event = CounterEvent::Added { by, amount, value, command: context.command }.into();
    Ok(Some(log::append(transaction, &position, context.at, &event, appended)?))
}

pub(super) fn snapshot(transaction: &dyn Transaction) -> Result<CounterSnapshot, StatementError> {
    Ok(CounterSnapshot { value: value(transaction)? })
}

fn value(transaction: &dyn Transaction) -> Result<i64, StatementError> {
    let sql = "SELECT value FROM counter WHERE id = 1";
    transaction.one(sql, &[], |row| row.integer(0))
}
