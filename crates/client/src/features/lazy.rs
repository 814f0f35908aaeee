//! The lazy views, whose code an app can load after its first screen.
//!
//! Everything about them is behind the trait `LazyPart`: their state, the reading of their frames,
//! and the rules of their commands. A program that loads its code in parts names [`NewLazyViews`] in
//! a later part, and passes it in as [`Input::LazyViews`](crate::Input::LazyViews). Until then no
//! topic of a lazy view is subscribed, so that no frame of it has to wait, and a command of an
//! earlier page is sent as its text.

use std::fmt;
use std::sync::OnceLock;

use madang_shared::encoded::EncodedValue;
use madang_shared::erasure::ErasureEvent;
use madang_shared::{
    Answer, Command, Event, Query, RoomId, Seq, Snapshot, Timestamp, Topic, UserId,
};

use crate::action::Action;
use crate::slice::Slice;
use crate::view::{
    Applied, ApplyEvent, ApplySnapshot, CommandRules, Effects, ReceiveAnswer, Request,
    UnreadableContent, View, Wake,
};
use crate::views;

/// The lazy views, as the core reaches them.
pub(super) trait LazyPart: Send + Sync {
    fn views(&self) -> &LazyFeatures;
    fn unsubscribed(&mut self, topic: Topic);
    fn denied(&mut self, topic: Topic) -> Vec<Slice>;
    fn apply_snapshot(
        &mut self,
        topic: Topic,
        snapshot: &EncodedValue,
        now: Timestamp,
    ) -> Result<Vec<Slice>, UnreadableContent>;
    fn apply_event(
        &mut self,
        topic: Topic,
        event: &EncodedValue,
        me: UserId,
        now: Timestamp,
    ) -> Result<Applied, UnreadableContent>;
    fn receive_answer(
        &mut self,
        query: &Query,
        answer: &EncodedValue,
    ) -> Result<Vec<Slice>, UnreadableContent>;
    fn query_refused(&mut self, query: &Query) -> Vec<Slice>;
    fn deadline(&self) -> Option<Timestamp>;
    fn wake(&mut self, now: Timestamp) -> Effects;
    fn act(&mut self, action: Action, now: Timestamp) -> Effects;
    /// Watches the user's own newest message in the open room. Returns whether it is another one
    /// than before, and the query to send.
    fn watch_own_message(&mut self, newest: Option<(RoomId, Seq)>) -> (bool, Option<Query>);
    fn erase(&mut self, user: UserId);
    /// Reads a command of an earlier page; `None` if a newer version wrote it.
    fn read_command(&self, command: &EncodedValue) -> Option<Command>;
    /// See [`CommandRules::supersedes`].
    fn supersedes(&self, newer: &Command, older: &Command) -> bool;
    /// See [`CommandRules::is_dropped_when_refused`].
    fn is_dropped_when_refused(&self, command: &Command) -> bool;
}

/// Makes the lazy views. Its value is in the part of a program that names it.
#[derive(Clone, Copy)]
pub struct NewLazyViews(fn() -> Box<dyn LazyPart>);

impl NewLazyViews {
    /// The views of the [table](crate::views).
    pub fn all() -> Self {
        Self(|| Box::new(LazyFeatures::default()))
    }

    pub(super) fn make(self) -> LazyViews {
        LazyViews(Some((self.0)()))
    }
}

impl fmt::Debug for NewLazyViews {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("NewLazyViews")
    }
}

/// The lazy views, once their code is loaded.
#[derive(Default)]
pub(super) struct LazyViews(Option<Box<dyn LazyPart>>);

// Not derived: the code that formats every view would be in the program.
impl fmt::Debug for LazyViews {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(if self.0.is_some() { "loaded" } else { "not loaded" })
    }
}

impl LazyViews {
    /// The views; before they are loaded, views in the state before the server has sent anything.
    pub(super) fn get(&self) -> &LazyFeatures {
        static NOT_LOADED: OnceLock<LazyFeatures> = OnceLock::new();
        match &self.0 {
            Some(part) => part.views(),
            None => NOT_LOADED.get_or_init(LazyFeatures::default),
        }
    }

