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
        if let Some(timeline) = self.timelines.get_mut(&room) {
            timeline.set_new_after(None);
        }
        self.move_read_mark(room, newest, now)
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
