//! Notices: what somebody who is busy elsewhere, or away, should hear of. Topics
//! [`Topic::Notices`](crate::Topic::Notices), for what concerns everybody, and
//! [`Topic::Inbox`](crate::Topic::Inbox), one per user, for what concerns that user alone.
//!
//! A notice for everybody is stored once, however many people there are. What a user has read, and
//! what kinds the user does not want to hear of, is a part of the user's own topic, so that all tabs
//! and devices agree. An unread count is never stored: it is what is there and not read, by the same
//! rules on every screen.

use serde::{Deserialize, Serialize};

use crate::ids::{OrderId, PostId, RoomId, Timestamp, User};
use crate::orders::OrderStatus;
use crate::position::Seq;

/// Notices that are kept for everybody, and for each user; older ones are gone. So an unread count
/// is always of what is there, and a snapshot is a few kilobytes.
pub const KEPT_NOTICES: usize = 50;
/// Unicode scalar values that a notice quotes of a message.
pub const MAX_EXCERPT_CHARS: usize = 120;
/// People whom one message can mention; of more, the first.
pub const MAX_MENTIONS: usize = 10;
/// The demonstration of scheduled notices tells one every so many milliseconds.
pub const DEMO_EVERY_MS: u64 = 10_000;
/// Notices of one demonstration: after two minutes it is over.
pub const DEMO_NOTICES: u32 = 12;

/// Which of the two streams a notice stands in.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
#[serde(rename_all = "snake_case")]
pub enum NoticeBox {
    /// [`Topic::Notices`](crate::Topic::Notices).
    Everybody,
    /// [`Topic::Inbox`](crate::Topic::Inbox) of the user.
    Own,
}

/// What can be muted, each by itself.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
#[serde(rename_all = "snake_case")]
pub enum NoticeKind {
    /// Somebody named the user in a room.
    Mention,
    /// An order of the user's went on.
    OwnOrder,
    /// Somebody ordered something.
    Order,
    /// Somebody wrote a post.
    Post,
    /// Its time had come.
    Schedule,
}

impl NoticeKind {
    /// Every kind, in the order in which they are listed.
    pub const ALL: [Self; 5] =
        [Self::Mention, Self::OwnOrder, Self::Order, Self::Post, Self::Schedule];
}

/// A stored notice.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
pub struct Notice {
    /// Its place in its stream, which names it.
    pub seq: Seq,
    /// When it was stored.
    pub at: Timestamp,
    /// What it says.
    pub what: NoticeContent,
}

/// What a notice says, and what it is about.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
#[serde(rename_all = "snake_case")]
pub enum NoticeContent {
    /// A sentence that the operator has scheduled.
    Scheduled {
        /// In Korean.
        ko: String,
        /// In English.
        en: String,
    },
    /// One of the notices of the [`Demonstration`].
    Demonstrated {
        /// Which one, from 1.
        number: u32,
        /// Of how many.
        of: u32,
    },
    /// Somebody wrote a post. Its text stays in the feed alone, so that a post that is taken back is
    /// gone from here too.
    Posted {
        /// Which one.
        post: PostId,
        /// Who.
        by: User,
    },
    /// Somebody ordered something.
    Ordered {
        /// Which order.
        order: OrderId,
        /// Who.
        by: User,
    },
    /// Somebody named the user in a room that the user has joined.
    Mentioned {
        /// Where.
        room: RoomId,
        /// In which message.
        message: Seq,
        /// Who.
        by: User,
        /// How the message begins; at most [`crate::notices::MAX_EXCERPT_CHARS`] characters.
        excerpt: String,
    },
    /// Somebody else moved an order of the user's.
    OrderMoved {
        /// Which order.
        order: OrderId,
        /// Where it was.
        was: OrderStatus,
        /// Where it is; none if it was deleted.
        now: Option<OrderStatus>,
    },
}

impl NoticeContent {
    /// What kind of notice this is.
    pub fn kind(&self) -> NoticeKind {
        match self {
            Self::Scheduled { .. } | Self::Demonstrated { .. } => NoticeKind::Schedule,
            Self::Posted { .. } => NoticeKind::Post,
            Self::Ordered { .. } => NoticeKind::Order,
            Self::Mentioned { .. } => NoticeKind::Mention,
            Self::OrderMoved { .. } => NoticeKind::OwnOrder,
        }
    }

    /// Who caused it, where that is known: nobody is told of what they did themselves.
    pub fn by(&self) -> Option<&User> {
        match self {
            Self::Posted { by, .. } | Self::Ordered { by, .. } | Self::Mentioned { by, .. } => {
                Some(by)
            }
            Self::Scheduled { .. } | Self::Demonstrated { .. } | Self::OrderMoved { .. } => None,
        }
    }
}

/// How far one of the streams has been read.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
pub struct ReadMark {
    /// Everything up to here has been read. It only ever moves forward.
    pub up_to: Seq,
    /// These have been read too, each by itself; ascending, at most [`KEPT_NOTICES`].
    pub beyond: Vec<Seq>,
}

impl ReadMark {
    /// Whether the notice at this place has been read.
    pub fn covers(&self, seq: Seq) -> bool {
        seq <= self.up_to || self.beyond.binary_search(&seq).is_ok()
    }

