//! Notices: news for users who are on another page or away. Topics [`Topic::Notices`](crate::Topic::Notices), for every
//! user, and [`Topic::Inbox`](crate::Topic::Inbox), one per user.
//!
//! A notice for every user is stored once. A user's read marks and muted kinds are a part of the user's own topic, so that
//! all tabs and devices agree. No unread count is stored: every client counts by the same rules.

use std::mem::discriminant;

use serde::{Deserialize, Serialize};

use crate::ids::{OrderId, PostId, RoomId, Timestamp, User};
use crate::orders::OrderStatus;
use crate::position::Seq;

/// Notices that each topic keeps; beyond them, the oldest one of the most frequent kind is dropped. So a
/// snapshot contains every notice that an unread count counts, and takes a few kilobytes.
pub const KEPT_NOTICES: usize = 50;
/// Unicode scalar values of a message's excerpt in a notice.
pub const MAX_EXCERPT_CHARS: usize = 120;
/// Users whom one message can mention; if there are more, the first ones.
pub const MAX_MENTIONS: usize = 10;
/// Korean titles and particles that follow the name of a mention without a space, at most two of them (`@민수님이`).
pub const PARTICLES: &[&str] = &[
    "님", "씨", "아", "야", "이", "가", "은", "는", "을", "를", "의", "에게", "한테", "께서", "께",
    "와", "과", "랑", "이랑", "하고", "도", "만", "부터", "까지", "보다", "처럼",
];
/// The time between two notices of the demonstration, in milliseconds.
pub const DEMO_EVERY_MS: u64 = 10_000;
/// Notices of one demonstration, which takes two minutes.
pub const DEMO_NOTICES: u32 = 12;

/// The topic of a notice.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
#[serde(rename_all = "snake_case")]
pub enum NoticeBox {
    /// [`Topic::Notices`](crate::Topic::Notices).
    Everybody,
    /// [`Topic::Inbox`](crate::Topic::Inbox) of the user.
    Own,
}

/// The kind of a notice; a user can mute each kind.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
#[serde(rename_all = "snake_case")]
pub enum NoticeKind {
    /// The user was mentioned in a room.
    Mention,
    /// The status of the user's order changed.
    OwnOrder,
    /// An order was placed.
    Order,
    /// A post was written.
    Post,
    /// A scheduled notice.
    Schedule,
}

impl NoticeKind {
    /// Every kind, in the order of the settings page.
    pub const ALL: [Self; 5] =
        [Self::Mention, Self::OwnOrder, Self::Order, Self::Post, Self::Schedule];
}

/// A stored notice.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
pub struct Notice {
    /// The seq in its topic, which identifies the notice.
    pub seq: Seq,
    /// When the notice was stored.
    pub at: Timestamp,
    /// The content.
    pub what: NoticeContent,
}

/// The content of a notice.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
#[serde(rename_all = "snake_case")]
pub enum NoticeContent {
    /// A text that the operator has scheduled.
    Scheduled {
        /// The text in Korean.
        ko: String,
        /// The text in English.
        en: String,
    },
    /// One of the notices of the [`Demonstration`].
    Demonstrated {
        /// The number of the notice, from 1.
        number: u32,
        /// The number of notices in the demonstration.
        of: u32,
    },
    /// A user wrote a post. The notice does not contain the text, so that a deleted text does not remain here.
    Posted {
        /// Which post.
        post: PostId,
        /// The user who caused the notice.
        by: User,
    },
    /// A user placed an order.
    Ordered {
        /// Which order.
        order: OrderId,
        /// The user who caused the notice.
        by: User,
    },
    /// A message mentions the user in a room that the user has joined.
    Mentioned {
        /// Which room.
        room: RoomId,
        /// Which message.
        message: Seq,
        /// The user who caused the notice.
        by: User,
        /// The start of the message; at most [`crate::notices::MAX_EXCERPT_CHARS`] characters.
        excerpt: String,
    },
    /// Another user changed the status of the user's order.
    OrderMoved {
        /// Which order.
        order: OrderId,
        /// The status before.
        was: OrderStatus,
        /// The status after; absent if the order was deleted.
        now: Option<OrderStatus>,
    },
}

