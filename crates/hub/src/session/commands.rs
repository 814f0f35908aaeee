//! A session's commands: decided at once, made durable in batches, answered in order.
//!
//! One batch is with the store at a time; what arrives meanwhile is the next batch. So a quiet
//! connection commits at once, a busy one shares commits with itself, and the order holds.
//!
//! A refusal that a retry can heal holds back everything behind it until the refused command comes
//! again: otherwise what was written second could be stored first.

use std::collections::VecDeque;

use madang_shared::frames::{CommandFrame, ErrorContext};
use madang_shared::limits::{COMMAND_BURST, COMMANDS_PER_SECOND, MAX_QUEUED_COMMANDS};
use madang_shared::{CommandId, ErrorCode, Failure, ServerFrame, Timestamp, User};

use super::effects::{Effect, StoreRequest};
use super::{refusal_of, refuse, send};
use crate::features;
use crate::ports::{Committed, StoreError, Write};
use crate::token_bucket::TokenBucket;

/// The commands of one session on their way.
#[derive(Debug)]
pub(super) struct Commands {
    bucket: TokenBucket,
    /// With the store.
    in_flight: Vec<CommandId>,
    /// Waiting for the store.
    queued: VecDeque<Write>,
    /// Nothing else is taken before this command comes again.
    held_by: Option<CommandId>,
}

impl Commands {
    pub(super) fn new(now: Timestamp) -> Self {
        Self {
            bucket: TokenBucket::new(COMMAND_BURST, COMMANDS_PER_SECOND, now),
            in_flight: Vec::new(),
            queued: VecDeque::new(),
            held_by: None,
        }
    }

    /// Whether a signal may pass; signals share the commands' allowance.
    pub(super) fn allow_signal(&mut self, now: Timestamp) -> Result<(), Failure> {
        self.bucket.take(now).map_err(too_fast)
    }

    pub(super) fn take(
        &mut self,
        author: &User,
        now: Timestamp,
        frame: CommandFrame,
        effects: &mut Vec<Effect>,
    ) {
        let CommandFrame { id, command } = frame;
        match self.accept(author, now, id, command) {
            Ok(write) => {
                self.queued.push_back(write);
                self.hand_over(effects);
            }
            Err(failure) => {
                if failure.retry && self.held_by.is_none() {
                    self.held_by = Some(id);
                }
                effects.push(refuse(ErrorContext::Command(id), failure));
            }
        }
    }

    pub(super) fn committed(
        &mut self,
        results: Vec<Result<Committed, StoreError>>,
        effects: &mut Vec<Effect>,
    ) {
        let mut first_refused = None;
        for (id, result) in std::mem::take(&mut self.in_flight).into_iter().zip(results) {
            match result {
                Ok(committed) => effects.push(send(&ServerFrame::Ack { id, at: committed.at })),
                Err(error) => {
                    let failure = refusal_of(error);
                    if failure.retry {
                        first_refused.get_or_insert(id);
                    }
                    effects.push(refuse(ErrorContext::Command(id), failure));
                }
            }
        }
        // What is queued came after the batch, so it waits behind a refusal in the batch. Where a
        // later command holds already (it came too fast), the queue came before that one, and stays.
        if let Some(first) = first_refused {
            self.held_by = Some(first);
            for write in self.queued.drain(..) {
                effects.push(refuse(ErrorContext::Command(write.command), held(first)));
            }
        }
        self.hand_over(effects);
    }

    fn accept(
        &mut self,
        author: &User,
        now: Timestamp,
        id: CommandId,
        command: madang_shared::Command,
    ) -> Result<Write, Failure> {
        match self.held_by {
            Some(first) if first != id => return Err(held(first)),
            _ => {}
        }
        if self.queued.len() >= MAX_QUEUED_COMMANDS {
            return Err(Failure::new(
                ErrorCode::RateLimited,
                "Too many commands wait for the store.",
            ));
        }
        self.bucket.take(now).map_err(too_fast)?;
        self.held_by = None;
        let change = features::decide(command)?;
        Ok(Write { author: author.clone(), command: id, at: now, change })
    }

    fn hand_over(&mut self, effects: &mut Vec<Effect>) {
        if !self.in_flight.is_empty() || self.queued.is_empty() {
            return;
        }
        let batch: Vec<Write> = self.queued.drain(..).collect();
        self.in_flight = batch.iter().map(|write| write.command).collect();
        effects.push(Effect::Request(StoreRequest::Commit(batch)));
    }
}

pub(super) fn too_fast(wait_ms: u64) -> Failure {
    Failure::new(ErrorCode::RateLimited, "Too much at once; wait a moment.").after(wait_ms)
}

fn held(first: CommandId) -> Failure {
    Failure::new(
        ErrorCode::BlockedByEarlier,
        format!("Send command {first} again first, so that the order is kept."),
    )
}
