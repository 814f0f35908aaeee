//! The read count of the user's own newest message in the open room.

use madang_shared::read_count::{ReadCount, ReadCountAnswer, ReadCountQuery};
use madang_shared::{RoomId, Seq};

use crate::view::{ReceiveAnswer, View};

/// The watched message, and its read count.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct OwnReadCount {
    watched: Option<(RoomId, Seq)>,
    count: Option<ReadCount>,
    /// Whether a query is pending, or was refused.
    asked: bool,
}

impl OwnReadCount {
    /// The read count of a message in the open room; `None` for all messages but the user's own newest one, and until
    /// the count has arrived.
    pub fn of(&self, message: Seq) -> Option<ReadCount> {
        self.count.filter(|_| self.watched.is_some_and(|(_, watched)| watched == message))
    }

    /// The watched message.
    pub fn watched(&self) -> Option<(RoomId, Seq)> {
        self.watched
    }

    /// Watches a message. Returns whether it is another one than before.
    pub(crate) fn watch(&mut self, message: Option<(RoomId, Seq)>) -> bool {
        let is_other = self.watched != message;
        if is_other {
            *self = Self { watched: message, ..Self::default() };
        }
        is_other
    }

    /// The query to send now.
    pub(crate) fn next_query(&mut self) -> Option<ReadCountQuery> {
        let (room, message) = self.watched?;
        let was_asked = std::mem::replace(&mut self.asked, true);
        (!was_asked).then_some(ReadCountQuery::Watch { room, message, known: self.count })
    }
}

impl View for OwnReadCount {}

impl ReceiveAnswer for OwnReadCount {
    type Query = ReadCountQuery;
    type Answer = ReadCountAnswer;

    fn receive_answer(&mut self, query: &ReadCountQuery, answer: ReadCountAnswer) {
        let ReadCountQuery::Watch { room, message, .. } = *query;
        let ReadCountAnswer::Counted(count) = answer;
        if self.watched == Some((room, message)) {
            self.count = Some(count);
            self.asked = false;
        }
    }

    fn query_refused(&mut self, _query: &ReadCountQuery) -> bool {
        // The user has left the room, or the connection. The next own message is watched again.
        false
    }
}
