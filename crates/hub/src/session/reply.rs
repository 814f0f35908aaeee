//! Frames that answer a client.

use madang_shared::frames::ErrorContext;
use madang_shared::{Answer, ErrorCode, Failure, QueryId, ServerFrame};

use super::effects::Effect;
use crate::frame::Frame;
use crate::ports::StoreError;

pub(super) fn send(frame: &ServerFrame) -> Effect {
    Effect::Send(Frame::of(frame))
}

pub(super) fn answer(id: QueryId, answer: Result<Answer, Failure>) -> Effect {
    match answer {
        Ok(answer) => send(&ServerFrame::Answer { id, answer }),
        Err(failure) => refuse(ErrorContext::Query(id), failure),
    }
}

pub(super) fn refuse(about: ErrorContext, failure: Failure) -> Effect {
    send(&ServerFrame::Error { about, failure })
}

/// The refusal that a client gets for a failed command. The engine's own text is for the server's log
/// alone.
pub(super) fn refusal_of_write(error: StoreError) -> Failure {
    refusal_of(error, "The server cannot store anything right now. Nothing was changed.")
}

/// The refusal that a client gets for a failed read.
pub(super) fn refusal_of_read(error: StoreError) -> Failure {
    refusal_of(error, "The server cannot read this from its database right now; try again later.")
}

fn refusal_of(error: StoreError, unavailable: &str) -> Failure {
    match error {
        StoreError::Refused(failure) => failure,
        StoreError::Unavailable(_) => Failure::new(ErrorCode::Unavailable, unavailable),
    }
}
