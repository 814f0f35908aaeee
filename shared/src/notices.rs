//! Notices: news for users who are on another page or away. Topics [`Topic::Notices`](crate::Topic::Notices), for every
//! user; [`Topic::OrderNotices`](crate::Topic::OrderNotices) and [`Topic::PostNotices`](crate::Topic::PostNotices), for
//! the users with a grant of the app; and [`Topic::Inbox`](crate::Topic::Inbox), one per user.
//!
//! A notice for several users is stored once. A user's read marks and muted kinds are a part of the user's own topic, so that
//! all tabs and devices agree. No unread count is stored: every client counts by the same rules.

use std::mem::discriminant;

use serde::{Deserialize, Serialize};

use crate::ids::{OrderId, PostId, RoomId, Timestamp, User};
use crate::moderation::ReportOutcome;
use crate::orders::OrderStatus;
use crate::position::Seq;
use crate::profile::QuietHours;

pub use crate::demonstration::{DEMO_EVERY_MS, DEMO_NOTICES, Demonstration};
pub use crate::notice_kind::{NoticeKind, mute};

/// Unicode scalar values of a message's excerpt in a notice.
pub const MAX_EXCERPT_CHARS: usize = 120;
/// Users whom one message can mention; if there are more, the first ones.
pub const MAX_MENTIONS: usize = 10;
/// Korean titles and particles that follow the name of a mention without a space, at most two of them (`@민수님이`).
pub const PARTICLES: &[&str] = &[
    "님", "씨", "아", "야", "이", "가", "은", "는", "을", "를", "의", "에게", "한테", "께서", "께",
    "와", "과", "랑", "이랑", "하고", "도", "만", "부터", "까지", "보다", "처럼",
];

pub use crate::notice_marks::{KEPT_NOTICES, LastNotices, NoticeBox, ReadMark, ReadMarks};

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
    /// A message mentions the user in a room that the user has joined, or answers a message of the user.
    Mentioned {
        /// Which room.
        room: RoomId,
        /// Which message.
        message: Seq,
        /// The user who caused the notice.
        by: User,
        /// The start of the message; at most [`crate::notices::MAX_EXCERPT_CHARS`] characters.
        excerpt: String,
        /// Whether the message answers one of the user.
        #[serde(default, skip_serializing_if = "crate::rooms::is_usual")]
        is_reply: bool,
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
    /// A user has reported a message, for the moderators of its room. The notice does not contain the text.
    Reported {
        /// The number of the report.
        report: u64,
        /// The room of the message.
        room: RoomId,
    },
    /// A moderator has decided the user's report.
    ReportDecided {
        /// The room of the message.
        room: RoomId,
        /// The reported message.
        message: Seq,
        /// The outcome.
        outcome: ReportOutcome,
    },
    /// The time of a reminder of a saved message has come. The notice does not contain the text.
    Reminded {
        /// The room of the message.
        room: RoomId,
        /// The saved message.
        message: Seq,
    },
    /// The server did not send a message at its time. The notice has neither its text nor the reason; the topic of its user has.
    NotSent {
        /// The room of the message.
        room: RoomId,
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
            Self::Reported { .. } | Self::ReportDecided { .. } => NoticeKind::Report,
            Self::Reminded { .. } | Self::NotSent { .. } => NoticeKind::Reminder,
        }
    }

    /// The user who caused the notice, if known. That user does not see it.
    pub fn by(&self) -> Option<&User> {
        match self {
            Self::Posted { by, .. } | Self::Ordered { by, .. } | Self::Mentioned { by, .. } => {
                Some(by)
            }
            Self::Scheduled { .. }
            | Self::Demonstrated { .. }
            | Self::OrderMoved { .. }
            | Self::Reported { .. }
            | Self::ReportDecided { .. }
            | Self::Reminded { .. }
            | Self::NotSent { .. } => None,
        }
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
    ReadAll(LastNotices),
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
    /// The hours in which the user is not disturbed changed; none if there are no such hours any more.
    QuietHours(Option<QuietHours>),
    /// A room was deleted, and with it the notices that quote it, which this event replaces in the log.
    RoomDeleted(RoomId),
    /// A message was deleted or changed, and with it goes the notice that quotes it, which this event replaces in the log. A
    /// notice of a changed message follows.
    MessageDeleted {
        /// Which room.
        room: RoomId,
        /// The seq of the message.
        message: Seq,
    },
    /// A moderator has decided a report, so the notice of it is dropped.
    ReportClosed(u64),
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

/// A new notice of a new order.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
pub struct OrderNoticesEvent(pub Notice);

/// A new notice of a new post.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
pub struct PostNoticesEvent(pub Notice);

/// The notices of new orders at a position: the kept ones, at most [`KEPT_NOTICES`], the newest last.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
pub struct OrderNoticesSnapshot(pub Vec<Notice>);

/// The notices of new posts at a position: the kept ones, at most [`KEPT_NOTICES`], the newest last.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
pub struct PostNoticesSnapshot(pub Vec<Notice>);

impl OrderNoticesSnapshot {
    /// Applies an event. Every store and every client uses this reducer.
    pub fn apply(&mut self, OrderNoticesEvent(notice): OrderNoticesEvent) {
        push_notice(&mut self.0, notice);
    }
}

impl PostNoticesSnapshot {
    /// Applies an event. Every store and every client uses this reducer.
    pub fn apply(&mut self, PostNoticesEvent(notice): PostNoticesEvent) {
        push_notice(&mut self.0, notice);
    }
}

/// A user's own notices at a position, with the user's read marks and muted kinds.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
pub struct InboxSnapshot {
    /// The kept notices, at most [`KEPT_NOTICES`], the newest last.
    pub notices: Vec<Notice>,
    /// The read marks of all topics of notices.
    pub marks: ReadMarks,
    /// The muted kinds, ascending.
    pub muted: Vec<NoticeKind>,
    /// The hours in which the user is not disturbed.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub quiet: Option<QuietHours>,
}

impl InboxSnapshot {
    /// Applies an event. Every store and every client uses this reducer.
    pub fn apply(&mut self, event: InboxEvent) {
        match event {
            InboxEvent::Told(notice) => push_notice(&mut self.notices, notice),
            InboxEvent::Read(marks) => self.marks = marks,
            InboxEvent::Muted { kinds } => self.muted = kinds,
            InboxEvent::QuietHours(quiet) => self.quiet = quiet,
            InboxEvent::RoomDeleted(deleted) => self.notices.retain(|notice| {
                !matches!(notice.what, NoticeContent::Mentioned { room, .. } if room == deleted)
            }),
            InboxEvent::MessageDeleted { room, message } => self.notices.retain(|notice| {
                let quotes = (room, message);
                !matches!(notice.what, NoticeContent::Mentioned { room, message, .. } if quotes == (room, message))
            }),
            InboxEvent::ReportClosed(closed) => self.notices.retain(|notice| {
                !matches!(notice.what, NoticeContent::Reported { report, .. } if report == closed)
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
