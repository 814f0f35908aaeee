//! The notices for every user, for the user's grants and for this user, in one list.

use std::cmp::Reverse;

use madang_shared::notices::{
    Demonstration, InboxEvent, InboxSnapshot, LastNotices, Notice, NoticeBox, NoticeContent,
    NoticeKind, NoticesCommand, NoticesEvent, NoticesSnapshot, OrderNoticesEvent,
    OrderNoticesSnapshot, PostNoticesEvent, PostNoticesSnapshot, ReadMarks, mute,
};
use madang_shared::profile::QuietHours;
use madang_shared::{Command, Seq, Timestamp, Topic, UserId};

use crate::outbox::{Outbox, PendingState};
use crate::view::{ApplyEvent, ApplySnapshot, CommandRules, View};
use crate::views::membership::Memberships;

/// The notices of all topics, with the user's read marks and muted kinds.
#[derive(Clone, Debug, Default)]
pub struct Notices {
    everybody: Option<NoticesSnapshot>,
    own: Option<InboxSnapshot>,
    /// Missing without the grant.
    orders: Option<OrderNoticesSnapshot>,
    /// Missing without the grant.
    posts: Option<PostNoticesSnapshot>,
}

/// A notice as it appears to this user.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ShownNotice {
    /// The topic of the notice.
    pub of: NoticeBox,
    /// Its seq in the topic; together with `of` it identifies the notice.
    pub seq: Seq,
    /// When it was stored.
    pub at: Timestamp,
    /// Its content.
    pub what: NoticeContent,
    /// Whether the user has read it, here or on another screen.
    pub read: bool,
}

/// The user's read marks and muted kinds, after all commands in the outbox.
struct ExpectedState {
    marks: ReadMarks,
    muted: Vec<NoticeKind>,
}

impl Notices {
    /// Whether the topics that every user has have arrived. Until then an empty list means nothing.
    pub fn is_known(&self) -> bool {
        self.has_arrived(NoticeBox::Everybody) && self.has_arrived(NoticeBox::Own)
    }

    /// Whether a topic has arrived.
    pub fn has_arrived(&self, of: NoticeBox) -> bool {
        match of {
            NoticeBox::Everybody => self.everybody.is_some(),
            NoticeBox::Own => self.own.is_some(),
            NoticeBox::Orders => self.orders.is_some(),
            NoticeBox::Posts => self.posts.is_some(),
        }
    }

    /// The notices, newest first, including those of muted kinds, without those that the user caused.
    /// A mention counts as read when its message is read.
    pub(crate) fn shown(
        &self,
        outbox: &Outbox,
        me: UserId,
        rooms: &Memberships,
    ) -> Vec<ShownNotice> {
        let marks = self.expected_state(outbox).marks;
        let mut shown: Vec<ShownNotice> = self
            .all(me)
            .map(|(of, notice)| {
                let Notice { seq, at, what } = notice.clone();
                let read = marks.of(of).covers(seq) || is_read_in_its_room(&what, rooms);
                ShownNotice { of, seq, at, what, read }
            })
            .collect();
        shown.sort_by_key(|notice| Reverse((notice.at, notice.of, notice.seq)));
        shown
    }

    /// The number of unread notices of kinds that are not muted. It is counted from the list, so
    /// it cannot drift, and a notice that is no longer kept is not unread.
    pub(crate) fn unread(&self, outbox: &Outbox, me: UserId, rooms: &Memberships) -> u64 {
        if !self.is_known() {
            return 0;
        }
        let ExpectedState { marks, muted } = self.expected_state(outbox);
        let unread = self.all(me).filter(|(of, Notice { seq, what, .. })| {
            !marks.of(*of).covers(*seq)
                && !is_read_in_its_room(what, rooms)
                && !muted.contains(&what.kind())
        });
        unread.map(|_| 1).sum()
    }

    /// The muted kinds.
    pub fn muted(&self, outbox: &Outbox) -> Vec<NoticeKind> {
        self.expected_state(outbox).muted
    }

    /// Drops the notices that an erased user caused.
    pub(crate) fn erase(&mut self, user: UserId) {
        let stays = |notice: &Notice| notice.what.by().is_none_or(|by| by.id != user);
        if let Some(everybody) = &mut self.everybody {
            everybody.notices.retain(stays);
            everybody.demo = everybody.demo.take().filter(|demo| demo.by.id != user);
        }
        if let Some(own) = &mut self.own {
            own.notices.retain(stays);
        }
        if let Some(OrderNoticesSnapshot(notices)) = &mut self.orders {
            notices.retain(stays);
        }
        if let Some(PostNoticesSnapshot(notices)) = &mut self.posts {
            notices.retain(stays);
        }
    }

    /// The hours in which the user is not disturbed.
    pub fn quiet_hours(&self) -> Option<&QuietHours> {
        self.own.as_ref()?.quiet.as_ref()
    }

    /// The command that marks all present notices as read.
    pub fn read_all(&self) -> NoticesCommand {
        let last = |of| self.kept(of).last().map_or(Seq(0), |notice| notice.seq);
        NoticesCommand::ReadAll(LastNotices {
            everybody: last(NoticeBox::Everybody),
            own: last(NoticeBox::Own),
            orders: last(NoticeBox::Orders),
            posts: last(NoticeBox::Posts),
        })
    }

    /// The running demonstration.
    pub fn demo(&self) -> Option<&Demonstration> {
        self.everybody.as_ref()?.demo.as_ref()
    }

