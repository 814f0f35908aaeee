//! The commands of a session: decided at once, made durable in batches, acknowledged in order.
//!
//! **One batch per connection is with the store.** Commands that arrive meanwhile form the next batch. So
//! a quiet connection commits at once, a busy one shares its commits, and the order is kept.
//!
//! **A retryable refusal blocks later commands** until the refused command comes again. Otherwise the
//! second message could be stored before the first.
//!
//! **Commands behind a refused one are refusals too, except for one full window.** A client has sent its window before it
//! reads the refusal. Each attempt after the requested wait may have one more window behind it.

use std::collections::VecDeque;

use madang_shared::frames::{CommandFrame, ErrorContext};
use madang_shared::limits::MAX_QUEUED_COMMANDS;
use madang_shared::{Command, CommandId, ErrorCode, Failure, ServerFrame, Timestamp, User};

use super::effects::{Effect, StoreRequest};
use super::reply::{refusal_of_write, refuse, send};
use crate::budgets::account::{Account, MIN_RETRY_WAIT_MS};
use crate::budgets::resource::Resource;
use crate::features;
use crate::policy::access::{CredentialAccess, RequestKind};
use crate::ports::{Committed, StoreError, Write};
use crate::storage;

/// The author of commands.
#[derive(Clone, Copy)]
pub(super) struct Author<'a> {
    pub(super) user: &'a User,
    pub(super) access: &'a CredentialAccess,
}

/// The unacknowledged commands of one session.
#[derive(Debug, Default)]
pub(super) struct Commands {
    /// The batch that is with the store.
    in_flight: Vec<CommandId>,
    /// The next batch.
    queued: VecDeque<Write>,
    /// The refused command that must come again before any other.
    block: Option<Block>,
}

/// A refused command that keeps later ones back.
#[derive(Clone, Copy, Debug)]
struct Block {
    by: CommandId,
    /// The end of the wait that its refusal requested.
    until: Option<Timestamp>,
    /// The commands behind it since its last attempt.
    refused: usize,
}

impl Block {
    fn new(by: CommandId, failure: &Failure, now: Timestamp) -> Self {
        let until = failure.retry_after.map(|wait| now.plus(wait));
        Self { by, until, refused: 0 }
    }

    /// The refusal of a command behind the refused one, with the rest of the wait. It names no time when the wait is over
    /// and the refused command has not come.
    fn refusal(&self, now: Timestamp) -> Failure {
        let first = self.by;
        let failure = Failure::new(
            ErrorCode::BlockedByEarlier,
            format!("Send command {first} again first, so that the order is kept."),
        );
        match self.until.map(|until| until.since(now)) {
            Some(wait @ 1..) => failure.after(wait),
            _ => failure,
        }
    }
}

impl Commands {
    /// Queues a command of the client, or refuses it.
    pub(super) fn submit(
        &mut self,
        author: Author<'_>,
        account: &Account,
        now: Timestamp,
        frame: CommandFrame,
        frame_bytes: usize,
        effects: &mut Vec<Effect>,
    ) {
        let CommandFrame { id, command } = frame;
        match self.accept(author, account, now, id, command, frame_bytes) {
            Ok(write) => {
                self.queued.push_back(write);
                self.send_batch(effects);
            }
            Err(failure) => {
                if failure.retry && failure.code != ErrorCode::BlockedByEarlier {
                    self.block_by(id, &failure, now);
                }
                effects.push(refuse(ErrorContext::Command(id), failure));
            }
        }
    }

    /// The store has answered the batch.
    pub(super) fn on_committed(
        &mut self,
        results: Vec<Result<Committed, StoreError>>,
        now: Timestamp,
        effects: &mut Vec<Effect>,
    ) {
        let mut first_refused = None;
        for (id, result) in std::mem::take(&mut self.in_flight).into_iter().zip(results) {
            match result {
                Ok(committed) => effects.push(send(&ServerFrame::Ack { id, at: committed.at })),
                Err(error) => {
                    let failure = refusal_of_write(error);
                    if failure.retry {
                        first_refused.get_or_insert_with(|| Block::new(id, &failure, now));
                    }
                    effects.push(refuse(ErrorContext::Command(id), failure));
                }
            }
        }
        // Queued commands came after the batch, so a refusal in the batch blocks them. If a later command
        // blocks (it was above the rate limit), the queued ones came before it and stay.
        if let Some(first) = first_refused {
            self.block = Some(first);
            for write in self.queued.drain(..) {
                effects.push(refuse(ErrorContext::Command(write.command), first.refusal(now)));
            }
        }
        self.send_batch(effects);
    }

    fn accept(
        &mut self,
        Author { user, access }: Author<'_>,
        account: &Account,
        now: Timestamp,
        id: CommandId,
        command: Command,
        frame_bytes: usize,
    ) -> Result<Write, Failure> {
        if let Some(block) = self.block.as_mut().filter(|block| block.by != id) {
            block.refused += 1;
            if block.refused > MAX_QUEUED_COMMANDS {
                account.count_refusal(Resource::Commands, now);
            }
            return Err(block.refusal(now));
        }
        if self.queued.len() >= MAX_QUEUED_COMMANDS {
            account.count_refusal(Resource::Commands, now);
            let message = "Too many commands wait for the store; wait for an acknowledgement.";
            return Err(Failure::new(ErrorCode::RateLimited, message).after(MIN_RETRY_WAIT_MS));
        }
        account.charge_one(Resource::Commands, now)?;
        if let Some(cost) = features::cost(&command) {
            account.charge(cost, now)?;
        }
        let write = Write::of_command(user.clone(), id, now, command).and_then(|write| {
            access.check(RequestKind::Change, features::change_needs(&write.change))?;
            Ok(write.from_network(account.network()))
        });
        if let Ok(write) = &write {
            storage::charge(account, &write.change, frame_bytes as u64, now)?;
        }
        self.block = None;
        write
    }

    /// Keeps later commands back. An attempt before the end of the requested wait brings no new window.
    fn block_by(&mut self, id: CommandId, failure: &Failure, now: Timestamp) {
        let mut block = Block::new(id, failure, now);
        if let Some(before) = self.block.filter(|before| before.until.is_some_and(|end| now < end))
        {
            block.refused = before.refused;
        }
        self.block = Some(block);
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