    pub(super) fn is_loaded(&self) -> bool {
        self.0.is_some()
    }

    /// The part that reads content. Before it is loaded, the client follows none of its topics and sends none of its
    /// queries.
    pub(super) fn part(&mut self) -> Result<&mut dyn LazyPart, UnreadableContent> {
        match &mut self.0 {
            Some(part) => Ok(part.as_mut()),
            None => Err(UnreadableContent),
        }
    }

    pub(super) fn unsubscribed(&mut self, topic: Topic) {
        if let Some(part) = &mut self.0 {
            part.unsubscribed(topic);
        }
    }

    pub(super) fn denied(&mut self, topic: Topic) -> Vec<Slice> {
        self.0.as_mut().map_or_else(Vec::new, |part| part.denied(topic))
    }

    pub(super) fn query_refused(&mut self, query: &Query) -> Vec<Slice> {
        self.0.as_mut().map_or_else(Vec::new, |part| part.query_refused(query))
    }

    pub(super) fn deadline(&self) -> Option<Timestamp> {
        self.0.as_ref()?.deadline()
    }

    pub(super) fn wake(&mut self, now: Timestamp) -> Effects {
        self.0.as_mut().map_or_else(Effects::default, |part| part.wake(now))
    }

    pub(super) fn act(&mut self, action: Action, now: Timestamp) -> Effects {
        self.0.as_mut().map_or_else(Effects::default, |part| part.act(action, now))
    }

    pub(super) fn watch_own_message(
        &mut self,
        newest: Option<(RoomId, Seq)>,
    ) -> (bool, Option<Query>) {
        self.0.as_mut().map_or((false, None), |part| part.watch_own_message(newest))
    }

    pub(super) fn erase(&mut self, user: UserId) {
        if let Some(part) = &mut self.0 {
            part.erase(user);
        }
    }

    pub(super) fn read_command(&self, command: &EncodedValue) -> Option<Command> {
        self.0.as_ref()?.read_command(command)
    }

    /// A command of a lazy view is given by a screen of the part.
    pub(super) fn supersedes(&self, newer: &Command, older: &Command) -> bool {
        self.0.as_ref().is_some_and(|part| part.supersedes(newer, older))
    }

    /// Before the part is loaded, a refused command stays; it is dropped when the part has come.
    pub(super) fn is_dropped_when_refused(&self, command: &Command) -> bool {
        self.0.as_ref().is_some_and(|part| part.is_dropped_when_refused(command))
    }
}

