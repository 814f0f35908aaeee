//! The views of the rooms that the user has joined: memberships, timelines, and the presence and
//! typing in the open room.
//!
//! They depend on each other: a message ends its author's typing, unread counts follow from the
//! timeline, and a read mark also reads the notices of mentions. This module has all effects of one
//! view on another.

mod reader;

use madang_shared::chat::{
    ChatAnswer, ChatEvent, ChatQuery, ChatSnapshot, MAX_ASKED_MESSAGES, PAGE_MESSAGES,
};
use madang_shared::membership::{MembershipEvent, MembershipSnapshot};
use madang_shared::presence::{PresenceEvent, PresenceSnapshot};
use madang_shared::rooms::Room;
use madang_shared::{Message, RoomId, Seq, Timestamp, User, UserId};

use crate::slice::Slice;
use crate::vec_map::VecMap;
use crate::view::{Applied, Effects, Request};
use crate::views::chat::Timeline;
use crate::views::membership::{Memberships, name_after_people};
use crate::views::message_questions::MessageQuestions;
use crate::views::presence::{OwnTyping, RoomPresence};
use crate::views::read_mark_schedule::ReadMarkSchedule;
use crate::views::shown_messages::ShownMessages;

/// The slices that a change of memberships changes. The open room may change with them, and a
/// notice of a mention is read together with its message.
const MEMBERSHIP_SLICES: [Slice; 4] =
    [Slice::Unread, Slice::Timeline, Slice::Presence, Slice::Notices];

/// The views of the rooms that the user has joined.
#[derive(Debug)]
pub struct JoinedRooms {
    me: UserId,
    memberships: Memberships,
    timelines: VecMap<RoomId, Timeline>,
    open: Option<RoomId>,
    /// Of the open room.
    presence: RoomPresence,
    own_typing: OwnTyping,
    read_marks: ReadMarkSchedule,
    shown: VecMap<RoomId, ShownMessages>,
    /// Whether the open room stays unread, although its messages are on the screen: the user has marked some as unread
    /// since it was opened.
    stays_unread: bool,
    last_change: Option<RoomFactsChange>,
    questions: MessageQuestions,
}

/// A change of the facts of a room while this client ran.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct RoomFactsChange {
    /// The facts before the change.
    pub before: Room,
    /// The user who changed them.
    pub by: User,
}

impl JoinedRooms {
    pub(crate) fn new(me: UserId) -> Self {
        Self {
            me,
            memberships: Memberships::default(),
            timelines: VecMap::default(),
            open: None,
            presence: RoomPresence::default(),
            own_typing: OwnTyping::default(),
            read_marks: ReadMarkSchedule::default(),
            shown: VecMap::default(),
            stays_unread: false,
            last_change: None,
            questions: MessageQuestions::default(),
        }
    }

    pub(crate) fn memberships(&self) -> &Memberships {
        &self.memberships
    }

    pub(crate) fn timeline(&self, room: RoomId) -> Option<&Timeline> {
        self.timelines.get(&room)
    }

    /// The last change of the facts of a room.
    pub(crate) fn last_change(&self) -> Option<&RoomFactsChange> {
        self.last_change.as_ref()
    }

    pub(crate) fn open_room_id(&self) -> Option<RoomId> {
        self.open
    }

    pub(crate) fn presence(&self) -> &RoomPresence {
        &self.presence
    }

    /// The user's own newest message among the loaded ones of the open room.
    pub(crate) fn newest_own_message(&self) -> Option<(RoomId, Seq)> {
        let room = self.open.filter(|room| self.memberships.contains(*room))?;
        let mut newest_first = self.timeline(room)?.messages().iter().rev();
        let own = newest_first.find(|message| message.author.id == self.me)?;
        Some((room, own.seq))
    }

    /// The number of unread messages by others in the room.
    pub(crate) fn unread(&self, room: RoomId) -> u64 {
        self.memberships.unread(room, self.timeline(room), self.me)
    }

