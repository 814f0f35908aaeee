//! The feed, as far as it has been loaded: always one piece, without holes, that starts at the newest
//! post; and the greetings of the moment.

use std::collections::VecDeque;

use madang_shared::posts::{GREETING_SHOWN_MS, MAX_GREETINGS_SHOWN, PAGE_POSTS};
use madang_shared::posts::{
    Post, PostsAnswer, PostsCommand, PostsEvent, PostsPage, PostsQuery, PostsSnapshot,
};
use madang_shared::{Command, CommandId, Failure, PostId, Timestamp, User, UserId};

use crate::outbox::{Outbox, Pending, PendingState};
use crate::view::{ApplyEvent, ApplySnapshot, CommandRules, ReceiveAnswer, View, Wake};

/// Greetings of this screen's own whose ids are kept until they come back.
const OWN_KEPT: usize = 64;

/// The feed.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Posts {
    loaded: VecDeque<Post>,
    older: bool,
    loading: Option<PostId>,
    /// What happened to posts while older ones were on their way: the answer may have been read before.
    meanwhile: Vec<PostsEvent>,
    known: bool,
    greetings: Vec<Greeting>,
    own: VecDeque<CommandId>,
}

/// Somebody waved.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Greeting {
    /// Who.
    pub by: User,
    /// Whether it was for everybody but the screen that it came from.
    pub others_only: bool,
    /// Names it.
    pub command: CommandId,
    /// Until when it shows.
    pub until: Timestamp,
}

/// A post as its reader sees it: with what the reader has done to it and nobody else knows yet.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ShownPost {
    /// None for one that the reader has written and that is not stored yet.
    pub id: Option<PostId>,
    /// Who wrote it.
    pub author: User,
    /// When.
    pub at: Timestamp,
    /// When its text was last changed.
    pub edited_at: Option<Timestamp>,
    /// What it says; what it will say, while an edit is on its way.
    pub text: String,
    /// What the reader has asked for and how that stands; none if all is stored.
    pub change: Option<Change>,
}

/// Something that the reader asked for.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Change {
    /// The command.
    pub id: CommandId,
    /// Whether the post is to go.
    pub deletes: bool,
    /// Why it was refused; none while it can still succeed.
    pub failure: Option<Failure>,
}

impl Posts {
    /// Whether the feed has arrived; before that, emptiness means nothing.
    pub fn is_known(&self) -> bool {
        self.known
    }

    /// Whether there are posts older than those that are loaded.
    pub fn has_older(&self) -> bool {
        self.older
    }

    /// Whether older posts are on their way.
    pub fn is_loading_older(&self) -> bool {
        self.loading.is_some()
    }

    /// The greetings that show now, oldest first.
    pub fn greetings(&self) -> &[Greeting] {
        &self.greetings
    }

    /// The posts, newest first, with what is in the outbox already done to them.
    pub fn shown(&self, outbox: &Outbox, me: &User) -> Vec<ShownPost> {
        let mut shown: Vec<ShownPost> = self.loaded.iter().map(stored).collect();
        let mut fresh = Vec::new();
        for item in outbox.items() {
            let Command::Posts(command) = &item.command else { continue };
            let change = Change { id: item.id, deletes: false, failure: failure(item) };
            match command {
                PostsCommand::Create { text } => {
                    fresh.push(unstored(item.at, me, None, text, change));
                }
                PostsCommand::Edit { post, text } => {
                    let there = shown.iter_mut().find(|shown| shown.id == Some(*post));
                    match there {
                        Some(there) => {
                            there.text.clone_from(text);
                            there.change = Some(change);
                        }
                        // The post is gone, or far down; what was written must not be.
                        None if change.failure.is_some() => {
                            fresh.push(unstored(item.at, me, Some(*post), text, change));
                        }
                        None => {}
                    }
                }
                PostsCommand::Delete { post } => {
                    if let Some(there) = shown.iter_mut().find(|shown| shown.id == Some(*post)) {
                        there.change = Some(Change { deletes: true, ..change });
                    }
                }
                PostsCommand::Greet { .. } => {}
            }
        }
        fresh.reverse();
        fresh.extend(shown);
        fresh
    }

    /// This very screen gave the command: it is not shown what is for everybody else.
    pub(crate) fn greeting_sent(&mut self, command: CommandId) {
        if self.own.len() == OWN_KEPT {
            self.own.pop_front();
        }
        self.own.push_back(command);
    }

    /// Asks for older posts; none if there are none, or they are on their way.
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
        for event in std::mem::take(&mut self.meanwhile) {
            self.change(event);
        }
    }

    fn older_failed(&mut self, before: PostId) {
        if self.loading == Some(before) {
            self.loading = None;
            self.meanwhile.clear();
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
        // Older posts may have been changed since: unlike messages they cannot be kept.
        self.loaded = snapshot.posts.into();
        self.older = snapshot.older;
        self.loading = None;
        self.meanwhile.clear();
        self.known = true;
    }
}

impl ApplyEvent<PostsEvent> for Posts {
    fn apply_event(&mut self, event: PostsEvent, now: Timestamp) {
        if self.loading.is_some()
            && matches!(event, PostsEvent::Edited { .. } | PostsEvent::Deleted { .. })
        {
            self.meanwhile.push(event.clone());
        }
        match event {
            PostsEvent::Greeted { by, others_only, command } => {
                let is_own = self.own.contains(&command);
                self.own.retain(|own| *own != command);
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

fn unstored(at: Timestamp, me: &User, id: Option<PostId>, text: &str, change: Change) -> ShownPost {
    let (author, text) = (me.clone(), text.to_owned());
    ShownPost { id, author, at, edited_at: None, text, change: Some(change) }
}

fn failure(item: &Pending) -> Option<Failure> {
    match &item.state {
        PendingState::Failed(failure) => Some(failure.clone()),
        _ => None,
    }
}