impl NoticeContent {
    /// The kind of the notice.
    pub fn kind(&self) -> NoticeKind {
        match self {
            Self::Scheduled { .. } | Self::Demonstrated { .. } => NoticeKind::Schedule,
            Self::Posted { .. } => NoticeKind::Post,
            Self::Ordered { .. } => NoticeKind::Order,
            Self::Mentioned { .. } => NoticeKind::Mention,
            Self::OrderMoved { .. } => NoticeKind::OwnOrder,
        }
    }

    /// The user who caused the notice, if known. That user does not see it.
    pub fn by(&self) -> Option<&User> {
        match self {
            Self::Posted { by, .. } | Self::Ordered { by, .. } | Self::Mentioned { by, .. } => {
                Some(by)
            }
            Self::Scheduled { .. } | Self::Demonstrated { .. } | Self::OrderMoved { .. } => None,
        }
    }
}

/// The read mark of one topic.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
pub struct ReadMark {
    /// Everything up to this seq has been read. It only moves forward.
    pub up_to: Seq,
    /// Later notices that have been read one by one; ascending, at most [`KEPT_NOTICES`].
    pub beyond: Vec<Seq>,
}

impl ReadMark {
    /// Whether the notice with this seq has been read.
    pub fn covers(&self, seq: Seq) -> bool {
        seq <= self.up_to || self.beyond.binary_search(&seq).is_ok()
    }

    /// Marks one notice as read. Returns whether it was unread.
    pub fn read(&mut self, seq: Seq) -> bool {
        let Err(index) = self.beyond.binary_search(&seq) else { return false };
        if seq <= self.up_to {
            return false;
        }
        self.beyond.insert(index, seq);
        // More than `KEPT_NOTICES` later notices were read, so those before the first of them are dropped.
        if self.beyond.len() > KEPT_NOTICES {
            self.up_to = self.beyond.remove(0);
        }
        true
    }

    /// Marks one of the kept notices as read; forgets the marks of the others. Returns whether it was unread.
    pub fn read_kept(&mut self, seq: Seq, kept: &[Seq]) -> bool {
        self.beyond.retain(|one| kept.contains(one));
        kept.contains(&seq) && self.read(seq)
    }

    /// Marks everything up to a seq as read. Returns whether the mark moved.
    pub fn read_up_to(&mut self, seq: Seq) -> bool {
        if seq <= self.up_to {
            return false;
        }
        self.up_to = seq;
        self.beyond.retain(|one| *one > seq);
        true
    }
}

/// The read marks of both topics.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
pub struct ReadMarks {
    /// The read mark of the notices for every user.
    pub everybody: ReadMark,
    /// The read mark of the user's own notices.
    pub own: ReadMark,
}

impl ReadMarks {
    /// The read mark of one topic.
    pub fn of(&self, which: NoticeBox) -> &ReadMark {
        match which {
            NoticeBox::Everybody => &self.everybody,
            NoticeBox::Own => &self.own,
        }
    }

    /// The read mark of one topic, mutable.
    pub fn of_mut(&mut self, which: NoticeBox) -> &mut ReadMark {
        match which {
            NoticeBox::Everybody => &mut self.everybody,
            NoticeBox::Own => &mut self.own,
        }
    }
}

/// Mutes or unmutes a kind. Returns whether `muted` changed; it stays ascending.
pub fn mute(muted: &mut Vec<NoticeKind>, kind: NoticeKind, mute: bool) -> bool {
    match (muted.binary_search(&kind), mute) {
        (Ok(index), false) => {
            muted.remove(index);
            true
        }
        (Err(index), true) => {
            muted.insert(index, kind);
            true
        }
        _ => false,
    }
}

/// The demonstration of scheduled notices, which every user can start: [`DEMO_NOTICES`] notices, one every
/// [`DEMO_EVERY_MS`].
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
pub struct Demonstration {
    /// The user who started it.
    pub by: User,
    /// When it was started.
    pub started_at: Timestamp,
}

impl Demonstration {
    /// When the notice with this number is due.
    pub fn due(&self, number: u32) -> Timestamp {
        self.started_at.plus(u64::from(number) * DEMO_EVERY_MS)
    }

    /// The number of the last notice that is due by now; 0 before the first.
    pub fn number_at(&self, now: Timestamp) -> u32 {
        let passed = now.since(self.started_at) / DEMO_EVERY_MS;
        u32::try_from(passed).unwrap_or(u32::MAX).min(DEMO_NOTICES)
    }
}

