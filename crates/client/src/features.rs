//! The one place that lists the features: what they hold, and which of them each message is for.
//! The machine in [`crate::client`] knows none of them.

mod arriving;
mod own;

use madang_shared::chat::PAGE_MESSAGES;
use madang_shared::chat::{ChatCommand, ChatQuery};
use madang_shared::membership::MembershipCommand;
use madang_shared::presence::PresenceSignal;
use madang_shared::{Command, Query, RoomId, Signal, Timestamp, Topic, User};

use crate::action::{Action, Slice};
use crate::counter::Counter;
use crate::membership::Memberships;
use crate::notices::{Notices, ShownNotice};
use crate::orders::Orders;
use crate::outbox::Outbox;
use crate::posts::Posts;
use crate::presence::{OwnTyping, RoomPresence};
use crate::price::Price;
use crate::reading::ReadMarks;
use crate::rooms::Rooms;
use crate::sentiment::SentimentDraft;
use crate::timeline::Timeline;
use crate::vec_map::{VecMap, VecSet};

pub(crate) use own::{counts_as_message, matters_not_if_refused, settles, supersedes};

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
    timelines: VecMap<RoomId, Timeline>,
    open: Option<RoomId>,
    presence: RoomPresence,
    /// What the open page shows besides rooms.
    watched: &'static [Topic],
    counter: Counter,
    sentiment: SentimentDraft,
    posts: Posts,
    price: Price,
    orders: Orders,
    notices: Notices,
    own_typing: OwnTyping,
    marks: ReadMarks,
}