    /// The time of the first unread message by another user, if the timeline reaches back to it.
    pub(crate) fn unread_since(&self, room: RoomId) -> Option<Timestamp> {
        let mark = self.memberships.read_up_to(room)?;
        let timeline = self.timeline(room).filter(|timeline| timeline.reaches_back_to(mark))?;
        Some(timeline.first_by_others_after(mark, self.me)?.at)
    }

    /// Drops all memberships: the topic was unsubscribed, or began another epoch.
    pub(crate) fn reset_memberships(&mut self) {
        self.memberships = Memberships::default();
    }

    /// Drops the timeline of a room whose topic began another epoch.
    pub(crate) fn reset_timeline(&mut self, room: RoomId) {
        self.timelines.remove(&room);
        self.shown.remove(&room);
    }

    /// Drops every copy of what an erased user wrote.
    pub(crate) fn erase(&mut self, user: UserId) {
        self.timelines.values_mut().for_each(|timeline| timeline.erase(user));
        self.memberships.erase(user, self.me);
    }

    /// Drops everything about a room whose topic was unsubscribed.
    pub(crate) fn forget_room(&mut self, room: RoomId) {
        self.reset_timeline(room);
        self.read_marks.forget(room);
    }

    /// Drops the presence of a room whose topic was unsubscribed.
    pub(crate) fn forget_presence(&mut self) {
        self.presence = RoomPresence::default();
    }

    pub(crate) fn apply_membership_snapshot(
        &mut self,
        mut snapshot: MembershipSnapshot,
    ) -> Vec<Slice> {
        snapshot.rooms.iter_mut().for_each(|room| name_after_people(room, self.me));
        self.memberships.apply_snapshot(snapshot);
        MEMBERSHIP_SLICES.into()
    }

    pub(crate) fn apply_membership_event(&mut self, event: MembershipEvent) -> Vec<Slice> {
        let mark = |rooms: &Self| rooms.open.and_then(|open| rooms.memberships.read_up_to(open));
        let before = mark(self);
        self.memberships.apply_event(event);
        if let Some(open) = self.open
            && mark(self) < before
        {
            self.keep_unread(open);
        }
        MEMBERSHIP_SLICES.into()
    }

    pub(crate) fn apply_chat_snapshot(
        &mut self,
        room: RoomId,
        snapshot: ChatSnapshot,
    ) -> Vec<Slice> {
        let ChatSnapshot { room: mut facts, page, pins, membership } = snapshot;
        name_after_people(&mut facts, self.me);
        self.memberships.update(membership);
        self.memberships.update_facts(facts);
        self.timelines.or_default(room).apply_snapshot(page, pins);
        self.set_start_of_new(room);
        self.timeline_slices(room)
    }

    pub(crate) fn apply_chat_event(&mut self, room: RoomId, event: ChatEvent) -> Applied {
        let (is_message, completed) = match &event {
            ChatEvent::Posted(Message { author, command, .. }) => {
                (true, (author.id == self.me).then_some(*command))
            }
            _ => (false, None),
        };
        let changed = self.change_timeline(room, event);
        Applied { changed, completed, is_message, erased: None }
    }