    /// Whether the demonstration runs after all commands in the outbox.
    pub fn demo_expected(&self, outbox: &Outbox) -> bool {
        let requested = commands(outbox).filter_map(|command| match command {
            NoticesCommand::Demo { on } => Some(*on),
            _ => None,
        });
        requested.last().unwrap_or(self.demo().is_some())
    }

    fn all(&self, me: UserId) -> impl Iterator<Item = (NoticeBox, &Notice)> {
        let all = NoticeBox::ALL
            .into_iter()
            .flat_map(|of| self.kept(of).iter().map(move |notice| (of, notice)));
        all.filter(move |(_, notice)| notice.what.by().is_none_or(|by| by.id != me))
    }

    /// The notices of a topic, the newest last.
    fn kept(&self, of: NoticeBox) -> &[Notice] {
        match of {
            NoticeBox::Everybody => self.everybody.as_ref().map_or(&[], |it| &it.notices),
            NoticeBox::Own => self.own.as_ref().map_or(&[], |it| &it.notices),
            NoticeBox::Orders => self.orders.as_ref().map_or(&[], |it| &it.0),
            NoticeBox::Posts => self.posts.as_ref().map_or(&[], |it| &it.0),
        }
    }

    fn expected_state(&self, outbox: &Outbox) -> ExpectedState {
        let (mut marks, mut muted) = match &self.own {
            Some(own) => (own.marks.clone(), own.muted.clone()),
            None => (ReadMarks::default(), Vec::new()),
        };
        for command in commands(outbox) {
            match *command {
                NoticesCommand::Read { of, notice } => {
                    marks.of_mut(of).read(notice);
                }
                NoticesCommand::ReadAll(last) => {
                    for of in NoticeBox::ALL {
                        marks.of_mut(of).read_up_to(last.of(of));
                    }
                }
                NoticesCommand::Mute { kind, muted: quiet } => {
                    mute(&mut muted, kind, quiet);
                }
                NoticesCommand::Demo { .. } => {}
            }
        }
        ExpectedState { marks, muted }
    }
}

impl View for Notices {
    fn denied(&mut self, topic: Topic) {
        match topic {
            Topic::OrderNotices => self.orders = None,
            Topic::PostNotices => self.posts = None,
            _ => {}
        }
    }
}

impl ApplySnapshot<NoticesSnapshot> for Notices {
    fn apply_snapshot(&mut self, snapshot: NoticesSnapshot, _now: Timestamp) {
        self.everybody = Some(snapshot);
    }
}

impl ApplyEvent<NoticesEvent> for Notices {
    fn apply_event(&mut self, event: NoticesEvent, _now: Timestamp) {
        if let Some(everybody) = &mut self.everybody {
            everybody.apply(event);
        }
    }
}

impl ApplySnapshot<InboxSnapshot> for Notices {
    fn apply_snapshot(&mut self, snapshot: InboxSnapshot, _now: Timestamp) {
        self.own = Some(snapshot);
    }
}

impl ApplyEvent<InboxEvent> for Notices {
    fn apply_event(&mut self, event: InboxEvent, _now: Timestamp) {
        if let Some(own) = &mut self.own {
            own.apply(event);
        }
    }
}

impl ApplySnapshot<OrderNoticesSnapshot> for Notices {
    fn apply_snapshot(&mut self, snapshot: OrderNoticesSnapshot, _now: Timestamp) {
        self.orders = Some(snapshot);
    }
}

impl ApplyEvent<OrderNoticesEvent> for Notices {
    fn apply_event(&mut self, event: OrderNoticesEvent, _now: Timestamp) {
        if let Some(orders) = &mut self.orders {
            orders.apply(event);
        }
    }
}

impl ApplySnapshot<PostNoticesSnapshot> for Notices {
    fn apply_snapshot(&mut self, snapshot: PostNoticesSnapshot, _now: Timestamp) {
        self.posts = Some(snapshot);
    }
}

impl ApplyEvent<PostNoticesEvent> for Notices {
    fn apply_event(&mut self, event: PostNoticesEvent, _now: Timestamp) {
        if let Some(posts) = &mut self.posts {
            posts.apply(event);
        }
    }
}

impl CommandRules for Notices {
    type Command = NoticesCommand;

    fn supersedes(newer: &NoticesCommand, older: &NoticesCommand) -> bool {
        use NoticesCommand::{Demo, Mute, Read, ReadAll};
        match (newer, older) {
            (ReadAll(last), ReadAll(before)) => {
                NoticeBox::ALL.into_iter().all(|of| last.of(of) >= before.of(of))
            }
            (ReadAll(last), Read { of, notice }) => *notice <= last.of(*of),
            (Mute { kind, .. }, Mute { kind: before, .. }) => kind == before,
            (Demo { .. }, Demo { .. }) => true,
            _ => false,
        }
    }

    fn is_dropped_when_refused(_command: &NoticesCommand) -> bool {
        true
    }
}

fn is_read_in_its_room(what: &NoticeContent, rooms: &Memberships) -> bool {
    match what {
        NoticeContent::Mentioned { room, message, .. } => {
            rooms.read_up_to(*room).is_some_and(|mark| *message <= mark)
        }
        _ => false,
    }
}

/// The commands about notices that can still succeed, in order.
fn commands(outbox: &Outbox) -> impl Iterator<Item = &NoticesCommand> {
    outbox.items().iter().filter_map(|item| match (item.command(), &item.state) {
        (_, PendingState::Failed(_)) => None,
        (Some(Command::Notices(command)), _) => Some(command),
        _ => None,
    })
}
