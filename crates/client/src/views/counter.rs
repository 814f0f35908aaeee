//! The shared counter.

use madang_shared::counter::{CounterCommand, CounterEvent, CounterSnapshot};
use madang_shared::{Command, CommandId, Timestamp, UserId};

use crate::outbox::{Outbox, PendingState};
use crate::view::{ApplyEvent, ApplySnapshot, CommandRules, View};

/// The shared counter, and its last change.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Counter {
    stored: Option<i64>,
    last: Option<CounterEvent>,
}

impl Counter {
    /// Drops the name of an erased user.
    pub(crate) fn erase(&mut self, user: UserId) {
        let by_user = |event: &CounterEvent| {
            let CounterEvent::Added { by, .. } = event;
            by.id == user
        };
        self.last = self.last.take().filter(|last| !by_user(last));
    }

    /// The value that the server has stored; `None` before it has arrived.
    pub fn stored(&self) -> Option<i64> {
        self.stored
    }

    /// The value after all commands in the outbox. The screen shows it, so that an addition is visible
    /// at once.
    pub fn expected(&self, outbox: &Outbox) -> Option<i64> {
        let unseen = outbox.items().iter().filter_map(|item| match (item.command(), &item.state) {
            (_, PendingState::Failed(_)) => None,
            (Some(Command::Counter(CounterCommand::Add { amount })), _) => Some(i64::from(*amount)),
            _ => None,
        });
        Some(self.stored?.saturating_add(unseen.sum()))
    }

    /// The last change since the topic was subscribed to.
    pub fn last(&self) -> Option<&CounterEvent> {
        self.last.as_ref()
    }
}

impl View for Counter {}

impl ApplySnapshot<CounterSnapshot> for Counter {
    fn apply_snapshot(&mut self, snapshot: CounterSnapshot, _now: Timestamp) {
        self.stored = Some(snapshot.value);
        self.last = None;
    }
}

impl ApplyEvent<CounterEvent> for Counter {
    fn apply_event(&mut self, event: CounterEvent, _now: Timestamp) {
        let CounterEvent::Added { value, .. } = event;
        self.stored = Some(value);
        self.last = Some(event);
    }

    fn completed_command(event: &CounterEvent, me: UserId) -> Option<CommandId> {
        let CounterEvent::Added { by, command, .. } = event;
        (by.id == me).then_some(*command)
    }
}

impl CommandRules for Counter {
    type Command = CounterCommand;
}
