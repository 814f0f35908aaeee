//! All views, and the routing of every message to its view.
//!
//! The routing is derived from the table of views (`view_table.rs`). Its matches cover every variant
//! of shared's envelopes, so the compiler asks for the view of a new feature. The state machine in
//! [`crate::client`] knows no feature.
//!
//! The core reads the contents of its own views. The contents of lazy views stay text here, and the
//! [`lazy`] part reads them: a browser app has the code of the core at its first screen, and loads
//! the code of the lazy part after it.

mod acting;
mod content;
pub mod lazy;
mod reading;

use madang_shared::apps::Apps;
use madang_shared::encoded::EncodedValue;
use madang_shared::erasure::ErasureEvent;
use madang_shared::notices::NoticeBox;
use madang_shared::{Command, Query, RoomId, Timestamp, Topic, User, UserId};

use content::{CoreAnswer, CoreEvent};
use lazy::LazyViews;

use crate::slice::Slice;
use crate::vec_map::VecSet;
use crate::view::{
    Applied, ApplyEvent, ApplySnapshot, CommandRules, Effects, Request, UnreadableContent, View,
    Wake,
};
use crate::views;
use crate::views::joined_rooms::JoinedRooms;
use crate::views::membership::Memberships;
use crate::views::message_acts;

pub(crate) use content::CoreSnapshot;
pub use lazy::NewLazyViews;

