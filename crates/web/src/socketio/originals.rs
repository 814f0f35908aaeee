//! The objects from which messages were made, until the messages come back from the log.

use std::collections::{HashMap, VecDeque};

use madang_shared::CommandId;

use super::outbound::OutboundEvent;

/// Limit for the objects of other nodes. Without its object, a message is sent in the form in which it is stored.
const MAX_OF_OTHERS: usize = 256;

/// Objects of guests, by the command that stores the message. Clients get them whole, with members that a message does
/// not keep.
#[derive(Default)]
pub(super) struct Originals {
    /// Bounded by the commands in flight, because each is removed with its event.
    own: HashMap<CommandId, OutboundEvent>,
    /// Oldest first. The event may have come before its object, and then the object stays.
    of_others: VecDeque<(CommandId, OutboundEvent)>,
}

impl Originals {
    pub(super) fn insert(&mut self, command: CommandId, original: OutboundEvent) {
        self.own.insert(command, original);
    }

    pub(super) fn insert_of_other(&mut self, command: CommandId, original: OutboundEvent) {
        if self.of_others.len() == MAX_OF_OTHERS {
            self.of_others.pop_front();
        }
        self.of_others.push_back((command, original));
    }

    pub(super) fn remove(&mut self, command: CommandId) -> Option<OutboundEvent> {
        if let Some(original) = self.own.remove(&command) {
            return Some(original);
        }
        let index = self.of_others.iter().position(|(id, _)| *id == command)?;
        self.of_others.remove(index).map(|(_, original)| original)
    }

    pub(super) fn clear(&mut self) {
        self.own.clear();
        self.of_others.clear();
    }
}
