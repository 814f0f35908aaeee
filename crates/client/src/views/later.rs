//! The messages that the user has saved for later, with reminders.

use std::cmp::Reverse;

use madang_shared::later::{LaterCommand, LaterEvent, LaterSnapshot, SavedMessage};
use madang_shared::{Command, RoomId, Seq, Timestamp};

use crate::outbox::{Outbox, PendingState};
use crate::view::{ApplyEvent, ApplySnapshot, CommandRules, View};

/// The messages that the user has saved for later.
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
            match (&item.command, &item.state) {
                (_, PendingState::Failed(_)) => {}
                (Command::Later(command), _) => later.expect(command, item.at),
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
            stored.apply(&event);
        }
    }
}

impl CommandRules for Later {
    type Command = LaterCommand;

    fn supersedes(newer: &LaterCommand, older: &LaterCommand) -> bool {
        use LaterCommand::{Remind, Save, Unsave};
        let of = |command: &LaterCommand| match *command {
            Save { room, message, .. }
            | Unsave { room, message }
            | Remind { room, message, .. } => (room, message),
        };
        // A reminder without a time does not save a message, so it needs the earlier commands.
        let is_whole = matches!(newer, Unsave { .. });
        let is_same = matches!((newer, older), (Remind { at: Some(_), .. }, Remind { .. }));
        of(newer) == of(older) && (is_whole || is_same)
    }
}
