//! The messages that the user has saved for later, with reminders, and those that wait for their time.

use std::cmp::Reverse;

use madang_shared::later::{
    LaterCommand, LaterEvent, LaterSnapshot, SavedMessage, ScheduledMessage,
};
use madang_shared::{Command, RoomId, Seq, Timestamp};

use crate::outbox::{Outbox, PendingState};
use crate::view::{ApplyEvent, ApplySnapshot, CommandRules, View};

/// The messages that the user has saved for later, and those that wait for their time.
#[derive(Clone, Debug, Default)]
pub struct Later {
    stored: Option<LaterSnapshot>,
}

impl Later {
    /// Whether the state has arrived. Until then an empty list means nothing.
    pub fn is_known(&self) -> bool {
        self.stored.is_some()
    }

    /// The saved messages after all commands in the outbox, the newest first.
    pub fn saved(&self, outbox: &Outbox) -> Vec<SavedMessage> {
        let mut saved = self.expected(outbox).saved;
        saved.sort_by_key(|it| Reverse((it.saved_at, it.of())));
        saved
    }

    /// The messages that wait or were refused, after all commands in the outbox, by their times.
    pub fn scheduled(&self, outbox: &Outbox) -> Vec<ScheduledMessage> {
        let mut scheduled = self.expected(outbox).scheduled;
        scheduled.sort_by_key(|it| (it.at, it.id));
        scheduled
    }

    /// The number of saved messages, after all commands in the outbox.
    pub fn count(&self, outbox: &Outbox) -> usize {
        self.expected(outbox).saved.len()
    }

    /// A saved message, after all commands in the outbox.
    pub fn find(&self, outbox: &Outbox, of: (RoomId, Seq)) -> Option<SavedMessage> {
        self.expected(outbox).find(of).copied()
    }

    fn expected(&self, outbox: &Outbox) -> LaterSnapshot {
        let mut later = self.stored.clone().unwrap_or_default();
        for item in outbox.items() {
            match (item.command(), &item.state) {
                (_, PendingState::Failed(_)) => {}
                (Some(Command::Later(command)), _) => later.expect(command, item.id, item.at),
                _ => {}
            }
        }
        later
    }
}

impl View for Later {}

impl ApplySnapshot<LaterSnapshot> for Later {
    fn apply_snapshot(&mut self, snapshot: LaterSnapshot, _now: Timestamp) {
        self.stored = Some(snapshot);
    }
}

impl ApplyEvent<LaterEvent> for Later {
    fn apply_event(&mut self, event: LaterEvent, _now: Timestamp) {
        if let Some(stored) = &mut self.stored {
            stored.apply(event);
        }
    }
}

impl CommandRules for Later {
    type Command = LaterCommand;

    fn supersedes(newer: &LaterCommand, older: &LaterCommand) -> bool {
        use LaterCommand::{Remind, Reschedule, Save, Schedule, Unsave, Unschedule};
        let of = |command: &LaterCommand| match *command {
            Save { room, message, .. }
            | Unsave { room, message }
            | Remind { room, message, .. } => Some((room, message)),
            Schedule { .. } | Reschedule { .. } | Unschedule { .. } => None,
        };
        if let (Reschedule { id: newer, .. } | Unschedule { id: newer }, Reschedule { id, .. }) =
            (newer, older)
        {
            return newer == id;
        }
        // A reminder without a time does not save a message, so it needs the earlier commands.
        let is_whole = matches!(newer, Unsave { .. });
        let is_same = matches!((newer, older), (Remind { at: Some(_), .. }, Remind { .. }));
        of(newer).is_some() && of(newer) == of(older) && (is_whole || is_same)
    }
}