    fn change_timeline(&mut self, room: RoomId, event: ChatEvent) -> Vec<Slice> {
        let message = match event {
            ChatEvent::Posted(message) => message,
            ChatEvent::RoomChanged { room: facts, by } => {
                let before = self.memberships.room(room).cloned();
                self.last_change = before.map(|before| RoomFactsChange { before, by });
                self.memberships.update_facts(facts);
                return self.timeline_slices(room);
            }
            // The list of rooms shows the last message.
            ChatEvent::MessageEdited(edit) => {
                return self.change(room, edit.message, |message| message.edit(edit));
            }
            ChatEvent::Reacted(change) => {
                return self.change(room, change.message, |message| message.react(&change));
            }
            ChatEvent::MessageDeleted { message, by } => {
                self.timelines.or_default(room).delete(message, by);
                return self.timeline_slices(room);
            }
            ChatEvent::Pinned { pin, is_on } => {
                self.timelines.or_default(room).pin(pin, is_on);
                return self.if_open(room, [Slice::Timeline]);
            }
            // The end of the membership follows.
            ChatEvent::Deleted => return Vec::new(),
        };
        let is_open = self.open == Some(room);
        let typing_ended = is_open && self.presence.end_typing(message.author.id);
        let timeline = self.timelines.or_default(room);
        timeline.push(message);
        if !is_open {
            timeline.trim(self.memberships.counted_up_to(room));
        }
        let mut changed = self.timeline_slices(room);
        changed.extend(typing_ended.then_some(Slice::Presence));
        changed
    }

    fn change(&mut self, room: RoomId, seq: Seq, change: impl FnOnce(&mut Message)) -> Vec<Slice> {
        self.timelines.or_default(room).change(seq, change);
        self.timeline_slices(room)
    }

    pub(crate) fn apply_presence_snapshot(
        &mut self,
        room: RoomId,
        snapshot: PresenceSnapshot,
        now: Timestamp,
    ) -> Vec<Slice> {
        self.presence.apply_snapshot(snapshot, now, self.me);
        self.if_open(room, [Slice::Presence])
    }

    pub(crate) fn apply_presence_event(
        &mut self,
        room: RoomId,
        event: PresenceEvent,
        now: Timestamp,
    ) -> Vec<Slice> {
        let present = &self.presence;
        let timeline = self.timelines.or_default(room);
        timeline.add_presence_change(&event, |id| present.get(id).cloned(), self.me);
        self.presence.apply_event(event, now, self.me);
        self.if_open(room, [Slice::Presence, Slice::Timeline])
    }

    pub(crate) fn receive_answer(&mut self, query: &ChatQuery, answer: ChatAnswer) -> Vec<Slice> {
        match (query, answer) {
            (ChatQuery::Before { room, before, .. }, ChatAnswer::Before(page)) => {
                self.timelines.or_default(*room).prepend(*before, page);
                self.timeline_slices(*room)
            }
            (ChatQuery::Messages { room, messages }, ChatAnswer::Messages(answers)) => {
                let timeline = self.timelines.or_default(*room);
                timeline.originals_mut().answer(messages, answers);
                [vec![Slice::Later], self.if_open(*room, [Slice::Timeline])].concat()
            }
            // The server answers what was asked.
            (ChatQuery::Before { .. } | ChatQuery::Messages { .. }, _) => Vec::new(),
            (ChatQuery::Earlier { room, .. } | ChatQuery::Reactions { room, .. }, answer) => {
                self.questions.answer(query, Some(answer));
                self.if_open(*room, [Slice::Timeline])
            }
        }
    }

    pub(crate) fn query_refused(&mut self, query: &ChatQuery) -> Vec<Slice> {
        match query {
            ChatQuery::Before { room, before, .. } => {
                self.timelines.or_default(*room).older_failed(*before);
                self.if_open(*room, [Slice::Timeline])
            }
            ChatQuery::Messages { room, messages } => {
                self.timelines.or_default(*room).originals_mut().refused(messages);
                Vec::new()
            }
            ChatQuery::Earlier { room, .. } | ChatQuery::Reactions { room, .. } => {
                self.questions.answer(query, None);
                self.if_open(*room, [Slice::Timeline])
            }
        }
    }

    /// The questions about single messages.
    pub(crate) fn questions(&self) -> &MessageQuestions {
        &self.questions
    }

