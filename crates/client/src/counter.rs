//! The number that everybody shares, as this client knows it.

use madang_shared::Command;
use madang_shared::counter::{CounterCommand, CounterEvent, CounterSnapshot};

use crate::outbox::{Outbox, PendingState};

/// The shared number, and who changed it last.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Counter {
    stored: Option<i64>,
    last: Option<CounterEvent>,
}

impl Counter {
    /// The number as the server has it; none before it has arrived.
    pub fn stored(&self) -> Option<i64> {
        self.stored
    }

    /// The number as it will be when everything in the outbox has taken effect: what one added shows
    /// at once.
    pub fn expected(&self, outbox: &Outbox) -> Option<i64> {
        let unseen = outbox.items().iter().filter_map(|item| match (&item.command, &item.state) {
            (_, PendingState::Failed(_)) => None,
            (Command::Counter(CounterCommand::Add { amount }), _) => Some(i64::from(*amount)),
            _ => None,
        });
        Some(self.stored?.saturating_add(unseen.sum()))
    }

    /// What happened to it last, since it is followed.
    pub fn last(&self) -> Option<&CounterEvent> {
        self.last.as_ref()
    }

    pub(crate) fn snapshot(&mut self, snapshot: CounterSnapshot) {
        self.stored = Some(snapshot.value);
        self.last = None;
    }

    pub(crate) fn event(&mut self, event: CounterEvent) {
        let CounterEvent::Added { value, .. } = event;
        self.stored = Some(value);
        self.last = Some(event);
    }
}
