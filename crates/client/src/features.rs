//! The one place that lists the features: what they hold, and which of them each message is for.
//! The machine in [`crate::client`] knows none of them.

use std::collections::{BTreeMap, BTreeSet};

use madang_shared::chat::{ChatAnswer, ChatCommand, ChatEvent, ChatQuery, ChatSnapshot};
use madang_shared::limits::PAGE_MESSAGES;
use madang_shared::membership::MembershipCommand;
use madang_shared::presence::PresenceSignal;
use madang_shared::{
    Answer, Command, CommandId, Event, Query, RoomId, Seq, Signal, Snapshot, Timestamp, Topic, User,
};

use crate::membership::Memberships;
use crate::presence::{Here, OwnTyping};
use crate::rooms::Rooms;
use crate::timeline::Timeline;

/// A read mark is told to the server at most this often, in milliseconds; each one is a commit.
const READ_MARK_INTERVAL_MS: u64 = 2_000;

/// What the user of an app does that is not simply a command.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Action {
    /// Looks at a room, or at none.
    OpenRoom(Option<RoomId>),
    /// Scrolls towards messages that are not loaded yet.
    LoadOlder(RoomId),
    /// Has everything up to this place on a screen that is being looked at.
    Saw {
        /// Which room.
        room: RoomId,
        /// The last message that was seen.
        up_to: Seq,
    },
    /// Changed the text in the composer.
    Keystroke(RoomId),
    /// Emptied the composer, or went elsewhere.
    StopTyping,
}

/// What changed, so that an app redraws no more than that.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Part {
    /// [`crate::Client::link`] and what belongs to it.
    Link,
    /// [`crate::Client::outbox`].
    Outbox,
    /// [`Features::rooms`].
    Rooms,
    /// [`Features::memberships`]; unread counts with it.
    Memberships,
    /// [`Features::timeline`] of this room, and its unread count.
    Timeline(RoomId),
    /// [`Features::here`].
    Here(RoomId),
}

/// What a feature asks the machine to send.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum Request {
    Command(Command),
    Query(Query),
    Signal(Signal),
}

impl From<PresenceSignal> for Request {
    fn from(signal: PresenceSignal) -> Self {
        Self::Signal(signal.into())
    }
}

/// Everything that the features know.
#[derive(Debug)]
pub struct Features {
    me: User,
    rooms: Rooms,
    memberships: Memberships,
    timelines: BTreeMap<RoomId, Timeline>,
    open: Option<RoomId>,
    here: Here,
    own_typing: OwnTyping,
    /// Rooms whose read mark waits to be told, and when it may be.
    marks: BTreeMap<RoomId, Timestamp>,
    marked_at: BTreeMap<RoomId, Timestamp>,
}

impl Features {
    pub(crate) fn new(me: User) -> Self {
        Self {
            me,
            rooms: Rooms::default(),
            memberships: Memberships::default(),
            timelines: BTreeMap::new(),
            open: None,
            here: Here::default(),
            own_typing: OwnTyping::default(),
            marks: BTreeMap::new(),
            marked_at: BTreeMap::new(),
        }
    }

    /// The user of this client.
    pub fn me(&self) -> &User {
        &self.me
    }

    /// The directory.
    pub fn rooms(&self) -> &Rooms {
        &self.rooms
    }

    /// The joined rooms.
    pub fn memberships(&self) -> &Memberships {
        &self.memberships
    }

    /// What was said in a joined room; none before anything of it arrived.
    pub fn timeline(&self, room: RoomId) -> Option<&Timeline> {
        self.timelines.get(&room)
    }

    /// The room that is being looked at.
    pub fn open(&self) -> Option<RoomId> {
        self.open
    }

    /// Who is in the open room.
    pub fn here(&self) -> &Here {
        &self.here
    }

    /// How many messages by others are unread in the room.
    pub fn unread(&self, room: RoomId) -> u64 {
        self.memberships.unread(room, self.timeline(room), self.me.id)
    }

    /// Unread messages in all rooms together: the number in the tab's title.
    pub fn unread_total(&self) -> u64 {
        self.memberships.rooms().map(|room| self.unread(room)).sum()
    }

