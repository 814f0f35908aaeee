//! The topics of notices, and the read marks in them.

use serde::{Deserialize, Serialize};

use crate::position::Seq;

/// Notices that each topic keeps; beyond them, the oldest one of the most frequent kind is dropped. So a
/// snapshot contains every notice that an unread count counts, and takes a few kilobytes.
pub const KEPT_NOTICES: usize = 50;

/// The topic of a notice.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
#[serde(rename_all = "snake_case")]
pub enum NoticeBox {
    /// [`Topic::Notices`](crate::Topic::Notices).
    Everybody,
    /// [`Topic::Inbox`](crate::Topic::Inbox) of the user.
    Own,
    /// [`Topic::OrderNotices`](crate::Topic::OrderNotices).
    Orders,
    /// [`Topic::PostNotices`](crate::Topic::PostNotices).
    Posts,
}

impl NoticeBox {
    /// All topics of notices.
    pub const ALL: [Self; 4] = [Self::Everybody, Self::Own, Self::Orders, Self::Posts];
}

/// The last notice of each topic; 0 for none.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
pub struct LastNotices {
    /// The last notice for every user.
    pub everybody: Seq,
    /// The last of the user's own notices.
    pub own: Seq,
    /// The last notice of a new order.
    #[serde(default)]
    pub orders: Seq,
    /// The last notice of a new post.
    #[serde(default)]
    pub posts: Seq,
}

impl LastNotices {
    /// The last notice of one topic.
    pub fn of(&self, which: NoticeBox) -> Seq {
        match which {
            NoticeBox::Everybody => self.everybody,
            NoticeBox::Own => self.own,
            NoticeBox::Orders => self.orders,
            NoticeBox::Posts => self.posts,
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
    /// Whether nothing was read.
    pub fn is_empty(&self) -> bool {
        self.up_to == Seq(0) && self.beyond.is_empty()
    }

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

/// The read marks of all topics of notices.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
pub struct ReadMarks {
    /// The read mark of the notices for every user.
    pub everybody: ReadMark,
    /// The read mark of the user's own notices.
    pub own: ReadMark,
    /// The read mark of the notices of new orders.
    #[serde(default, skip_serializing_if = "ReadMark::is_empty")]
    pub orders: ReadMark,
    /// The read mark of the notices of new posts.
    #[serde(default, skip_serializing_if = "ReadMark::is_empty")]
    pub posts: ReadMark,
}

impl ReadMarks {
    /// The read mark of one topic.
    pub fn of(&self, which: NoticeBox) -> &ReadMark {
        match which {
            NoticeBox::Everybody => &self.everybody,
            NoticeBox::Own => &self.own,
            NoticeBox::Orders => &self.orders,
            NoticeBox::Posts => &self.posts,
        }
    }

    /// The read mark of one topic, mutable.
    pub fn of_mut(&mut self, which: NoticeBox) -> &mut ReadMark {
        match which {
            NoticeBox::Everybody => &mut self.everybody,
            NoticeBox::Own => &mut self.own,
            NoticeBox::Orders => &mut self.orders,
            NoticeBox::Posts => &mut self.posts,
        }
    }
}
