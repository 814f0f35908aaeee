//! The notices for every user and for this user, in one list.

use std::cmp::Reverse;

use madang_shared::notices::{
    Demonstration, InboxEvent, InboxSnapshot, Notice, NoticeBox, NoticeContent, NoticeKind,
    NoticesCommand, NoticesEvent, NoticesSnapshot, ReadMarks, mute,
};
use madang_shared::profile::QuietHours;
use madang_shared::{Command, Seq, Timestamp, UserId};

use crate::outbox::{Outbox, PendingState};
use crate::view::{ApplyEvent, ApplySnapshot, CommandRules, View};
use crate::views::membership::Memberships;

/// The notices of both topics, with the user's read marks and muted kinds.
#[derive(Clone, Debug, Default)]
pub struct Notices {
    everybody: Option<NoticesSnapshot>,
    own: Option<InboxSnapshot>,
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
    /// Whether both topics have arrived. Until then an empty list means nothing.
    pub fn is_known(&self) -> bool {
        self.everybody.is_some() && self.own.is_some()
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
    }

    /// The hours in which the user is not disturbed.
    pub fn quiet_hours(&self) -> Option<&QuietHours> {
        self.own.as_ref()?.quiet.as_ref()
    }

    /// The command that marks all present notices as read.
    pub fn read_all(&self) -> NoticesCommand {
        let last = |notices: &[Notice]| notices.last().map_or(Seq(0), |notice| notice.seq);
        NoticesCommand::ReadAll {
            everybody: self.everybody.as_ref().map_or(Seq(0), |it| last(&it.notices)),
            own: self.own.as_ref().map_or(Seq(0), |it| last(&it.notices)),
        }
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
        let everybody = self.everybody.iter().flat_map(|it| &it.notices);
        let own = self.own.iter().flat_map(|it| &it.notices);
        let both = everybody
            .map(|notice| (NoticeBox::Everybody, notice))
            .chain(own.map(|notice| (NoticeBox::Own, notice)));
        both.filter(move |(_, notice)| notice.what.by().is_none_or(|by| by.id != me))
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
                NoticesCommand::ReadAll { everybody, own } => {
                    marks.everybody.read_up_to(everybody);
                    marks.own.read_up_to(own);
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

impl View for Notices {}

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

impl CommandRules for Notices {
    type Command = NoticesCommand;

    fn supersedes(newer: &NoticesCommand, older: &NoticesCommand) -> bool {
        use NoticesCommand::{Demo, Mute, Read, ReadAll};
        match (newer, older) {
            (ReadAll { everybody, own }, ReadAll { everybody: before, own: own_before }) => {
                everybody >= before && own >= own_before
            }
            (ReadAll { everybody, own }, Read { of, notice }) => match of {
                NoticeBox::Everybody => notice <= everybody,
                NoticeBox::Own => notice <= own,
            },
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
    outbox.items().iter().filter_map(|item| match (&item.command, &item.state) {
        (_, PendingState::Failed(_)) => None,
        (Command::Notices(command), _) => Some(command),
        _ => None,
    })
}
