//! All views, and the routing of every message to its view.
//!
//! The routing is derived from the table of views (`view_table.rs`). Its matches cover every variant
//! of shared's envelopes, so the compiler asks for the view of a new feature. The state machine in
//! [`crate::client`] knows no feature.

mod acting;

use madang_shared::apps::Apps;
use madang_shared::chat::ChatEvent;
use madang_shared::erasure::ErasureEvent;
use madang_shared::notices::NoticeBox;
use madang_shared::{
    Answer, Command, CommandId, Event, Query, RoomId, Snapshot, Timestamp, Topic, User, UserId,
};

use crate::outbox::Outbox;
use crate::slice::Slice;
use crate::vec_map::VecSet;
use crate::view::{
    ApplyEvent, ApplySnapshot, CommandRules, Effects, ReceiveAnswer, Request, View, Wake,
};
use crate::views;
use crate::views::chat::Timeline;
use crate::views::joined_rooms::{JoinedRooms, RoomFactsChange};
use crate::views::membership::Memberships;
use crate::views::message_acts;
use crate::views::message_questions::MessageQuestions;
use crate::views::notices::ShownNotice;
use crate::views::presence::RoomPresence;

/// A message with content of another feature than its topic or its query. Only a faulty server sends
/// one; the client counts it as a frame that it could not decode.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct FeatureMismatch;