/// Commands about notices.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
#[serde(rename_all = "snake_case")]
pub enum NoticesCommand {
    /// Marks one notice as read. Changes nothing if the notice is dropped already.
    Read {
        /// Which topic.
        of: NoticeBox,
        /// Which notice.
        notice: Seq,
    },
    /// Marks all notices up to these seqs as read; later ones were not on the screen. Older marks change nothing.
    ReadAll {
        /// The last notice for every user.
        everybody: Seq,
        /// The last of the user's own notices.
        own: Seq,
    },
    /// Mutes or unmutes a kind.
    Mute {
        /// Which kind.
        kind: NoticeKind,
        /// Whether the kind is muted from now on.
        muted: bool,
    },
    /// Starts the [`Demonstration`], or stops it early. Changes nothing if it is in that state already.
    Demo {
        /// Whether the demonstration runs from now on.
        on: bool,
    },
}

/// Events of the notices for every user.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
#[serde(rename_all = "snake_case")]
pub enum NoticesEvent {
    /// A new notice.
    Told(Notice),
    /// A user started the demonstration.
    DemoStarted(Demonstration),
    /// The demonstration ended.
    DemoEnded {
        /// When it ended.
        at: Timestamp,
    },
}

/// Events of a user's own notices, read marks and muted kinds.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
#[serde(rename_all = "snake_case")]
pub enum InboxEvent {
    /// A new notice.
    Told(Notice),
    /// The read marks moved; these are the new ones.
    Read(ReadMarks),
    /// The muted kinds changed.
    Muted {
        /// The muted kinds, ascending.
        kinds: Vec<NoticeKind>,
    },
    /// A room was deleted, and with it the notices that quote it, which this event replaces in the log.
    RoomDeleted(RoomId),
}

/// The notices for every user at a position.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
pub struct NoticesSnapshot {
    /// The kept notices, at most [`KEPT_NOTICES`], the newest last.
    pub notices: Vec<Notice>,
    /// The running demonstration.
    pub demo: Option<Demonstration>,
}

impl NoticesSnapshot {
    /// Applies an event. Every store and every client uses this reducer.
    pub fn apply(&mut self, event: NoticesEvent) {
        match event {
            NoticesEvent::Told(notice) => push_notice(&mut self.notices, notice),
            NoticesEvent::DemoStarted(demo) => self.demo = Some(demo),
            NoticesEvent::DemoEnded { .. } => self.demo = None,
        }
    }
}

/// A user's own notices at a position, with the user's read marks and muted kinds.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
pub struct InboxSnapshot {
    /// The kept notices, at most [`KEPT_NOTICES`], the newest last.
    pub notices: Vec<Notice>,
    /// The read marks of both topics.
    pub marks: ReadMarks,
    /// The muted kinds, ascending.
    pub muted: Vec<NoticeKind>,
}

impl InboxSnapshot {
    /// Applies an event. Every store and every client uses this reducer.
    pub fn apply(&mut self, event: InboxEvent) {
        match event {
            InboxEvent::Told(notice) => push_notice(&mut self.notices, notice),
            InboxEvent::Read(marks) => self.marks = marks,
            InboxEvent::Muted { kinds } => self.muted = kinds,
            InboxEvent::RoomDeleted(deleted) => self.notices.retain(|notice| {
                !matches!(notice.what, NoticeContent::Mentioned { room, .. } if room == deleted)
            }),
        }
    }
}

/// Adds a notice. Beyond [`KEPT_NOTICES`], the oldest notice of the most frequent kind of content is dropped, so that
/// many notices of one kind do not drop those of another. A trigger of the database follows the same rule.
fn push_notice(notices: &mut Vec<Notice>, notice: Notice) {
    notices.push(notice);
    if notices.len() <= KEPT_NOTICES {
        return;
    }
    let (mut most, mut dropped) = (0, 0);
    for (index, notice) in notices.iter().enumerate() {
        let kind = discriminant(&notice.what);
        let share = notices.iter().filter(|it| discriminant(&it.what) == kind).count();
        if share > most {
            (most, dropped) = (share, index);
        }
    }
    notices.remove(dropped);
}
