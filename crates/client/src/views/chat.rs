//! The timeline of one room: the loaded messages, without gaps, up to the newest known event.

use std::collections::VecDeque;

use madang_shared::chat::ChatPage;
use madang_shared::moderation::DeletedBy;
use madang_shared::pins::{Pin, pin};
use madang_shared::presence::PresenceEvent;
use madang_shared::{Message, Seq, User, UserId};

use crate::vec_map::VecSet;
use crate::views::originals::{Original, Originals};

/// Messages that stay loaded in a room that is not open.
const MAX_BACKGROUND_MESSAGES: usize = 500;

/// The least number of messages in the offline cache, if the room has as many.
const MIN_CACHED_MESSAGES: usize = 60;
/// The largest number of messages in the offline cache. If the unread count needs more, none are
/// cached.
const MAX_CACHED_MESSAGES: usize = 300;

/// The presence changes between two messages, as one summary.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct PresenceSummary {
    /// The summary is shown after this message.
    pub after: Seq,
    /// Users who joined and are still present.
    pub joined: Vec<User>,
    /// Users who left and have not returned.
    pub left: Vec<User>,
}

/// The largest number of messages that a room loads by itself to open at its first new message.
const MAX_OPENING_MESSAGES: usize = 550;

/// One room's timeline.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Timeline {
    messages: VecDeque<Message>,
    originals: Originals,
    pins: Vec<Pin>,
    older: bool,
    loading: Option<Seq>,
    presence_summaries: Vec<PresenceSummary>,
    new_after: Option<Seq>,
    known: bool,
    cached: bool,
    edition: u64,
}

impl Timeline {
    /// The loaded messages, oldest first, without gaps.
    pub fn messages(&self) -> &VecDeque<Message> {
        &self.messages
    }

    /// A loaded message.
    pub fn message(&self, seq: Seq) -> Option<&Message> {
        let index = self.messages.binary_search_by_key(&seq, |message| message.seq).ok()?;
        self.messages.get(index)
    }

