//! Samples of the counter.

use madang_shared::Topic;
use madang_shared::counter::{CounterCommand, CounterEvent, CounterSnapshot};

use super::{command_id, user};

pub(super) fn commands() -> Vec<CounterCommand> {
    vec![CounterCommand::Add { amount: -2 }]
}

pub(super) fn command_name(command: &CounterCommand) -> &'static str {
    match command {
        CounterCommand::Add { .. } => "counter.add",
    }
}

pub(super) fn events() -> Vec<(Topic, CounterEvent)> {
    let added = CounterEvent::Added { by: user(), amount: -2, value: 40, command: command_id() };
    vec![(Topic::Counter, added)]
}

pub(super) fn event_name(event: &CounterEvent) -> &'static str {
    match event {
        CounterEvent::Added { .. } => "counter.added",
    }
}

pub(super) fn snapshot() -> (Topic, CounterSnapshot) {
    (Topic::Counter, CounterSnapshot { value: 42 })
}