macro_rules! define_features {
    (
        core { $(
            $(#[$doc:meta])*
            $slice:ident {
                $field:ident: $View:ident,
                topics: [$($topic:ident),*], queries: [], commands: [$($command:ident),*]
            }
        )+ }
        lazy { $(
            $(#[$lazy_doc:meta])*
            $lazy_slice:ident {
                $lazy_field:ident: $LazyView:ident,
                topics: [$($lazy_topic:ident),*], queries: [$($lazy_query:ident),*],
                commands: [$($lazy_command:ident),*]
            }
        )+ }
    ) => {
        /// All views of one client.
        #[derive(Debug)]
        pub struct Features {
            me: User,
            /// The topics of the open page.
            page_topics: &'static [Topic],
            joined_rooms: JoinedRooms,
            lazy: LazyViews,
            $($field: views::$field::$View,)+
        }

        impl Features {
            pub(crate) fn new(me: User) -> Self {
                Self {
                    page_topics: &[],
                    joined_rooms: JoinedRooms::new(me.id),
                    lazy: LazyViews::default(),
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

            $(
                $(#[$lazy_doc])*
                pub fn $lazy_field(&self) -> &views::$lazy_field::$LazyView {
                    &self.lazy.get().$lazy_field
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
                    $($(Topic::$lazy_topic { .. } => self.lazy.unsubscribed(topic),)*)+
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
                    $($(Topic::$lazy_topic { .. } => self.lazy.denied(topic),)*)+
                }
            }

            /// The topic began another epoch: its old state and its next snapshot must not be joined.
            fn epoch_changed(&mut self, topic: Topic) {
                match topic {
                    // The snapshot replaces the whole view.
                    $($(Topic::$topic { .. } => {})*)+
                    $($(Topic::$lazy_topic { .. } => {})*)+
                    Topic::Presence(_) => {}
                    Topic::Room(room) => self.joined_rooms.reset_timeline(room),
                    Topic::Memberships(_) => self.joined_rooms.reset_memberships(),
                }
            }

            /// Applies a snapshot. `is_other_epoch` tells whether the known state is of another epoch.
            pub(crate) fn apply_snapshot(
                &mut self,
                topic: Topic,
                snapshot: &EncodedValue,
                is_other_epoch: bool,
                now: Timestamp,
            ) -> Result<Vec<Slice>, UnreadableContent> {
                if is_lazy(topic) {
                    return self.lazy.part()?.apply_snapshot(topic, snapshot, now);
                }
                let snapshot = snapshot.read()?;
                if is_other_epoch {
                    self.epoch_changed(topic);
                }
                self.apply_core_snapshot(topic, snapshot, now)
            }

            pub(crate) fn apply_core_snapshot(
                &mut self,
                topic: Topic,
                snapshot: CoreSnapshot,
                now: Timestamp,
            ) -> Result<Vec<Slice>, UnreadableContent> {
                match (topic, snapshot) {
                    $($((Topic::$topic { .. }, CoreSnapshot::$topic(snapshot)) => {
                        self.$field.apply_snapshot(snapshot, now);
                        Ok(vec![Slice::$slice])
                    })*)+
                    (Topic::Memberships(_), CoreSnapshot::Membership(snapshot)) => {
                        Ok(self.joined_rooms.apply_membership_snapshot(snapshot))
                    }
                    (Topic::Room(room), CoreSnapshot::Chat(snapshot)) => {
                        Ok(self.joined_rooms.apply_chat_snapshot(room, snapshot))
                    }
                    (Topic::Presence(room), CoreSnapshot::Presence(snapshot)) => {
                        Ok(self.joined_rooms.apply_presence_snapshot(room, snapshot, now))
                    }
                    (
                        _,
                        $($(CoreSnapshot::$topic(_) |)*)+
                        CoreSnapshot::Membership(_)
                        | CoreSnapshot::Chat(_)
                        | CoreSnapshot::Presence(_),
                    ) => Err(UnreadableContent),
                }
            }

            fn apply_core_event(
                &mut self,
                topic: Topic,
                event: CoreEvent,
                now: Timestamp,
            ) -> Result<Applied, UnreadableContent> {
                let changed = match (topic, event) {
                    // The topics of all features have it.
                    (_, CoreEvent::Erasure(ErasureEvent::Erased { user })) => {
                        return Ok(Applied { erased: Some(user), ..Applied::default() });
                    }
                    (Topic::Room(room), CoreEvent::Chat(event)) => {
                        return Ok(self.joined_rooms.apply_chat_event(room, event));
                    }
                    $($((Topic::$topic { .. }, CoreEvent::$topic(event)) => {
                        self.$field.apply_event(event, now);
                        vec![Slice::$slice]
                    })*)+
                    (Topic::Memberships(_), CoreEvent::Membership(event)) => {
                        self.joined_rooms.apply_membership_event(event)
                    }
                    (Topic::Presence(room), CoreEvent::Presence(event)) => {
                        self.joined_rooms.apply_presence_event(room, event, now)
                    }
                    (
                        _,
                        $($(CoreEvent::$topic(_) |)*)+
                        CoreEvent::Membership(_) | CoreEvent::Chat(_) | CoreEvent::Presence(_),
                    ) => return Err(UnreadableContent),
                };
                Ok(Applied { changed, ..Applied::default() })
            }

            pub(crate) fn receive_answer(
                &mut self,
                query: &Query,
                answer: &EncodedValue,
            ) -> Result<Vec<Slice>, UnreadableContent> {
                match query {
                    Query::Chat(query) => {
                        let CoreAnswer::Chat(answer) = answer.read()?;
                        Ok(self.joined_rooms.receive_answer(query, answer))
                    }
                    $($(Query::$lazy_query(_) => self.lazy.part()?.receive_answer(query, answer),)*)+
                }
            }

            /// The server refused a query for good.
            pub(crate) fn query_refused(&mut self, query: &Query) -> Vec<Slice> {
                match query {
                    Query::Chat(query) => self.joined_rooms.query_refused(query),
                    $($(Query::$lazy_query(_) => self.lazy.query_refused(query),)*)+
                }
            }

            pub(crate) fn deadline(&self) -> Option<Timestamp> {
                let deadlines =
                    [self.joined_rooms.deadline(), self.lazy.deadline(), $(self.$field.deadline(),)+];
                deadlines.into_iter().flatten().min()
            }

            pub(crate) fn wake(&mut self, now: Timestamp) -> Effects {
                let mut effects = self.joined_rooms.wake(now);
                let Effects { requests, changed } = self.lazy.wake(now);
                effects.requests.extend(requests);
                effects.changed.extend(changed);
                $(
                    let Wake { query, changed } = self.$field.wake(now);
                    effects.requests.extend(query.map(Request::Query));
                    effects.changed.extend(changed.then_some(Slice::$slice));
                )+
                effects
            }

            /// See [`CommandRules::supersedes`].
            pub(crate) fn supersedes(&self, newer: &Command, older: &Command) -> bool {
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
                    $($((Command::$lazy_command(_), _) => self.lazy.supersedes(newer, older),)*)+
                }
            }

            /// See [`CommandRules::is_dropped_when_refused`].
            pub(crate) fn is_dropped_when_refused(&self, command: &Command) -> bool {
                match command {
                    $($(Command::$command(command) => views::$field::$View::is_dropped_when_refused(command),)*)+
                    Command::Membership(command) => Memberships::is_dropped_when_refused(command),
                    Command::Chat(_) | Command::Rooms(_) => false,
                    $($(Command::$lazy_command(_) => self.lazy.is_dropped_when_refused(command),)*)+
                }
            }
        }

        /// Whether the topic is of a lazy view.
        fn is_lazy(topic: Topic) -> bool {
            match topic {
                $($(Topic::$lazy_topic { .. } => true,)*)+
                $($(Topic::$topic { .. } |)*)+
                Topic::Room(_) | Topic::Presence(_) | Topic::Memberships(_) => false,
            }
        }
    };
}

with_view_table!(define_features);

impl Features {
    /// The code of the lazy views is loaded. Does nothing if it was loaded before.
    pub(crate) fn load(&mut self, new: NewLazyViews) {
        if !self.lazy.is_loaded() {
            self.lazy = new.make();
        }
    }

    /// Reads a command of an earlier page; `None` before the lazy views are loaded, and if a newer
    /// version wrote it.
    pub(crate) fn read_command(&self, command: &EncodedValue) -> Option<Command> {
        self.lazy.read_command(command)
    }

    /// Applies the event that follows the present state of the topic.
    pub(crate) fn apply_event(
        &mut self,
        topic: Topic,
        event: &EncodedValue,
        now: Timestamp,
    ) -> Result<Applied, UnreadableContent> {
        let mut applied = if is_lazy(topic) {
            self.lazy.part()?.apply_event(topic, event, self.me.id, now)
        } else {
            self.apply_core_event(topic, event.read()?, now)
        }?;
        if let Some(user) = applied.erased {
            applied.changed = self.erase(user);
        }
        Ok(applied)
    }

    /// Drops every copy of what an erased user wrote.
    fn erase(&mut self, user: UserId) -> Vec<Slice> {
        self.joined_rooms.erase(user);
        self.details.erase(user);
        self.notices.erase(user);
        self.lazy.erase(user);
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
        let is_loaded = self.lazy.is_loaded();
        let of_page = self.page_topics.iter().map(|topic| self.of_reader(*topic));
        let with_later = of_page.chain([Topic::Later(me)]);
        topics.extend(with_later.filter(|topic| is_loaded || !is_lazy(*topic)));
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