macro_rules! define_lazy_features {
    (
        core { $($core:tt)* }
        lazy { $(
            $(#[$doc:meta])*
            $slice:ident {
                $field:ident: $View:ident,
                topics: [$($topic:ident),*], queries: [$($query:ident),*], commands: [$($command:ident),*]
            }
        )+ }
    ) => {
        /// All lazy views.
        #[derive(Default)]
        pub(super) struct LazyFeatures {
            $(pub(super) $field: views::$field::$View,)+
        }

        impl LazyPart for LazyFeatures {
            fn views(&self) -> &LazyFeatures {
                self
            }

            fn unsubscribed(&mut self, topic: Topic) {
                match topic {
                    $($(Topic::$topic { .. } => self.$field = views::$field::$View::default(),)*)+
                    _ => {}
                }
            }

            fn denied(&mut self, topic: Topic) -> Vec<Slice> {
                match topic {
                    $($(Topic::$topic { .. } => {
                        self.$field.denied(topic);
                        vec![Slice::$slice]
                    })*)+
                    _ => Vec::new(),
                }
            }

            fn apply_snapshot(
                &mut self,
                topic: Topic,
                snapshot: &EncodedValue,
                now: Timestamp,
            ) -> Result<Vec<Slice>, UnreadableContent> {
                match (topic, snapshot.read()?) {
                    $($((Topic::$topic { .. }, Snapshot::$topic(snapshot)) => {
                        self.$field.apply_snapshot(snapshot, now);
                        Ok(vec![Slice::$slice])
                    })*)+
                    _ => Err(UnreadableContent),
                }
            }

            fn apply_event(
                &mut self,
                topic: Topic,
                event: &EncodedValue,
                me: UserId,
                now: Timestamp,
            ) -> Result<Applied, UnreadableContent> {
                match (topic, event.read()?) {
                    $($((Topic::$topic { .. }, Event::$topic(event)) => {
                        let completed = views::$field::$View::completed_command(&event, me);
                        self.$field.apply_event(event, now);
                        Ok(Applied { changed: vec![Slice::$slice], completed, ..Applied::default() })
                    })*)+
                    (_, Event::Erasure(ErasureEvent::Erased { user })) => {
                        Ok(Applied { erased: Some(user), ..Applied::default() })
                    }
                    _ => Err(UnreadableContent),
                }
            }

            fn receive_answer(
                &mut self,
                query: &Query,
                answer: &EncodedValue,
            ) -> Result<Vec<Slice>, UnreadableContent> {
                match (query, answer.read()?) {
                    $($((Query::$query(query), Answer::$query(answer)) => {
                        self.$field.receive_answer(query, answer);
                        Ok(vec![Slice::$slice])
                    })*)+
                    _ => Err(UnreadableContent),
                }
            }

            fn query_refused(&mut self, query: &Query) -> Vec<Slice> {
                match query {
                    $($(Query::$query(query) => {
                        self.$field.query_refused(query).then_some(Slice::$slice).into_iter().collect()
                    })*)+
                    Query::Chat(_) => Vec::new(),
                }
            }

            fn deadline(&self) -> Option<Timestamp> {
                [$(self.$field.deadline(),)+].into_iter().flatten().min()
            }

            fn wake(&mut self, now: Timestamp) -> Effects {
                let mut effects = Effects::default();
                $(
                    let Wake { query, changed } = self.$field.wake(now);
                    effects.requests.extend(query.map(Request::Query));
                    effects.changed.extend(changed.then_some(Slice::$slice));
                )+
                effects
            }

            fn act(&mut self, action: Action, now: Timestamp) -> Effects {
                match action {
                    Action::Classify(text) => {
                        self.sentiment.set_text(text, now);
                        Effects::changed([Slice::Sentiment])
                    }
                    Action::LoadOlderPosts => {
                        let query = self.posts.request_older();
                        let requests = query.map(|query| Request::Query(query.into()));
                        let requests = requests.into_iter().collect();
                        Effects { requests, changed: vec![Slice::Posts] }
                    }
                    Action::GreetingSent(command) => {
                        self.posts.greeting_sent(command);
                        Effects::default()
                    }
                    // The core does them.
                    Action::OpenRoom(_)
                    | Action::FollowTopics(_)
                    | Action::LoadOlder(_)
                    | Action::LoadMessages { .. }
                    | Action::LoadEarlier { .. }
                    | Action::LoadReactions { .. }
                    | Action::ShowMessages { .. }
                    | Action::MarkRead(_)
                    | Action::MarkUnread { .. }
                    | Action::MarkReadAgain { .. }
                    | Action::MarkStartOfNew
                    | Action::Keystroke(_)
                    | Action::StopTyping => Effects::default(),
                }
            }

            fn watch_own_message(&mut self, newest: Option<(RoomId, Seq)>) -> (bool, Option<Query>) {
                let is_other = self.read_count.watch(newest);
                (is_other, self.read_count.next_query().map(Query::ReadCount))
            }

            fn erase(&mut self, user: UserId) {
                self.counter.erase(user);
                self.posts.erase(user);
                self.orders.erase(user);
            }

            fn read_command(&self, command: &EncodedValue) -> Option<Command> {
                command.read().ok()
            }

            fn supersedes(&self, newer: &Command, older: &Command) -> bool {
                match (newer, older) {
                    $($((Command::$command(newer), Command::$command(older)) => {
                        views::$field::$View::supersedes(newer, older)
                    })*)+
                    _ => false,
                }
            }

            fn is_dropped_when_refused(&self, command: &Command) -> bool {
                match command {
                    $($(Command::$command(command) => views::$field::$View::is_dropped_when_refused(command),)*)+
                    _ => false,
                }
            }
        }
    };
}

with_view_table!(define_lazy_features);