macro_rules! define_features {
    ($(
        $(#[$doc:meta])*
        $slice:ident {
            $field:ident: $View:ident,
            topics: [$($topic:ident),*], queries: [$($query:ident),*], commands: [$($command:ident),*]
        }
    )+) => {
        /// All views of one client.
        #[derive(Debug)]
        pub struct Features {
            me: User,
            /// The topics of the open page.
            page_topics: &'static [Topic],
            joined_rooms: JoinedRooms,
            $($field: views::$field::$View,)+
        }

        impl Features {
            pub(crate) fn new(me: User) -> Self {
                Self {
                    page_topics: &[],
                    joined_rooms: JoinedRooms::new(me.id),
                    $($field: views::$field::$View::default(),)+
                    me,
                }
            }

            $(
                $(#[$doc])*
                pub fn $field(&self) -> &views::$field::$View {
                    &self.$field
                }
            )+

            /// The topic was unsubscribed: what is known of it is no longer kept current.
            pub(crate) fn unsubscribed(&mut self, topic: Topic) {
                // The other topics of this view stay.
                if matches!(topic, Topic::OrderNotices | Topic::PostNotices) {
                    self.notices.denied(topic);
                    return;
                }
                match topic {
                    $($(Topic::$topic { .. } => self.$field = views::$field::$View::default(),)*)+
                    Topic::Room(room) => self.joined_rooms.forget_room(room),
                    Topic::Presence(_) => self.joined_rooms.forget_presence(),
                    Topic::Memberships(_) => self.joined_rooms.reset_memberships(),
                }
            }

            /// The user may not follow the topic. Returns the slices that may have changed.
            pub(crate) fn denied(&mut self, topic: Topic) -> Vec<Slice> {
                match topic {
                    $($(Topic::$topic { .. } => {
                        self.$field.denied(topic);
                        vec![Slice::$slice]
                    })*)+
                    // Their memberships say so.
                    Topic::Room(_) | Topic::Presence(_) | Topic::Memberships(_) => Vec::new(),
                }
            }

            /// The topic began another epoch: its old state and its next snapshot must not be joined.
            pub(crate) fn epoch_changed(&mut self, topic: Topic) {
                match topic {
                    // The snapshot replaces the whole view.
                    $($(Topic::$topic { .. } => {})*)+
                    Topic::Presence(_) => {}
                    Topic::Room(room) => self.joined_rooms.reset_timeline(room),
                    Topic::Memberships(_) => self.joined_rooms.reset_memberships(),
                }
            }

            pub(crate) fn apply_snapshot(
                &mut self,
                topic: Topic,
                snapshot: Snapshot,
                now: Timestamp,
            ) -> Result<Vec<Slice>, FeatureMismatch> {
                match (topic, snapshot) {
                    $($((Topic::$topic { .. }, Snapshot::$topic(snapshot)) => {
                        self.$field.apply_snapshot(snapshot, now);
                        Ok(vec![Slice::$slice])
                    })*)+
                    (Topic::Memberships(_), Snapshot::Membership(snapshot)) => {
                        Ok(self.joined_rooms.apply_membership_snapshot(snapshot))
                    }
                    (Topic::Room(room), Snapshot::Chat(snapshot)) => {
                        Ok(self.joined_rooms.apply_chat_snapshot(room, snapshot))
                    }
                    (Topic::Presence(room), Snapshot::Presence(snapshot)) => {
                        Ok(self.joined_rooms.apply_presence_snapshot(room, snapshot, now))
                    }
                    (
                        _,
                        $($(Snapshot::$topic(_) |)*)+
                        Snapshot::Membership(_) | Snapshot::Chat(_) | Snapshot::Presence(_),
                    ) => Err(FeatureMismatch),
                }
            }

            pub(crate) fn apply_event(
                &mut self,
                topic: Topic,
                event: Event,
                now: Timestamp,
            ) -> Result<Vec<Slice>, FeatureMismatch> {
                match (topic, event) {
                    // The topics of all features have it.
                    (_, Event::Erasure(ErasureEvent::Erased { user })) => Ok(self.erase(user)),
                    $($((Topic::$topic { .. }, Event::$topic(event)) => {
                        self.$field.apply_event(event, now);
                        Ok(vec![Slice::$slice])
                    })*)+
                    (Topic::Memberships(_), Event::Membership(event)) => {
                        Ok(self.joined_rooms.apply_membership_event(event))
                    }
                    (Topic::Room(room), Event::Chat(event)) => {
                        Ok(self.joined_rooms.apply_chat_event(room, event))
                    }
                    (Topic::Presence(room), Event::Presence(event)) => {
                        Ok(self.joined_rooms.apply_presence_event(room, event, now))
                    }
                    (
                        _,
                        $($(Event::$topic(_) |)*)+
                        Event::Membership(_) | Event::Chat(_) | Event::Presence(_),
                    ) => Err(FeatureMismatch),
                }
            }

            pub(crate) fn receive_answer(
                &mut self,
                query: &Query,
                answer: Answer,
            ) -> Result<Vec<Slice>, FeatureMismatch> {
                match (query, answer) {
                    $($((Query::$query(query), Answer::$query(answer)) => {
                        self.$field.receive_answer(query, answer);
                        Ok(vec![Slice::$slice])
                    })*)+
                    (Query::Chat(query), Answer::Chat(answer)) => {
                        Ok(self.joined_rooms.receive_answer(query, answer))
                    }
                    ($($(Query::$query(_) |)*)+ Query::Chat(_), _) => Err(FeatureMismatch),
                }
            }

            /// The server refused a query for good.
            pub(crate) fn query_refused(&mut self, query: &Query) -> Vec<Slice> {
                match query {
                    $($(Query::$query(query) => {
                        self.$field.query_refused(query).then_some(Slice::$slice).into_iter().collect()
                    })*)+
                    Query::Chat(query) => self.joined_rooms.query_refused(query),
                }
            }

            pub(crate) fn deadline(&self) -> Option<Timestamp> {
                let deadlines = [self.joined_rooms.deadline(), $(self.$field.deadline(),)+];
                deadlines.into_iter().flatten().min()
            }

            pub(crate) fn wake(&mut self, now: Timestamp) -> Effects {
                let mut effects = self.joined_rooms.wake(now);
                $(
                    let Wake { query, changed } = self.$field.wake(now);
                    effects.requests.extend(query.map(Request::Query));
                    effects.changed.extend(changed.then_some(Slice::$slice));
                )+
                effects
            }
        }

        /// The command of the user `me` that this event completes; see
        /// [`ApplyEvent::completed_command`].
        pub(crate) fn completed_command(event: &Event, me: &User) -> Option<CommandId> {
            match event {
                $($(Event::$topic(event) => views::$field::$View::completed_command(event, me.id),)*)+
                Event::Chat(event) => JoinedRooms::completed_command(event, me.id),
                Event::Membership(_) | Event::Presence(_) | Event::Erasure(_) => None,
            }
        }

        /// See [`CommandRules::supersedes`].
        pub(crate) fn supersedes(newer: &Command, older: &Command) -> bool {
            match (newer, older) {
                $($((Command::$command(newer), Command::$command(older)) => {
                    views::$field::$View::supersedes(newer, older)
                })*)+
                (Command::Membership(newer), Command::Membership(older)) => {
                    Memberships::supersedes(newer, older)
                }
                (Command::Chat(newer), Command::Chat(older)) => {
                    message_acts::supersedes(newer, older)
                }
                (
                    $($(Command::$command(_) |)*)+
                    Command::Membership(_) | Command::Chat(_) | Command::Rooms(_),
                    _,
                ) => false,
            }
        }

        /// See [`CommandRules::is_dropped_when_refused`].
        pub(crate) fn is_dropped_when_refused(command: &Command) -> bool {
            match command {
                $($(Command::$command(command) => views::$field::$View::is_dropped_when_refused(command),)*)+
                Command::Membership(command) => Memberships::is_dropped_when_refused(command),
                Command::Chat(_) | Command::Rooms(_) => false,
            }
        }
    };
}

with_view_table!(define_features);

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

    /// Drops every copy of what an erased user wrote.
    fn erase(&mut self, user: UserId) -> Vec<Slice> {
        self.joined_rooms.erase(user);
        self.details.erase(user);
        self.counter.erase(user);
        self.posts.erase(user);
        self.orders.erase(user);
        self.notices.erase(user);
        Slice::ALL.into()
    }

    /// The topics to subscribe to at present. Of the apps, those that are on have notices.
    pub(crate) fn wanted_topics(&self, apps: Apps) -> VecSet<Topic> {
        let me = self.me.id;
        let mut topics = VecSet::default();
        topics.extend([Topic::Memberships(me)]);
        let notices = NoticeBox::ALL.map(|of| of.topic(me)).into_iter();
        topics.extend(notices.filter(|topic| topic.app().is_none_or(|app| apps.contains(app))));
        topics.extend(self.memberships().rooms().map(Topic::Room));
        topics.extend(self.page_topics.iter().map(|topic| self.of_reader(*topic)));
        let open = self.open_room_id().filter(|room| self.memberships().contains(*room));
        topics.extend(
            open.into_iter().flat_map(|room| [Topic::Presence(room), Topic::Details(room)]),
        );
        topics
    }

    /// A topic of a page. A page names the topic of one user without a user: it is that of the reader.
    fn of_reader(&self, topic: Topic) -> Topic {
        match topic {
            Topic::OwnOrders(_) => Topic::OwnOrders(self.me.id),
            topic => topic,
        }
    }

    /// The server continues the topic from the known position. `missed` tells whether events follow.
    pub(crate) fn recovered(&mut self, topic: Topic, missed: bool) -> Vec<Slice> {
        // Only timelines mark a cached state on the screen, so the other views do not change here.
        if let Topic::Room(room) = topic {
            return self.joined_rooms.recovered(room, missed);
        }
        Vec::new()
    }

    /// Marks the room's timeline as restored from the offline cache.
    pub(crate) fn mark_cached(&mut self, room: RoomId) {
        self.joined_rooms.mark_cached(room);
    }
}

/// Whether the event counts as a message that was missed during a disconnect.
pub(crate) fn counts_as_message(event: &Event) -> bool {
    matches!(event, Event::Chat(ChatEvent::Posted(_)))
}