    /// A message that others answer. It may be older than the loaded messages.
    pub fn original(&self, seq: Seq) -> Original<'_> {
        self.message(seq).map_or_else(|| self.originals.get(seq), Original::Known)
    }

    pub(crate) fn originals_mut(&mut self) -> &mut Originals {
        &mut self.originals
    }

    /// The pinned messages, in the order in which they were pinned.
    pub fn pins(&self) -> &[Pin] {
        &self.pins
    }

    /// A number that changes whenever the timeline changes otherwise than by new messages at either
    /// end or presence changes after the newest message. A derived list must then be rebuilt.
    pub fn edition(&self) -> u64 {
        self.edition
    }

    /// Whether the room has messages before the first loaded one.
    pub fn has_older(&self) -> bool {
        self.older
    }

    /// Whether a query for older messages is pending.
    pub fn is_loading_older(&self) -> bool {
        self.loading.is_some()
    }

    /// Whether the room's snapshot has arrived. Until then an empty timeline means nothing.
    pub fn is_known(&self) -> bool {
        self.known
    }

    /// Whether this timeline is from the offline cache, and the server has not resumed it yet.
    pub fn is_cached(&self) -> bool {
        self.cached
    }

    /// The presence changes since the room was opened, oldest first; at most one summary between two
    /// messages.
    pub fn presence_summaries(&self) -> &[PresenceSummary] {
        &self.presence_summaries
    }

    /// The read mark when the room was opened: the messages after it are new.
    pub fn new_after(&self) -> Option<Seq> {
        self.new_after
    }

    /// The seq of the newest message; 0 if there is none.
    pub fn newest(&self) -> Seq {
        self.messages.back().map_or(Seq(0), |message| message.seq)
    }

    /// Whether every message after `mark` is loaded.
    pub fn reaches_back_to(&self, mark: Seq) -> bool {
        self.known
            && (!self.older || self.messages.front().is_some_and(|first| first.seq <= mark.next()))
    }

    /// Whether older messages are needed before the timeline can open at its first new message. With
    /// very many new messages it opens at the end.
    pub fn is_opening(&self) -> bool {
        self.known
            && !self.cached
            && self.messages.len() < MAX_OPENING_MESSAGES
            && self.new_after.is_some_and(|mark| !self.reaches_back_to(mark))
    }

    /// The first loaded message after `mark` by another user than `me`.
    pub(crate) fn first_by_others_after(&self, mark: Seq, me: UserId) -> Option<&Message> {
        let after = self.messages.partition_point(|message| message.seq <= mark);
        self.messages.range(after..).find(|message| message.author.id != me)
    }

    /// The last message before `first` by another user than `me`: if everything up to it is read, no
    /// unread message is left before `first`.
    pub(crate) fn last_by_others_before(&self, first: Seq, me: UserId) -> Seq {
        let before = self.messages.partition_point(|message| message.seq < first);
        let last = self.messages.range(..before).rev().find(|message| message.author.id != me);
        match (last, self.messages.front()) {
            (Some(last), _) => last.seq,
            // The message before the first loaded one is unknown.
            (None, Some(oldest)) if self.older => oldest.seq.previous(),
            (None, _) => Seq(0),
        }
    }

    /// The number of loaded messages after `mark` by other users than `me`.
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

    /// The newest messages for the offline cache, including all after `needed`; `None` if those are
    /// too many.
    pub(crate) fn cached_page(&self, needed: Seq) -> Option<ChatPage> {
        let needed = self.messages.iter().rev().take_while(|message| message.seq > needed).count();
        let count = needed.max(MIN_CACHED_MESSAGES).min(self.messages.len());
        if !self.known || count > MAX_CACHED_MESSAGES {
            return None;
        }
        let skipped = self.messages.len() - count;
        let messages: Vec<Message> = self.messages.iter().skip(skipped).cloned().collect();
        let first = messages.first().map_or(Seq(0), |message| message.seq);
        let originals: VecSet<Seq> =
            messages.iter().filter_map(|message| message.reply_to).collect();
        let originals = originals.iter().filter(|original| **original < first);
        let originals = originals.filter_map(|original| match self.original(*original) {
            Original::Known(message) => Some(message.clone()),
            Original::Hidden | Original::Unknown => None,
        });
        let originals = originals.collect();
        Some(ChatPage { messages, older: self.older || skipped > 0, originals })
    }

    pub(crate) fn clear_presence_summaries(&mut self) {
        self.edition += 1;
        self.presence_summaries.clear();
    }

    /// Takes the newest page. Older loaded messages stay if the page continues them; otherwise there
    /// would be a gap, and they are dropped.
    pub(crate) fn apply_snapshot(&mut self, page: ChatPage, pins: Vec<Pin>) {
        self.pins = pins;
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
        // They may have changed meanwhile.
        self.originals = Originals::default();
        self.originals.add(page.originals);
        self.messages.extend(page.messages);
    }

    /// Drops every copy of what an erased user wrote. The messages stay without a text.
    pub(crate) fn erase(&mut self, user: UserId) {
        self.edition += 1;
        for message in &mut self.messages {
            message.erase(user);
        }
        self.originals.erase(user);
        for pin in &mut self.pins {
            pin.by.erase(user);
        }
        for summary in &mut self.presence_summaries {
            for person in summary.joined.iter_mut().chain(&mut summary.left) {
                person.erase(user);
            }
        }
    }

    /// Adds a new message.
    pub(crate) fn push(&mut self, message: Message) {
        self.messages.push_back(message);
    }

    /// Pins a message, or takes that back.
    pub(crate) fn pin(&mut self, change: Pin, is_on: bool) {
        pin(&mut self.pins, change, is_on);
    }

    /// Takes the text out of a message.
    pub(crate) fn delete(&mut self, seq: Seq, by: DeletedBy) {
        self.pins.retain(|pin| pin.message != seq);
        self.change(seq, |message| message.delete(by));
    }

    /// Changes a message, if it is loaded. A page that is on its way may still hold what was before, and its answer is
    /// dropped.
    pub(crate) fn change(&mut self, seq: Seq, change: impl FnOnce(&mut Message)) {
        let found = self.messages.binary_search_by_key(&seq, |message| message.seq);
        if let Some(message) = found.ok().and_then(|index| self.messages.get_mut(index)) {
            change(message);
            self.edition += 1;
        } else {
            self.originals.change(seq, change);
            self.loading = None;
        }
    }

    /// Drops older messages of a room that is not open, once there are many. Scrolling loads them
    /// again. The messages after `needed` stay.
    pub(crate) fn trim(&mut self, needed: Seq) {
        if self.messages.len() < 2 * MAX_BACKGROUND_MESSAGES {
            return;
        }
        self.edition += 1;
        while self.messages.len() > MAX_BACKGROUND_MESSAGES
            && self.messages.front().is_some_and(|oldest| oldest.seq <= needed)
        {
            self.messages.pop_front();
            self.older = true;
        }
        self.loading = None;
    }

    /// Starts a query for older messages. Returns its start; `None` if there are no older messages,
    /// or a query is pending.
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
        self.originals.add(page.originals);
        for message in page.messages.into_iter().rev() {
            self.messages.push_front(message);
        }
    }

    pub(crate) fn older_failed(&mut self, before: Seq) {
        if self.loading == Some(before) {
            self.loading = None;
        }
    }

    /// Adds a presence change to the summary after the newest message. Users who left and returned, or
    /// joined and left again, are not in it.
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
                Some(index) => {
                    summary.left.remove(index);
                }
                None if summary.joined.iter().any(|here| here.id == user.id) => {}
                None => summary.joined.push(user.clone()),
            }
        }
        for id in left.iter().filter(|id| **id != me) {
            match summary.joined.iter().position(|here| here.id == *id) {
                Some(index) => {
                    summary.joined.remove(index);
                }
                None => summary.left.extend(names(*id)),
            }
        }
        if summary.joined.is_empty() && summary.left.is_empty() {
            self.presence_summaries.pop();
        }
    }
}