impl Features {
    pub(crate) fn new(me: User) -> Self {
        Self {
            me,
            rooms: Rooms::default(),
            memberships: Memberships::default(),
            timelines: VecMap::default(),
            open: None,
            presence: RoomPresence::default(),
            watched: &[],
            counter: Counter::default(),
            sentiment: SentimentDraft::default(),
            posts: Posts::default(),
            price: Price::default(),
            orders: Orders::default(),
            notices: Notices::default(),
            own_typing: OwnTyping::default(),
            marks: ReadMarks::default(),
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
    pub fn presence(&self) -> &RoomPresence {
        &self.presence
    }

    /// The shared number, while a page shows it.
    pub fn counter(&self) -> &Counter {
        &self.counter
    }

    /// What is being typed where its feeling is shown.
    pub fn sentiment(&self) -> &SentimentDraft {
        &self.sentiment
    }

    /// The feed, while a page shows it.
    pub fn posts(&self) -> &Posts {
        &self.posts
    }

    /// What one Bitcoin costs, while a page shows it.
    pub fn price(&self) -> &Price {
        &self.price
    }

    /// The orders, while a page shows them.
    pub fn orders(&self) -> &Orders {
        &self.orders
    }

    /// Notices, wherever one is.
    pub fn notices(&self) -> &Notices {
        &self.notices
    }

    /// The notices as their reader sees them, newest first, those of muted kinds among them.
    pub fn shown_notices(&self, outbox: &Outbox) -> Vec<ShownNotice> {
        self.notices.shown(outbox, self.me.id, &self.memberships)
    }

    /// The number at the bell.
    pub fn unread_notices(&self, outbox: &Outbox) -> u64 {
        self.notices.unread(outbox, self.me.id, &self.memberships)
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
    pub(crate) fn wanted(&self) -> VecSet<Topic> {
        let me = self.me.id;
        let mut topics = VecSet::default();
        topics.extend([Topic::Rooms, Topic::Memberships(me), Topic::Notices, Topic::Inbox(me)]);
        topics.extend(self.memberships.rooms().map(Topic::Room));
        topics.extend(self.watched.iter().copied());
        topics
            .extend(self.open.filter(|room| self.memberships.contains(*room)).map(Topic::Presence));
        topics
    }

    /// The topic is not followed any more: what is known of it would only grow old.
    pub(crate) fn unfollowed(&mut self, topic: Topic) {
        match topic {
            Topic::Room(room) => {
                self.timelines.remove(&room);
                self.marks.forget(room);
            }
            Topic::Presence(_) => self.presence = RoomPresence::default(),
            Topic::Counter => self.counter = Counter::default(),
            Topic::Posts => self.posts = Posts::default(),
            Topic::Price => self.price = Price::default(),
            Topic::Orders => self.orders = Orders::default(),
            // These are always followed.
            Topic::Rooms | Topic::Memberships(_) | Topic::Notices | Topic::Inbox(_) => {}
        }
    }

    pub(crate) fn act(&mut self, action: Action, now: Timestamp) -> (Vec<Request>, Vec<Slice>) {
        match action {
            Action::OpenRoom(room) => (self.open_room(room), vec![Slice::Memberships]),
            Action::Watch(topics) => {
                self.watched = topics;
                (Vec::new(), Vec::new())
            }
            Action::LoadOlder(room) => (self.load_older(room), vec![Slice::Timeline(room)]),
            Action::MarkSeen { room, up_to } => {
                if !self.memberships.see(room, up_to) {
                    return (Vec::new(), Vec::new());
                }
                self.marks.moved(room);
                (self.due_marks(now), vec![Slice::Memberships])
            }
            Action::WindowFocused => {
                let Some(room) = self.open else { return (Vec::new(), Vec::new()) };
                self.remember_where_reading_stopped(room);
                (Vec::new(), vec![Slice::Timeline(room)])
            }
            Action::Keystroke(room) => (
                self.own_typing.keystroke(room, now).into_iter().map(Request::from).collect(),
                Vec::new(),
            ),
            Action::StopTyping => (self.stop_typing(), Vec::new()),
            Action::Classify(text) => {
                self.sentiment.typed(text, now);
                (Vec::new(), vec![Slice::Sentiment])
            }
            Action::LoadOlderPosts => {
                let query = self.posts.ask_older().map(|query| Request::Query(query.into()));
                (query.into_iter().collect(), vec![Slice::Posts])
            }
            Action::GreetingSent(command) => {
                self.posts.greeted(command);
                (Vec::new(), Vec::new())
            }
        }
    }

    /// A command was given: what it means before the server has said anything.
    pub(crate) fn commanded(&mut self, command: &Command) -> (Vec<Request>, Vec<Slice>) {
        let Command::Chat(ChatCommand::Post { room, .. }) = command else {
            return (Vec::new(), Vec::new());
        };
        if let Some(timeline) = self.timelines.get_mut(room) {
            timeline.set_new_after(None);
        }
        (self.stop_typing(), vec![Slice::Timeline(*room)])
    }

    pub(crate) fn deadline(&self) -> Option<Timestamp> {
        let deadlines = [
            self.presence.deadline(),
            self.own_typing.deadline(),
            self.marks.deadline(),
            self.sentiment.deadline(),
            self.posts.deadline(),
        ];
        deadlines.into_iter().flatten().min()
    }

    pub(crate) fn wake(&mut self, now: Timestamp) -> (Vec<Request>, Vec<Slice>) {
        let mut requests: Vec<Request> =
            self.own_typing.wake(now).into_iter().map(Request::from).collect();
        requests.extend(self.due_marks(now));
        requests.extend(self.sentiment.wake(now).map(Request::Query));
        let expired = self.presence.expire(now);
        let mut parts: Vec<Slice> =
            self.open.filter(|_| expired).map(Slice::Presence).into_iter().collect();
        parts.extend(self.posts.expire(now).then_some(Slice::Posts));
        (requests, parts)
    }

    fn open_room(&mut self, room: Option<RoomId>) -> Vec<Request> {
        if self.open == room {
            return Vec::new();
        }
        if let Some(left) = self.open
            && let Some(timeline) = self.timelines.get_mut(&left)
        {
            timeline.set_new_after(None);
            timeline.forget_crowds();
            timeline.trim(self.memberships.counted_up_to(left));
        }
        self.open = room;
        self.presence = RoomPresence::default();
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
        let due = self.marks.take_due(now).into_iter();
        due.filter_map(|room| {
            let up_to = self.memberships.read_up_to(room)?;
            Some(Request::Command(MembershipCommand::Read { room, up_to }.into()))
        })
        .collect()
    }
}
