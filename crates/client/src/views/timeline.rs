//! What was said in one room, as far as it has been loaded: always one piece, without holes, that
//! ends at the newest event known.

use std::collections::VecDeque;

use madang_shared::chat::{ChatEvent, ChatPage};
use madang_shared::presence::PresenceEvent;
use madang_shared::{Message, Seq, User, UserId};

/// So many messages stay loaded of a room that nobody looks at.
const KEPT: usize = 500;

/// For the next visit, so many messages are kept at least, if there are as many.
const KEPT_AT_LEAST: usize = 60;
/// And so many at most: if more than these are needed to count what is unread, none are kept.
const KEPT_AT_MOST: usize = 300;

/// Who came and who went between two messages, told once and quietly.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct PresenceSummary {
    /// The line stands after this message.
    pub after: Seq,
    /// These came and are still here.
    pub joined: Vec<User>,
    /// These went and have not come back.
    pub left: Vec<User>,
}

/// One room's timeline.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Timeline {
    messages: VecDeque<Message>,
    older: bool,
    loading: Option<Seq>,
    presence_summaries: Vec<PresenceSummary>,
    new_after: Option<Seq>,
    known: bool,
    cached: bool,
    edition: u64,
}

impl Timeline {
    /// The loaded messages, oldest first, without holes.
    pub fn messages(&self) -> &VecDeque<Message> {
        &self.messages
    }

    /// Another number means that something else happened to what is loaded than that messages were added at either
    /// end, or comings and goings after the newest: whoever keeps a picture of it makes all of it anew.
    pub fn edition(&self) -> u64 {
        self.edition
    }

    /// Whether the room has messages before the first loaded one.
    pub fn has_older(&self) -> bool {
        self.older
    }

    /// Whether older messages are on their way.
    pub fn is_loading_older(&self) -> bool {
        self.loading.is_some()
    }

    /// Whether the room's state has arrived; before that, emptiness means nothing.
    pub fn is_known(&self) -> bool {
        self.known
    }

    /// Whether this is what an earlier visit kept, and the server has not said yet what came after.
    pub fn is_cached(&self) -> bool {
        self.cached
    }

    /// Comings and goings since the room was opened, oldest first; at most one between two messages.
    pub fn presence_summaries(&self) -> &[PresenceSummary] {
        &self.presence_summaries
    }

    /// Where the reader left off when the room was opened: the first message after this is new.
    pub fn new_after(&self) -> Option<Seq> {
        self.new_after
    }

    /// The place of the newest message; the start if there is none.
    pub fn newest(&self) -> Seq {
        self.messages.back().map_or(Seq(0), |message| message.seq)
    }

    /// Whether every message after `mark` is loaded.
    pub fn reaches_back_to(&self, mark: Seq) -> bool {
        self.known
            && (!self.older || self.messages.front().is_some_and(|first| first.seq <= mark.next()))
    }

    /// How many of the loaded messages after `mark` are not by `me`.
    pub fn count_by_others_after(&self, mark: Seq, me: UserId) -> u64 {
        let after = self.messages.iter().rev().take_while(|message| message.seq > mark);
        after.filter(|message| message.author.id != me).map(|_| 1).sum()
    }

    pub(crate) fn set_new_after(&mut self, mark: Option<Seq>) {
        self.new_after = mark;
    }

    pub(crate) fn set_cached(&mut self, cached: bool) {
        self.cached = cached;
    }

    /// The newest messages, from `needed` on and a page more; none if those are too many.
    pub(crate) fn end(&self, needed: Seq) -> Option<ChatPage> {
        let needed = self.messages.iter().rev().take_while(|message| message.seq > needed).count();
        let count = needed.max(KEPT_AT_LEAST).min(self.messages.len());
        if !self.known || count > KEPT_AT_MOST {
            return None;
        }
        let skipped = self.messages.len() - count;
        let messages = self.messages.iter().skip(skipped).cloned().collect();
        Some(ChatPage { messages, older: self.older || skipped > 0 })
    }

    pub(crate) fn clear_presence_summaries(&mut self) {
        self.edition += 1;
        self.presence_summaries.clear();
    }

    /// The newest page. What was loaded before stays where the page joins it; otherwise it would
    /// leave a hole, and goes.
    pub(crate) fn apply_snapshot(&mut self, page: ChatPage) {
        self.known = true;
        self.cached = false;
        self.edition += 1;
        let joins = page.messages.first().is_some_and(|first| {
            self.messages.back().is_some_and(|last| first.seq <= last.seq.next())
                && self.messages.front().is_some_and(|oldest| oldest.seq < first.seq)
        });
        if joins {
            let from = page.messages.first().map_or(Seq(0), |first| first.seq);
            self.messages.retain(|message| message.seq < from);
        } else {
            self.messages.clear();
            self.older = page.older;
            self.loading = None;
        }
        self.messages.extend(page.messages);
    }

    pub(crate) fn apply_event(&mut self, event: ChatEvent) {
        match event {
            ChatEvent::Posted(message) => self.messages.push_back(message),
        }
    }

    /// Lets go of older messages in a room that nobody looks at, once there are many; they load again
    /// as one scrolls. Those after `needed` stay.
    pub(crate) fn trim(&mut self, needed: Seq) {
        if self.messages.len() < 2 * KEPT {
            return;
        }
        self.edition += 1;
        while self.messages.len() > KEPT
            && self.messages.front().is_some_and(|oldest| oldest.seq <= needed)
        {
            self.messages.pop_front();
            self.older = true;
        }
        self.loading = None;
    }

    /// Where to ask for older messages; none if there are none, or they are on their way.
    pub(crate) fn request_older(&mut self) -> Option<Seq> {
        let first = self.messages.front()?.seq;
        if !self.older || self.loading.is_some() {
            return None;
        }
        self.loading = Some(first);
        Some(first)
    }

    pub(crate) fn prepend(&mut self, before: Seq, page: ChatPage) {
        if self.loading != Some(before) {
            return;
        }
        self.loading = None;
        self.older = page.older;
        for message in page.messages.into_iter().rev() {
            self.messages.push_front(message);
        }
    }

    pub(crate) fn older_failed(&mut self, before: Seq) {
        if self.loading == Some(before) {
            self.loading = None;
        }
    }

    /// Adds comings and goings to the line after the newest message. Who left and came back, or came
    /// and left again, is not worth a word.
    pub(crate) fn add_presence_change(
        &mut self,
        event: &PresenceEvent,
        names: impl Fn(UserId) -> Option<User>,
        me: UserId,
    ) {
        let PresenceEvent::Changed { joined, left } = event else {
            return;
        };
        let after = self.newest();
        if self.presence_summaries.last().is_none_or(|summary| summary.after != after) {
            self.presence_summaries.push(PresenceSummary {
                after,
                joined: Vec::new(),
                left: Vec::new(),
            });
        }
        let Some(summary) = self.presence_summaries.last_mut() else {
            return;
        };
        for user in joined.iter().filter(|user| user.id != me) {
            let left_before = summary.left.iter().position(|gone| gone.id == user.id);
            match left_before {
                Some(index) => drop(summary.left.remove(index)),
                None if summary.joined.iter().any(|here| here.id == user.id) => {}
                None => summary.joined.push(user.clone()),
            }
        }
        for id in left.iter().filter(|id| **id != me) {
            match summary.joined.iter().position(|here| here.id == *id) {
                Some(index) => drop(summary.joined.remove(index)),
                None => summary.left.extend(names(*id)),
            }
        }
        if summary.joined.is_empty() && summary.left.is_empty() {
            self.presence_summaries.pop();
        }
    }
}
