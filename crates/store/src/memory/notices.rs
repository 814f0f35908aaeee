//! Notices, and who caused them.

use std::collections::BTreeMap;

use madang_hub::notices::{Change, DueNotice, Mention};
use madang_hub::ports::TopicEvent;
use madang_shared::frames::LogPosition;
use madang_shared::notices::DEMO_NOTICES;
use madang_shared::notices::{
    Demonstration, InboxEvent, InboxSnapshot, Notice, NoticeBox, NoticeContent, NoticesEvent,
    NoticesSnapshot, mute,
};
use madang_shared::orders::OrdersEvent;
use madang_shared::{RoomId, Seq, Timestamp, Topic, User, UserId};

use super::state::State;

#[derive(Debug, Default)]
pub(super) struct Notices {
    everybody: NoticesSnapshot,
    inboxes: BTreeMap<UserId, InboxSnapshot>,
    /// How far each schedule has been told.
    schedules: BTreeMap<String, Timestamp>,
    /// The number of the demonstration's last notice.
    demo_told: u32,
}

impl Notices {
    pub(super) fn snapshot(&self) -> NoticesSnapshot {
        self.everybody.clone()
    }

    pub(super) fn inbox(&self, user: UserId) -> InboxSnapshot {
        self.inboxes.get(&user).cloned().unwrap_or_default()
    }

    fn is_kept(&self, user: UserId, of: NoticeBox, notice: Seq) -> bool {
        let kept = match of {
            NoticeBox::Everybody => Some(&self.everybody.notices),
            NoticeBox::Own => self.inboxes.get(&user).map(|inbox| &inbox.notices),
        };
        kept.is_some_and(|kept| kept.iter().any(|it| it.seq == notice))
    }
}

impl State {
    /// A user begins with nothing unread.
    pub(super) fn begin_inbox(&mut self, user: UserId) {
        self.make_topic(Topic::Inbox(user));
        let mut inbox = InboxSnapshot::default();
        inbox.marks.everybody.up_to = self.head(Topic::Notices);
        self.notices.inboxes.insert(user, inbox);
    }

    pub(super) fn change_notices(
        &mut self,
        author: User,
        at: Timestamp,
        change: &Change,
        appended: &mut Vec<TopicEvent>,
    ) -> Option<LogPosition> {
        let user = author.id;
        let InboxSnapshot { mut marks, mut muted, .. } = self.notices.inbox(user);
        let event = match *change {
            Change::Read { of, notice } => {
                let news = self.notices.is_kept(user, of, notice) && marks.of_mut(of).read(notice);
                news.then_some(InboxEvent::Read(marks))
            }
            Change::ReadAll { everybody, own } => {
                let everybody = everybody.min(self.head(Topic::Notices));
                let own = own.min(self.head(Topic::Inbox(user)));
                let news = [marks.everybody.read_up_to(everybody), marks.own.read_up_to(own)];
                news.contains(&true).then_some(InboxEvent::Read(marks))
            }
            Change::Mute { kind, muted: quiet } => {
                mute(&mut muted, kind, quiet).then_some(InboxEvent::Muted { kinds: muted })
            }
            Change::Demo { on } if on == self.notices.everybody.demo.is_some() => None,
            Change::Demo { on: true } => {
                self.notices.demo_told = 0;
                let demo = Demonstration { by: author, started_at: at };
                return Some(self.on_notices(NoticesEvent::DemoStarted(demo), appended));
            }
            Change::Demo { on: false } => {
                return Some(self.on_notices(NoticesEvent::DemoEnded { at }, appended));
            }
        };
        event.map(|event| self.on_inbox(user, event, appended))
    }

    pub(super) fn tell_all(
        &mut self,
        at: Timestamp,
        what: NoticeContent,
        appended: &mut Vec<TopicEvent>,
    ) -> LogPosition {
        let seq = self.head(Topic::Notices).next();
        self.on_notices(NoticesEvent::Told(Notice { seq, at, what }), appended)
    }

    pub(super) fn append_due_notice(
        &mut self,
        due: DueNotice,
        at: Timestamp,
        appended: &mut Vec<TopicEvent>,
    ) -> Option<LogPosition> {
        let what = match due {
            DueNotice::Scheduled { schedule, due, what } => {
                let told = self.notices.schedules.get(&schedule).copied();
                let furthest = told.map_or(due, |told| told.max(due));
                self.notices.schedules.insert(schedule, furthest);
                if told.is_none_or(|told| due <= told) {
                    return None;
                }
                what
            }
            DueNotice::Demonstrated { started_at, number } => {
                let runs = self.notices.everybody.demo.as_ref();
                if runs.is_none_or(|demo| demo.started_at != started_at)
                    || number <= self.notices.demo_told
                {
                    return None;
                }
                self.notices.demo_told = number;
                if number >= DEMO_NOTICES {
                    self.on_notices(NoticesEvent::DemoEnded { at }, appended);
                }
                NoticeContent::Demonstrated { number, of: DEMO_NOTICES }
            }
        };
        Some(self.tell_all(at, what, appended))
    }

    /// Tells those who are named in a message, if they are members of its room.
    pub(super) fn mention(
        &mut self,
        author: UserId,
        at: Timestamp,
        room: RoomId,
        mentions: &[Mention],
        what: &NoticeContent,
        appended: &mut Vec<TopicEvent>,
    ) {
        let mut told = vec![author];
        for mention in mentions {
            let members = mention.iter().filter_map(|key| self.user_keys.get(key).copied());
            let named = members.into_iter().find(|user| self.is_member(*user, room));
            if let Some(user) = named.filter(|user| !told.contains(user)) {
                self.tell_one(user, at, what.clone(), appended);
                told.push(user);
            }
        }
    }

    /// What a change of an order by this author causes.
    pub(super) fn notice_order(
        &mut self,
        author: UserId,
        event: &OrdersEvent,
        appended: &mut Vec<TopicEvent>,
    ) {
        let OrdersEvent::Changed { at, was, order } = event else { return };
        match was {
            None => {
                let what = NoticeContent::Ordered { order: order.id, by: order.customer.clone() };
                self.tell_all(*at, what, appended);
            }
            Some(was) if *was != order.status && order.customer.id != author => {
                let (was, now) = (*was, Some(order.status));
                let what = NoticeContent::OrderMoved { order: order.id, was, now };
                self.tell_one(order.customer.id, *at, what, appended);
            }
            Some(_) => {}
        }
    }

    fn tell_one(
        &mut self,
        user: UserId,
        at: Timestamp,
        what: NoticeContent,
        appended: &mut Vec<TopicEvent>,
    ) {
        let seq = self.head(Topic::Inbox(user)).next();
        self.on_inbox(user, InboxEvent::Told(Notice { seq, at, what }), appended);
    }

    fn on_notices(&mut self, event: NoticesEvent, appended: &mut Vec<TopicEvent>) -> LogPosition {
        self.notices.everybody.apply(event.clone());
        self.append(Topic::Notices, &event.into(), appended)
    }

    fn on_inbox(
        &mut self,
        user: UserId,
        event: InboxEvent,
        appended: &mut Vec<TopicEvent>,
    ) -> LogPosition {
        self.notices.inboxes.entry(user).or_default().apply(event.clone());
        self.append(Topic::Inbox(user), &event.into(), appended)
    }
}
