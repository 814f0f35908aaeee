//! The waiting reads: a queue for each payer, and the order of the payers' turns.

use std::collections::{HashMap, VecDeque};
use std::sync::{Condvar, Mutex, MutexGuard, PoisonError};

use super::{Job, ReadPayer};

/// The maximum number of waiting reads of one user. The connections of a user cause fewer, because a read needs memory
/// for its answer before it is queued.
pub(super) const MAX_WAITING_READS: usize = 256;

#[derive(Debug, Default)]
pub(super) struct FairQueue {
    state: Mutex<State>,
    changed: Condvar,
}

#[derive(Default)]
struct State {
    /// The payers with a read that waits or runs.
    payers: HashMap<ReadPayer, PayerReads>,
    /// The payers with a waiting read and no running one.
    turns: VecDeque<ReadPayer>,
    /// The number of reads that were queued.
    queued: u64,
    /// Threads that wait for a read.
    idle: usize,
    /// All threads.
    threads: usize,
    closed: bool,
}

#[derive(Default)]
struct PayerReads {
    /// Each with the number of reads that were queued before it.
    waiting: VecDeque<(u64, Job)>,
    is_running: bool,
}

/// A read to be executed, with the turn of its payer.
pub(super) struct NextRead<'q> {
    pub(super) job: Job,
    pub(super) turn: Turn<'q>,
    /// The number of reads that were queued before this one was taken. The transaction that begins now is not older
    /// than any of them.
    pub(super) group: u64,
}

/// A payer's turn, during which no other read of the payer runs. It ends at the drop, also by a panic.
pub(super) struct Turn<'q> {
    queue: &'q FairQueue,
    payer: ReadPayer,
}

impl FairQueue {
    fn state(&self) -> MutexGuard<'_, State> {
        // The code under the lock does not panic.
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Queues a read. Returns false if too many reads of the user wait. After the queue was closed the read is
    /// dropped, which answers its caller with an error.
    pub(super) fn put(&self, payer: ReadPayer, job: Job) -> bool {
        let mut state = self.state();
        let State { payers, turns, queued, idle, closed, .. } = &mut *state;
        if *closed {
            return true;
        }
        let reads = payers.entry(payer).or_default();
        if reads.waiting.len() >= MAX_WAITING_READS && payer != ReadPayer::Server {
            return false;
        }
        if reads.waiting.is_empty() && !reads.is_running {
            turns.push_back(payer);
        }
        reads.waiting.push_back((*queued, job));
        *queued += 1;
        // A running thread takes further reads before it sleeps.
        let wake = !reads.is_running && *idle > 0;
        drop(state);
        if wake {
            self.changed.notify_one();
        }
        true
    }

    /// Waits for a read; `None` after the queue was closed.
    pub(super) fn wait(&self) -> Option<NextRead<'_>> {
        let mut state = self.state();
        while state.turns.is_empty() && !state.closed {
            state.idle += 1;
            state = self.changed.wait(state).unwrap_or_else(PoisonError::into_inner);
            state.idle -= 1;
        }
        let group = state.queued;
        self.take(&mut state, group)
    }

    /// The next read, if it was queued before the group began.
    pub(super) fn next(&self, group: u64) -> Option<NextRead<'_>> {
        self.take(&mut self.state(), group)
    }

    fn take(&self, state: &mut State, group: u64) -> Option<NextRead<'_>> {
        let payer = *state.turns.front()?;
        let reads = state.payers.get_mut(&payer)?;
        let (_, job) = reads.waiting.pop_front_if(|(number, _)| *number < group)?;
        reads.is_running = true;
        state.turns.pop_front();
        Some(NextRead { job, turn: Turn { queue: self, payer }, group })
    }

    /// Drops waiting and later reads.
    pub(super) fn close(&self) {
        let mut state = self.state();
        state.closed = true;
        state.turns.clear();
        let refused = std::mem::take(&mut state.payers);
        drop(state);
        drop(refused);
        self.changed.notify_all();
    }

    pub(super) fn add_thread(&self) {
        self.state().threads += 1;
    }

    /// A thread ends. The last one closes the queue.
    pub(super) fn remove_thread(&self) {
        let mut state = self.state();
        state.threads -= 1;
        let was_last = state.threads == 0;
        drop(state);
        if was_last {
            self.close();
        } else {
            // The thread may have been the one to take the next read.
            self.changed.notify_all();
        }
    }
}

impl Drop for Turn<'_> {
    fn drop(&mut self) {
        let mut state = self.queue.state();
        let State { payers, turns, idle, .. } = &mut *state;
        // The queue may have been closed.
        let Some(reads) = payers.get_mut(&self.payer) else { return };
        reads.is_running = false;
        if reads.waiting.is_empty() {
            payers.remove(&self.payer);
            return;
        }
        turns.push_back(self.payer);
        // This thread takes the first read.
        let wake = turns.len() > 1 && *idle > 0;
        drop(state);
        if wake {
            self.queue.changed.notify_one();
        }
    }
}

impl std::fmt::Debug for State {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("State")
            .field("payers", &self.payers.len())
            .field("threads", &self.threads)
            .field("closed", &self.closed)
            .finish_non_exhaustive()
    }
}