    /// Requests messages that are not known and not asked for: saved ones, and those that others answer.
    pub(crate) fn load_messages(&mut self, room: RoomId, mut messages: Vec<Seq>) -> Effects {
        let timeline = self.timelines.or_default(room);
        messages.retain(|message| timeline.message(*message).is_none());
        messages.retain(|message| timeline.originals_mut().ask(*message));
        let queries = messages.chunks(MAX_ASKED_MESSAGES).map(|messages| {
            Request::Query(ChatQuery::Messages { room, messages: messages.into() }.into())
        });
        Effects { requests: queries.collect(), changed: Vec::new() }
    }

    pub(crate) fn ask(&mut self, query: ChatQuery, room: RoomId) -> Effects {
        self.questions.ask(&query);
        let changed = self.if_open(room, [Slice::Timeline]);
        Effects { requests: vec![Request::Query(query.into())], changed }
    }

    /// Marks the room's timeline as restored from the offline cache.
    pub(crate) fn mark_cached(&mut self, room: RoomId) {
        if let Some(timeline) = self.timelines.get_mut(&room) {
            timeline.set_cached(true);
        }
    }

    /// The server continues the room's stream from the known position. `missed` tells whether
    /// events follow: those messages are new. A timeline from the offline cache is current from now
    /// on.
    pub(crate) fn recovered(&mut self, room: RoomId, missed: bool) -> Vec<Slice> {
        let mark = self.memberships.read_up_to(room);
        let all_read = self.open == Some(room) && self.unread(room) == 0;
        let Some(timeline) = self.timelines.get_mut(&room) else { return Vec::new() };
        if missed && all_read {
            timeline.set_new_after(mark);
        } else if !timeline.is_cached() {
            return Vec::new();
        }
        timeline.set_cached(false);
        self.timeline_slices(room)
    }

    pub(crate) fn open_room(&mut self, room: Option<RoomId>) -> Effects {
        if self.open == room {
            return Effects::changed(MEMBERSHIP_SLICES);
        }
        if let Some(left) = self.open
            && let Some(timeline) = self.timelines.get_mut(&left)
        {
            timeline.set_new_after(None);
            timeline.clear_presence_summaries();
            timeline.trim(self.memberships.counted_up_to(left));
        }
        self.open = room;
        self.stays_unread = false;
        self.presence = RoomPresence::default();
        if let Some(room) = room {
            self.set_start_of_new(room);
        }
        Effects { changed: MEMBERSHIP_SLICES.into(), ..self.stop_typing() }
    }

    pub(crate) fn load_older(&mut self, room: RoomId) -> Effects {
        let before = self.timelines.get_mut(&room).and_then(Timeline::request_older);
        let query = before.map(|before| ChatQuery::Before { room, before, limit: PAGE_MESSAGES });
        let requests = query.map(|query| Request::Query(query.into())).into_iter().collect();
        Effects { requests, changed: self.if_open(room, [Slice::Timeline]) }
    }

    pub(crate) fn deadline(&self) -> Option<Timestamp> {
        let deadlines =
            [self.presence.deadline(), self.own_typing.deadline(), self.read_marks.deadline()];
        deadlines.into_iter().flatten().min()
    }

    pub(crate) fn wake(&mut self, now: Timestamp) -> Effects {
        let mut effects = Effects::send(self.own_typing.wake(now));
        effects.requests.extend(self.take_due_read_marks(now));
        let expired = self.presence.expire(now) && self.open.is_some();
        effects.changed.extend(expired.then_some(Slice::Presence));
        effects
    }

    /// The slices that a change of the room's messages changes.
    fn timeline_slices(&self, room: RoomId) -> Vec<Slice> {
        let mut changed = vec![Slice::Unread];
        changed.extend(self.if_open(room, [Slice::Timeline]));
        changed
    }

    /// The slices, if they show the open room; none for a room in the background.
    fn if_open<const N: usize>(&self, room: RoomId, slices: [Slice; N]) -> Vec<Slice> {
        if self.open == Some(room) { slices.into() } else { Vec::new() }
    }
}
