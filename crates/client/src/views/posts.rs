//! The posts: the loaded ones, without gaps, from the newest on; and the greetings that show now.

use std::collections::VecDeque;

use madang_shared::posts::{GREETING_SHOWN_MS, MAX_GREETINGS_SHOWN, PAGE_POSTS};
use madang_shared::posts::{
    Post, PostsAnswer, PostsCommand, PostsEvent, PostsPage, PostsQuery, PostsSnapshot,
};
use madang_shared::{Command, CommandId, Failure, PostId, Timestamp, User, UserId};

use crate::outbox::{Outbox, PendingCommand, PendingState};
use crate::view::{ApplyEvent, ApplySnapshot, CommandRules, ReceiveAnswer, View, Wake};

/// The number of this screen's own greetings whose command ids are remembered until their events
/// arrive.
const MAX_OWN_GREETINGS: usize = 64;

/// The loaded posts and the current greetings.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Posts {
    loaded: VecDeque<Post>,
    older: bool,
    loading: Option<PostId>,
    /// Events during a query for older posts: the store may have read the answer before them.
    events_while_loading: Vec<PostsEvent>,
    known: bool,
    greetings: Vec<Greeting>,
    own_greetings: VecDeque<CommandId>,
}

/// A greeting from a user.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Greeting {
    /// The user who greets.
    pub by: User,
    /// Whether the screen that sent it does not show it.
    pub others_only: bool,
    /// The command that sent it; it identifies the greeting.
    pub command: CommandId,
    /// When it disappears.
    pub until: Timestamp,
}

/// A post as this user sees it, with the user's pending changes.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ShownPost {
    /// `None` for a new post that is not stored yet.
    pub id: Option<PostId>,
    /// Its author.
    pub author: User,
    /// When it was written.
    pub at: Timestamp,
    /// When its text was last edited.
    pub edited_at: Option<Timestamp>,
    /// Its text; the new text while an edit is pending.
    pub text: String,
    /// The user's latest change that is not stored; `None` if all are stored.
    pub change: Option<PendingChange>,
}

/// A change to a post that is not stored yet.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct PendingChange {
    /// The command that makes it.
    pub id: CommandId,
    /// Whether it deletes the post.
    pub deletes: bool,
    /// Why it was refused; `None` while it can still succeed.
    pub failure: Option<Failure>,
}

impl Posts {
    /// Whether the posts have arrived. Until then an empty list means nothing.
    pub fn is_known(&self) -> bool {
        self.known
    }

    /// Whether there are posts before the loaded ones.
    pub fn has_older(&self) -> bool {
        self.older
    }

    /// Whether a query for older posts is pending.
    pub fn is_loading_older(&self) -> bool {
        self.loading.is_some()
    }

    /// The visible greetings, oldest first.
    pub fn greetings(&self) -> &[Greeting] {
        &self.greetings
    }

    /// The posts, newest first, after all commands in the outbox.
    pub fn shown(&self, outbox: &Outbox, me: &User) -> Vec<ShownPost> {
        let mut shown: Vec<ShownPost> = self.loaded.iter().map(stored).collect();
        let mut fresh = Vec::new();
        for item in outbox.items() {
            let Some(Command::Posts(command)) = item.command() else { continue };
            let change = PendingChange { id: item.id, deletes: false, failure: failure(item) };
            match command {
                PostsCommand::Create { text } => {
                    fresh.push(unstored(item.at, me, None, text, change));
                }
                PostsCommand::Edit { post, text } => {
                    let loaded = shown.iter_mut().find(|shown| shown.id == Some(*post));
                    match loaded {
                        Some(loaded) => {
                            loaded.text.clone_from(text);
                            loaded.change = Some(change);
                        }
                        // The post is deleted or not loaded. The user's own text must still be
                        // shown.
                        None if change.failure.is_some() => {
                            fresh.push(unstored(item.at, me, Some(*post), text, change));
                        }
                        None => {}
                    }
                }
                PostsCommand::Delete { post } => {
                    if let Some(loaded) = shown.iter_mut().find(|shown| shown.id == Some(*post)) {
                        loaded.change = Some(PendingChange { deletes: true, ..change });
                    }
                }
                PostsCommand::Greet { .. } => {}
            }
        }
        fresh.reverse();
        fresh.extend(shown);
        fresh
    }

    /// Drops every copy of what an erased user wrote. Older posts that are on their way may still hold it.
    pub(crate) fn erase(&mut self, user: UserId) {
        self.loaded.retain(|post| post.author.id != user);
        self.greetings.retain(|greeting| greeting.by.id != user);
        self.loading = None;
        self.events_while_loading.clear();
    }

    /// This screen sent the greeting with this command id.
    pub(crate) fn greeting_sent(&mut self, command: CommandId) {
        if self.own_greetings.len() == MAX_OWN_GREETINGS {
            self.own_greetings.pop_front();
        }
        self.own_greetings.push_back(command);
    }

    /// Starts a query for older posts; `None` if there are none, or a query is pending.
    pub(crate) fn request_older(&mut self) -> Option<PostsQuery> {
        let last = self.loaded.back()?.id;
        if !self.older || self.loading.is_some() {
            return None;
        }
        self.loading = Some(last);
        Some(PostsQuery::Before { before: last, limit: PAGE_POSTS })
    }

