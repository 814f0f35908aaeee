//! The watch of a read count. A session has one; its result is the answer to the query that began it.

use madang_shared::frames::ErrorContext;
use madang_shared::read_count::{ReadCount, ReadCountAnswer, ReadCountQuery};
use madang_shared::{Failure, QueryId, RoomId, Timestamp};

use super::Session;
use super::effects::{Effect, StoreRequest};
use super::reply::{answer, refusal_of_read, refuse};
use crate::ports::{MemberMark, StoreError};
use crate::read_count::{Watch, WatchStart};

impl Session {
    /// Replaces the session's watch.
    pub(super) fn watch_read_count(
        &mut self,
        now: Timestamp,
        id: QueryId,
        query: &ReadCountQuery,
        effects: &mut Vec<Effect>,
    ) {
        self.end_read_watch();
        if let Err(failure) = self.check_query(now, &query.clone().into()) {
            effects.push(refuse(ErrorContext::Query(id), failure));
            return;
        }
        let ReadCountQuery::Watch { room, message, known } = *query;
        let watch = Watch { user: self.user.id, message, known, wakeups: self.wakeups.clone() };
        match self.hub.read_counts().watch(room, self.connection, watch) {
            WatchStart::Counted(count) => effects.push(counted(id, Ok(count))),
            WatchStart::Waiting => self.read_watch = Some((room, id)),
            WatchStart::MarksMissing => {
                self.read_watch = Some((room, id));
                effects.push(Effect::Request(StoreRequest::ReadMarks { room, id }));
            }
        }
    }

    /// The store has read the marks of a room for a watch of this session. If that watch has ended, the changes since
    /// then may be unknown, and the marks are useless.
    pub(super) fn on_read_marks(
        &mut self,
        watch: (RoomId, QueryId),
        marks: Result<Vec<MemberMark>, StoreError>,
        effects: &mut Vec<Effect>,
    ) {
        if self.read_watch != Some(watch) {
            return;
        }
        let (room, id) = watch;
        match marks {
            Ok(marks) => self.hub.read_counts().load(room, self.connection, marks),
            Err(error) => {
                self.end_read_watch();
                effects.push(counted(id, Err(refusal_of_read(error))));
            }
        }
    }

    /// Sends the result of the watch, which ends it.
    pub(super) fn send_read_count(&mut self, effects: &mut Vec<Effect>) {
        let Some((room, id)) = self.read_watch else { return };
        if let Some(result) = self.hub.read_counts().take_result(room, self.connection) {
            self.read_watch = None;
            effects.push(counted(id, result));
        }
    }

    pub(super) fn end_read_watch(&mut self) {
        if let Some((room, _)) = self.read_watch.take() {
            self.hub.read_counts().unwatch(room, self.connection);
        }
    }
}

fn counted(id: QueryId, result: Result<ReadCount, Failure>) -> Effect {
    answer(id, result.map(|count| ReadCountAnswer::Counted(count).into()))
}
