//! The commands of a session: decided at once, made durable in batches, acknowledged in order.
//!
//! **One batch per connection is with the store.** Commands that arrive meanwhile form the next batch. So
//! a quiet connection commits at once, a busy one shares its commits, and the order is kept.
//!
//! **A retryable refusal blocks later commands** until the refused command comes again. Otherwise the
//! second message could be stored before the first.

use std::collections::VecDeque;

use madang_shared::frames::{CommandFrame, ErrorContext};
use madang_shared::limits::MAX_QUEUED_COMMANDS;
use madang_shared::{Command, CommandId, ErrorCode, Failure, ServerFrame, Timestamp, User};

use super::effects::{Effect, StoreRequest};
use super::reply::{refusal_of_write, refuse, send};
use crate::budgets::account::Account;
use crate::budgets::resource::Resource;
use crate::features;
use crate::ports::{Committed, StoreError, Write};

/// The unacknowledged commands of one session.
#[derive(Debug, Default)]
pub(super) struct Commands {
    /// The batch that is with the store.
    in_flight: Vec<CommandId>,
    /// The next batch.
    queued: VecDeque<Write>,
    /// The refused command that must come again before any other.
    blocked_by: Option<CommandId>,
}

impl Commands {
    /// Queues a command of the client, or refuses it.
    pub(super) fn submit(
        &mut self,
        author: &User,
        account: &Account,
        now: Timestamp,
        frame: CommandFrame,
        effects: &mut Vec<Effect>,
    ) {
        let CommandFrame { id, command } = frame;
        match self.accept(author, account, now, id, command) {
            Ok(write) => {
                self.queued.push_back(write);
                self.send_batch(effects);
            }
            Err(failure) => {
                if failure.retry && self.blocked_by.is_none() {
                    self.blocked_by = Some(id);
                }
                effects.push(refuse(ErrorContext::Command(id), failure));
            }
        }
    }

    /// The store has answered the batch.
    pub(super) fn on_committed(
        &mut self,
        results: Vec<Result<Committed, StoreError>>,
        effects: &mut Vec<Effect>,
    ) {
        let mut first_refused = None;
        for (id, result) in std::mem::take(&mut self.in_flight).into_iter().zip(results) {
            match result {
                Ok(committed) => effects.push(send(&ServerFrame::Ack { id, at: committed.at })),
                Err(error) => {
                    let failure = refusal_of_write(error);
                    if failure.retry {
                        first_refused.get_or_insert(id);
                    }
                    effects.push(refuse(ErrorContext::Command(id), failure));
                }
            }
        }
        // Queued commands came after the batch, so a refusal in the batch blocks them. If a later command
        // blocks (it was above the rate limit), the queued ones came before it and stay.
        if let Some(first) = first_refused {
            self.blocked_by = Some(first);
            for write in self.queued.drain(..) {
                effects.push(refuse(ErrorContext::Command(write.command), blocked_by(first)));
            }
        }
        self.send_batch(effects);
    }

    fn accept(
        &mut self,
        author: &User,
        account: &Account,
        now: Timestamp,
        id: CommandId,
        command: Command,
    ) -> Result<Write, Failure> {
        if let Some(first) = self.blocked_by.filter(|first| *first != id) {
            return Err(blocked_by(first));
        }
        if self.queued.len() >= MAX_QUEUED_COMMANDS {
            return Err(Failure::new(
                ErrorCode::RateLimited,
                "Too many commands wait for the store; wait for an acknowledgement.",
            ));
        }
        account.charge_one(Resource::Commands, now)?;
        if let Some(cost) = features::cost(&command) {
            account.charge(cost, now)?;
        }
        self.blocked_by = None;
        Write::of_command(author.clone(), id, now, command)
    }

    fn send_batch(&mut self, effects: &mut Vec<Effect>) {
        if !self.in_flight.is_empty() || self.queued.is_empty() {
            return;
        }
        let batch: Vec<Write> = self.queued.drain(..).collect();
        self.in_flight = batch.iter().map(|write| write.command).collect();
        effects.push(Effect::Request(StoreRequest::Commit(batch)));
    }
}

fn blocked_by(first: CommandId) -> Failure {
    Failure::new(
        ErrorCode::BlockedByEarlier,
        format!("Send command {first} again first, so that the order is kept."),
    )
}