    /// The topics to follow at present.
    pub(crate) fn wanted(&self) -> BTreeSet<Topic> {
        let mut topics = BTreeSet::from([Topic::Rooms, Topic::Memberships(self.me.id)]);
        topics.extend(self.memberships.rooms().map(Topic::Room));
        topics.extend(self.open.filter(|room| self.memberships.contains(*room)).map(Topic::Here));
        topics
    }

    /// The topic is not followed any more: what is known of it would only grow old.
    pub(crate) fn unfollowed(&mut self, topic: Topic) {
        match topic {
            Topic::Room(room) => {
                self.timelines.remove(&room);
                self.marks.remove(&room);
            }
            Topic::Here(_) => self.here = Here::default(),
            Topic::Rooms | Topic::Memberships(_) => {}
        }
    }

    pub(crate) fn snapshot(
        &mut self,
        topic: Topic,
        snapshot: Snapshot,
        now: Timestamp,
    ) -> Vec<Part> {
        match (topic, snapshot) {
            (Topic::Rooms, Snapshot::Rooms(snapshot)) => {
                self.rooms.snapshot(snapshot);
                vec![Part::Rooms]
            }
            (Topic::Memberships(_), Snapshot::Membership(snapshot)) => {
                self.memberships.snapshot(snapshot);
                vec![Part::Memberships]
            }
            (Topic::Room(room), Snapshot::Chat(ChatSnapshot { page, standing })) => {
                self.memberships.told(standing);
                self.timelines.entry(room).or_default().snapshot(page);
                self.remember_where_reading_stopped(room);
                vec![Part::Timeline(room)]
            }
            (Topic::Here(room), Snapshot::Presence(snapshot)) => {
                self.here.snapshot(snapshot, now, self.me.id);
                vec![Part::Here(room)]
            }
            _ => Vec::new(),
        }
    }

    pub(crate) fn event(&mut self, topic: Topic, event: Event, now: Timestamp) -> Vec<Part> {
        match (topic, event) {
            (Topic::Rooms, Event::Rooms(event)) => {
                self.rooms.event(event);
                vec![Part::Rooms]
            }
            (Topic::Memberships(_), Event::Membership(event)) => {
                self.memberships.event(event);
                vec![Part::Memberships]
            }
            (Topic::Room(room), Event::Chat(event)) => {
                let ChatEvent::Posted(message) = &event;
                let stopped = self.open == Some(room) && self.here.spoke(message.author.id);
                self.timelines.entry(room).or_default().event(event);
                let mut parts = vec![Part::Timeline(room)];
                parts.extend(stopped.then_some(Part::Here(room)));
                parts
            }
            (Topic::Here(room), Event::Presence(event)) => {
                let me = self.me.id;
                let here = &self.here;
                let timeline = self.timelines.entry(room).or_default();
                timeline.moved(&event, |id| here.get(id).cloned(), me);
                self.here.event(event, now, me);
                vec![Part::Here(room), Part::Timeline(room)]
            }
            _ => Vec::new(),
        }
    }

    pub(crate) fn answer(&mut self, query: &Query, answer: Answer) -> Vec<Part> {
        let Query::Chat(ChatQuery::Before { room, before, .. }) = query;
        let Answer::Chat(ChatAnswer::Before(page)) = answer;
        self.timelines.entry(*room).or_default().prepend(*before, page);
        vec![Part::Timeline(*room)]
    }

    pub(crate) fn query_failed(&mut self, query: &Query) -> Vec<Part> {
        let Query::Chat(ChatQuery::Before { room, before, .. }) = query;
        self.timelines.entry(*room).or_default().older_failed(*before);
        vec![Part::Timeline(*room)]
    }

    pub(crate) fn act(&mut self, action: Action, now: Timestamp) -> (Vec<Request>, Vec<Part>) {
        match action {
            Action::OpenRoom(room) => (self.open_room(room), vec![Part::Memberships]),
            Action::LoadOlder(room) => (self.load_older(room), vec![Part::Timeline(room)]),
            Action::Saw { room, up_to } => {
                if !self.memberships.see(room, up_to) {
                    return (Vec::new(), Vec::new());
                }
                let marked_at = self.marked_at.get(&room).copied().unwrap_or_default();
                self.marks.insert(room, marked_at.plus(READ_MARK_INTERVAL_MS));
                (self.due_marks(now), vec![Part::Memberships])
            }
            Action::Keystroke(room) => (
                self.own_typing.keystroke(room, now).into_iter().map(Request::from).collect(),
                Vec::new(),
            ),
            Action::StopTyping => (self.stop_typing(), Vec::new()),
        }
    }

