//! The views of the core, as a screen reads them.

use madang_shared::{RoomId, Timestamp, User};

use super::Features;
use crate::outbox::Outbox;
use crate::views::chat::Timeline;
use crate::views::joined_rooms::RoomFactsChange;
use crate::views::membership::Memberships;
use crate::views::message_questions::MessageQuestions;
use crate::views::notices::ShownNotice;
use crate::views::presence::RoomPresence;

impl Features {
    /// The user of this client.
    pub fn me(&self) -> &User {
        &self.me
    }

    /// The joined rooms.
    pub fn memberships(&self) -> &Memberships {
        self.joined_rooms.memberships()
    }

    /// The messages of a joined room; `None` before any of them arrived.
    pub fn timeline(&self, room: RoomId) -> Option<&Timeline> {
        self.joined_rooms.timeline(room)
    }

    /// The questions about single messages, with their answers.
    pub fn message_questions(&self) -> &MessageQuestions {
        self.joined_rooms.questions()
    }

    /// The last change of the facts of a room.
    pub fn last_room_change(&self) -> Option<&RoomFactsChange> {
        self.joined_rooms.last_change()
    }

    /// The open room.
    pub fn open_room_id(&self) -> Option<RoomId> {
        self.joined_rooms.open_room_id()
    }

    /// The users in the open room.
    pub fn presence(&self) -> &RoomPresence {
        self.joined_rooms.presence()
    }

    /// The number of unread messages by others in the room.
    pub fn unread(&self, room: RoomId) -> u64 {
        self.joined_rooms.unread(room)
    }

    /// The time of the first unread message in the room; `None` if it is not loaded.
    pub fn unread_since(&self, room: RoomId) -> Option<Timestamp> {
        self.joined_rooms.unread_since(room)
    }

    /// The number of unread messages in the rooms that are not muted: the number in the tab's title.
    pub fn unread_total(&self) -> u64 {
        let memberships = self.memberships();
        let rooms = memberships.rooms().filter(|room| !memberships.is_muted(*room));
        rooms.map(|room| self.unread(room)).sum()
    }

    /// The notices that this user sees, newest first, including those of muted kinds.
    pub fn shown_notices(&self, outbox: &Outbox) -> Vec<ShownNotice> {
        self.notices.shown(outbox, self.me.id, self.memberships())
    }

    /// The number of unread notices: the number at the bell.
    pub fn unread_notices(&self, outbox: &Outbox) -> u64 {
        self.notices.unread(outbox, self.me.id, self.memberships())
    }
}
