//! The counter: one number for all users.

use madang_hub::counter::sum;
use madang_hub::ports::TopicEvent;
use madang_shared::counter::CounterCommand;
use madang_shared::counter::{CounterEvent, CounterSnapshot};
use madang_shared::frames::LogPosition;
use madang_shared::{Failure, Topic};

use super::state::State;
use crate::context::CommandContext;

#[expect(clippy::needless_pass_by_value, reason = "the signature is that of every feature")]
pub(super) fn apply(
    state: &mut State,
    context: &CommandContext,
    change: CounterCommand,
    appended: &mut Vec<TopicEvent>,
) -> Result<Option<LogPosition>, Failure> {
    let CounterCommand::Add { amount } = change;
    state.require_user(context.author.id)?;
    let value = sum(state.counter, amount)?;
    state.counter = value;
    let by = context.author.clone();
    let event = CounterEvent::Added { by, amount, value, command: context.command };
    Ok(Some(state.log.append(Topic::Counter, &event.into(), appended)))
}

pub(super) fn snapshot(state: &State) -> CounterSnapshot {
    CounterSnapshot { value: state.counter }
}