    /// A command was given: what it means before the server has said anything.
    pub(crate) fn commanded(&mut self, command: &Command) -> (Vec<Request>, Vec<Part>) {
        let Command::Chat(ChatCommand::Post { room, .. }) = command else {
            return (Vec::new(), Vec::new());
        };
        if let Some(timeline) = self.timelines.get_mut(room) {
            timeline.set_new_after(None);
        }
        (self.stop_typing(), vec![Part::Timeline(*room)])
    }

    pub(crate) fn deadline(&self) -> Option<Timestamp> {
        let marks = self.marks.values().copied().min();
        [self.here.deadline(), self.own_typing.deadline(), marks].into_iter().flatten().min()
    }

    pub(crate) fn wake(&mut self, now: Timestamp) -> (Vec<Request>, Vec<Part>) {
        let mut requests: Vec<Request> =
            self.own_typing.wake(now).into_iter().map(Request::from).collect();
        requests.extend(self.due_marks(now));
        let expired = self.here.expire(now);
        (requests, self.open.filter(|_| expired).map(Part::Here).into_iter().collect())
    }

    fn open_room(&mut self, room: Option<RoomId>) -> Vec<Request> {
        if self.open == room {
            return Vec::new();
        }
        if let Some(timeline) = self.open.and_then(|left| self.timelines.get_mut(&left)) {
            timeline.set_new_after(None);
            timeline.forget_crowds();
        }
        self.open = room;
        self.here = Here::default();
        if let Some(room) = room {
            self.remember_where_reading_stopped(room);
        }
        self.stop_typing()
    }

    fn remember_where_reading_stopped(&mut self, room: RoomId) {
        if self.open != Some(room) || self.unread(room) == 0 {
            return;
        }
        let mark = self.memberships.read_up_to(room);
        if let Some(timeline) = self.timelines.get_mut(&room) {
            timeline.set_new_after(mark);
        }
    }

    fn load_older(&mut self, room: RoomId) -> Vec<Request> {
        let before = self.timelines.get_mut(&room).and_then(Timeline::ask_older);
        let ask = before.map(|before| ChatQuery::Before { room, before, limit: PAGE_MESSAGES });
        ask.map(|query| Request::Query(query.into())).into_iter().collect()
    }

    fn stop_typing(&mut self) -> Vec<Request> {
        self.own_typing.stop().into_iter().map(Request::from).collect()
    }

    fn due_marks(&mut self, now: Timestamp) -> Vec<Request> {
        let due: Vec<RoomId> =
            self.marks.iter().filter(|(_, at)| **at <= now).map(|(room, _)| *room).collect();
        let mut requests = Vec::new();
        for room in due {
            self.marks.remove(&room);
            self.marked_at.insert(room, now);
            let up_to = self.memberships.read_up_to(room);
            requests.extend(
                up_to.map(|up_to| Request::Command(MembershipCommand::Read { room, up_to }.into())),
            );
        }
        requests
    }
}

/// The command whose effect this event is, if it is one of this user's own that shows on the screen
/// before it is stored.
pub(crate) fn settles(event: &Event, me: &User) -> Option<CommandId> {
    match event {
        Event::Chat(ChatEvent::Posted(message)) if message.author.id == me.id => {
            Some(message.command)
        }
        _ => None,
    }
}

/// Whether the event is one to count when telling how much was caught up.
pub(crate) fn counts_as_message(event: &Event) -> bool {
    matches!(event, Event::Chat(ChatEvent::Posted(_)))
}

/// Whether `newer` makes an `older` command, not sent yet, pointless.
pub(crate) fn supersedes(newer: &Command, older: &Command) -> bool {
    match (newer, older) {
        (
            Command::Membership(MembershipCommand::Read { room: newer, .. }),
            Command::Membership(MembershipCommand::Read { room: older, .. }),
        ) => newer == older,
        _ => false,
    }
}