    fn append(&mut self, before: PostId, page: PostsPage) {
        if self.loading != Some(before) {
            return;
        }
        self.loading = None;
        self.older = page.older;
        self.loaded.extend(page.posts);
        for event in std::mem::take(&mut self.events_while_loading) {
            self.change(event);
        }
    }

    fn older_failed(&mut self, before: PostId) {
        if self.loading == Some(before) {
            self.loading = None;
            self.events_while_loading.clear();
        }
    }

    fn change(&mut self, event: PostsEvent) {
        match event {
            PostsEvent::Edited { post, .. } => {
                if let Some(old) = self.loaded.iter_mut().find(|old| old.id == post.id) {
                    *old = post;
                }
            }
            PostsEvent::Deleted { post, .. } => self.loaded.retain(|old| old.id != post),
            PostsEvent::Created { .. }
            | PostsEvent::Greeted { .. }
            | PostsEvent::Redacted { .. } => {}
        }
    }
}

impl View for Posts {
    /// The end of the next greeting.
    fn deadline(&self) -> Option<Timestamp> {
        self.greetings.iter().map(|greeting| greeting.until).min()
    }

    fn wake(&mut self, now: Timestamp) -> Wake {
        let before = self.greetings.len();
        self.greetings.retain(|greeting| greeting.until > now);
        Wake { query: None, changed: self.greetings.len() != before }
    }
}

impl ApplySnapshot<PostsSnapshot> for Posts {
    fn apply_snapshot(&mut self, snapshot: PostsSnapshot, _now: Timestamp) {
        // Unlike messages, older posts may have changed, so they are dropped.
        self.loaded = snapshot.posts.into();
        self.older = snapshot.older;
        self.loading = None;
        self.events_while_loading.clear();
        self.known = true;
    }
}

impl ApplyEvent<PostsEvent> for Posts {
    fn apply_event(&mut self, event: PostsEvent, now: Timestamp) {
        if self.loading.is_some()
            && matches!(event, PostsEvent::Edited { .. } | PostsEvent::Deleted { .. })
        {
            self.events_while_loading.push(event.clone());
        }
        match event {
            PostsEvent::Greeted { by, others_only, command } => {
                let is_own = self.own_greetings.contains(&command);
                self.own_greetings.retain(|own| *own != command);
                if !(others_only && is_own) {
                    let until = now.plus(GREETING_SHOWN_MS);
                    self.greetings.push(Greeting { by, others_only, command, until });
                    let surplus = self.greetings.len().saturating_sub(MAX_GREETINGS_SHOWN);
                    self.greetings.drain(..surplus);
                }
            }
            PostsEvent::Created { post, .. } => self.loaded.push_front(post),
            other => self.change(other),
        }
    }

    fn completed_command(event: &PostsEvent, me: UserId) -> Option<CommandId> {
        let (by, command) = match event {
            PostsEvent::Created { post: Post { author: by, .. }, command }
            | PostsEvent::Edited { post: Post { author: by, .. }, command }
            | PostsEvent::Deleted { by, command, .. }
            | PostsEvent::Greeted { by, command, .. }
            | PostsEvent::Redacted { by, command, .. } => (by, command),
        };
        (by.id == me).then_some(*command)
    }
}

impl ReceiveAnswer for Posts {
    type Query = PostsQuery;
    type Answer = PostsAnswer;

    fn receive_answer(&mut self, query: &PostsQuery, answer: PostsAnswer) {
        let PostsQuery::Before { before, .. } = query;
        let PostsAnswer::Before(page) = answer;
        self.append(*before, page);
    }

    fn query_refused(&mut self, query: &PostsQuery) -> bool {
        let PostsQuery::Before { before, .. } = query;
        self.older_failed(*before);
        true
    }
}

impl CommandRules for Posts {
    type Command = PostsCommand;

    fn supersedes(newer: &PostsCommand, older: &PostsCommand) -> bool {
        match (newer, older) {
            (
                PostsCommand::Edit { post: newer, .. } | PostsCommand::Delete { post: newer },
                PostsCommand::Edit { post: older, .. },
            ) => newer == older,
            _ => false,
        }
    }

    /// The deletion of a post that is gone already, and a greeting.
    fn is_dropped_when_refused(command: &PostsCommand) -> bool {
        matches!(command, PostsCommand::Delete { .. } | PostsCommand::Greet { .. })
    }
}

fn stored(post: &Post) -> ShownPost {
    let Post { id, author, at, edited_at, text } = post.clone();
    ShownPost { id: Some(id), author, at, edited_at, text, change: None }
}

fn unstored(
    at: Timestamp,
    me: &User,
    id: Option<PostId>,
    text: &str,
    change: PendingChange,
) -> ShownPost {
    let (author, text) = (me.clone(), text.to_owned());
    ShownPost { id, author, at, edited_at: None, text, change: Some(change) }
}

fn failure(item: &PendingCommand) -> Option<Failure> {
    match &item.state {
        PendingState::Failed(failure) => Some(failure.clone()),
        _ => None,
    }
}
