//! The reader of the open room: reading, and typing.

use madang_shared::chat::ChatCommand;
use madang_shared::membership::MembershipCommand;
use madang_shared::{RoomId, Seq, Timestamp};

use super::{JoinedRooms, MEMBERSHIP_SLICES};
use crate::slice::Slice;
use crate::view::{Effects, Request};
use crate::views::chat::Timeline;
use crate::views::shown_messages::ShownRun;

impl JoinedRooms {
    pub(crate) fn show_messages(
        &mut self,
        room: RoomId,
        first: Seq,
        last: Seq,
        now: Timestamp,
    ) -> Effects {
        let timeline = self.timelines.get(&room);
        if self.stays_unread && self.open == Some(room) {
            return Effects::default();
        }
        let Some((timeline, mark)) = timeline.zip(self.memberships.read_up_to(room)) else {
            return Effects::default();
        };
        let run = ShownRun { after: timeline.last_by_others_before(first, self.me), up_to: last };
        let mark = self.shown.or_default(room).add(mark, run);
        self.move_read_mark(room, mark, now)
    }

    pub(crate) fn mark_read(&mut self, room: RoomId, now: Timestamp) -> Effects {
        let newest = self.timeline(room).map_or(Seq(0), Timeline::newest);
        let newest = newest.max(self.memberships.counted_up_to(room));
        self.shown.remove(&room);
        self.mark_read_again(room, newest, now)
    }

    /// Marks the messages of a room from one on as unread.
    pub(crate) fn mark_unread(&mut self, room: RoomId, from: Seq) -> Effects {
        let Some(up_to) = self.memberships.read_up_to(room).filter(|mark| from <= *mark) else {
            // They are unread.
            return Effects::default();
        };
        // The server marks messages that it knows to be read.
        let read = self.read_marks.forget(room).then_some(MembershipCommand::Read { room, up_to });
        self.memberships.mark_unread(room, from);
        self.keep_unread(room);
        let commands = read.into_iter().chain([MembershipCommand::MarkUnread { room, from }]);
        let requests = commands.map(|command| Request::Command(command.into())).collect();
        Effects { requests, changed: MEMBERSHIP_SLICES.into() }
    }

    /// The messages of a room are marked as unread, which the server does not know yet.
    pub(crate) fn restore_unread(&mut self, room: RoomId, from: Seq) {
        self.memberships.mark_unread(room, from);
    }

    pub(crate) fn keep_unread_marks(&mut self, is_pending: impl Fn(RoomId) -> bool) {
        self.memberships.keep_unread_marks(is_pending);
        for room in self.memberships.take_unsent() {
            self.read_marks.schedule(room);
        }
    }

    /// Marks the messages of a room up to one as read, which were marked as unread.
    pub(crate) fn mark_read_again(&mut self, room: RoomId, up_to: Seq, now: Timestamp) -> Effects {
        self.stays_unread = false;
        if let Some(timeline) = self.timelines.get_mut(&room) {
            timeline.set_new_after(None);
        }
        self.move_read_mark(room, up_to, now)
    }

    /// Messages of a room were marked as unread. The screen that shows them does not read them at once.
    pub(super) fn keep_unread(&mut self, room: RoomId) {
        self.shown.remove(&room);
        self.read_marks.forget(room);
        self.stays_unread |= self.open == Some(room);
        self.set_start_of_new(room);
    }

    fn move_read_mark(&mut self, room: RoomId, mark: Seq, now: Timestamp) -> Effects {
        if !self.memberships.mark_seen(room, mark) {
            return Effects::default();
        }
        self.read_marks.schedule(room);
        Effects { requests: self.take_due_read_marks(now), changed: MEMBERSHIP_SLICES.into() }
    }

    pub(crate) fn mark_start_of_new(&mut self) -> Effects {
        let Some(room) = self.open else { return Effects::default() };
        self.set_start_of_new(room);
        Effects::changed([Slice::Timeline])
    }

    pub(crate) fn keystroke(&mut self, room: RoomId, now: Timestamp) -> Effects {
        Effects::send(self.own_typing.keystroke(room, now))
    }

    pub(crate) fn stop_typing(&mut self) -> Effects {
        Effects::send(self.own_typing.stop())
    }

    /// The author of a new message stops typing, and has no use for the line above messages that
    /// all are read.
    pub(crate) fn command_given(&mut self, command: &ChatCommand) -> Effects {
        let ChatCommand::Post { room, .. } = command else { return Effects::default() };
        let all_read = self.unread(*room) == 0;
        if let Some(timeline) = self.timelines.get_mut(room).filter(|_| all_read) {
            timeline.set_new_after(None);
        }
        Effects { changed: self.if_open(*room, [Slice::Timeline]), ..self.stop_typing() }
    }

    /// Puts the line "new messages" after the last read message of the open room.
    pub(super) fn set_start_of_new(&mut self, room: RoomId) {
        if self.open != Some(room) || self.unread(room) == 0 {
            return;
        }
        let mark = self.memberships.read_up_to(room);
        if let Some(timeline) = self.timelines.get_mut(&room) {
            timeline.set_new_after(mark);
        }
    }

    pub(super) fn take_due_read_marks(&mut self, now: Timestamp) -> Vec<Request> {
        let due = self.read_marks.take_due(now).into_iter();
        due.filter_map(|room| {
            let up_to = self.memberships.read_up_to(room)?;
            Some(Request::Command(MembershipCommand::Read { room, up_to }.into()))
        })
        .collect()
    }
}