    /// One notice has been read; answers whether that is news.
    pub fn read(&mut self, seq: Seq) -> bool {
        let Err(index) = self.beyond.binary_search(&seq) else { return false };
        if seq <= self.up_to {
            return false;
        }
        self.beyond.insert(index, seq);
        // So many later notices were read that those before the first of them are not kept any more.
        if self.beyond.len() > KEPT_NOTICES {
            self.up_to = self.beyond.remove(0);
        }
        true
    }

    /// Everything up to a place has been read; answers whether that is news.
    pub fn read_up_to(&mut self, seq: Seq) -> bool {
        if seq <= self.up_to {
            return false;
        }
        self.up_to = seq;
        self.beyond.retain(|one| *one > seq);
        true
    }
}

/// How far both streams have been read.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
pub struct ReadMarks {
    /// Of the notices for everybody.
    pub everybody: ReadMark,
    /// Of the user's own.
    pub own: ReadMark,
}

impl ReadMarks {
    /// The mark of one stream.
    pub fn of(&self, which: NoticeBox) -> &ReadMark {
        match which {
            NoticeBox::Everybody => &self.everybody,
            NoticeBox::Own => &self.own,
        }
    }

    /// The mark of one stream, to be moved.
    pub fn of_mut(&mut self, which: NoticeBox) -> &mut ReadMark {
        match which {
            NoticeBox::Everybody => &mut self.everybody,
            NoticeBox::Own => &mut self.own,
        }
    }
}

/// Mutes a kind, or lets it be heard again; answers whether that is news. `muted` stays ascending.
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

/// A schedule that anybody may start, to see one at work: [`DEMO_NOTICES`] notices, one every
/// [`DEMO_EVERY_MS`], and then it is over.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
pub struct Demonstration {
    /// Who started it.
    pub by: User,
    /// When.
    pub started_at: Timestamp,
}

impl Demonstration {
    /// When the notice of this number is due.
    pub fn due(&self, number: u32) -> Timestamp {
        self.started_at.plus(u64::from(number) * DEMO_EVERY_MS)
    }

    /// The number of the last notice that is due by now; 0 before the first.
    pub fn number_at(&self, now: Timestamp) -> u32 {
        let passed = now.since(self.started_at) / DEMO_EVERY_MS;
        u32::try_from(passed).unwrap_or(u32::MAX).min(DEMO_NOTICES)
    }
}

/// What a client may ask about notices.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
#[serde(rename_all = "snake_case")]
pub enum NoticesCommand {
    /// One notice has been read. Changes nothing if it is not kept any more.
    Read {
        /// Which stream.
        of: NoticeBox,
        /// Which notice.
        notice: Seq,
    },
    /// All notices up to these places have been read; what came since was not on the screen. Older
    /// marks change nothing.
    ReadAll {
        /// Of the notices for everybody.
        everybody: Seq,
        /// Of the user's own.
        own: Seq,
    },
    /// Does not want to hear of a kind any more, or wants to again.
    Mute {
        /// Which kind.
        kind: NoticeKind,
        /// Whether it is muted from now on.
        muted: bool,
    },
    /// Starts the [`Demonstration`], or ends it before its time. Changes nothing if it is so already.
    Demo {
        /// Whether it is to run.
        on: bool,
    },
}

/// What happens to the notices for everybody.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
#[serde(rename_all = "snake_case")]
pub enum NoticesEvent {
    /// There is a new one.
    Told(Notice),
    /// Somebody started the demonstration.
    DemoStarted(Demonstration),
    /// It is over.
    DemoEnded {
        /// When.
        at: Timestamp,
    },
}

/// What happens to a user's own notices, and to what the user has said about notices.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
#[serde(rename_all = "snake_case")]
pub enum InboxEvent {
    /// There is a new one.
    Told(Notice),
    /// More has been read; the marks as they are since then.
    Read(ReadMarks),
    /// Another choice of kinds; those that are muted since then, ascending.
    Muted {
        /// The kinds.
        kinds: Vec<NoticeKind>,
    },
}

/// The notices for everybody at a position.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
pub struct NoticesSnapshot {
    /// The last [`KEPT_NOTICES`], the newest last. Older ones are not kept.
    pub notices: Vec<Notice>,
    /// The demonstration, while it runs.
    pub demo: Option<Demonstration>,
}

impl NoticesSnapshot {
    /// What they are after an event: the one reducer, of every engine and every client.
    pub fn apply(&mut self, event: NoticesEvent) {
        match event {
            NoticesEvent::Told(notice) => keep(&mut self.notices, notice),
            NoticesEvent::DemoStarted(demo) => self.demo = Some(demo),
            NoticesEvent::DemoEnded { .. } => self.demo = None,
        }
    }
}

/// A user's own notices at a position, and what the user has said about notices.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
pub struct InboxSnapshot {
    /// The last [`KEPT_NOTICES`], the newest last. Older ones are not kept.
    pub notices: Vec<Notice>,
    /// What has been read.
    pub marks: ReadMarks,
    /// The kinds that the user does not want to hear of, ascending.
    pub muted: Vec<NoticeKind>,
}

impl InboxSnapshot {
    /// What it is after an event: the one reducer, of every engine and every client.
    pub fn apply(&mut self, event: InboxEvent) {
        match event {
            InboxEvent::Told(notice) => keep(&mut self.notices, notice),
            InboxEvent::Read(marks) => self.marks = marks,
            InboxEvent::Muted { kinds } => self.muted = kinds,
        }
    }
}

fn keep(notices: &mut Vec<Notice>, notice: Notice) {
    notices.push(notice);
    let old = notices.len().saturating_sub(KEPT_NOTICES);
    notices.drain(..old);
}
