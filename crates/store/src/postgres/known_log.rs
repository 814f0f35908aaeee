//! The log that a node serves: its epoch, known to all connections of the node.

use std::sync::{Arc, Condvar, Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use madang_shared::Epoch;

/// The time for which a read waits until the node has handled the replacement of its log.
const REPLACEMENT_TIMEOUT: Duration = Duration::from_secs(2);

/// The epoch of the whole log, as this node knows it. A connection that finds another one is not used until the node has
/// dropped all copies of the former log. Clones share it.
#[derive(Clone, Debug)]
pub(super) struct KnownLog(Arc<Shared>);

#[derive(Debug)]
struct Shared {
    state: Mutex<State>,
    changed: Condvar,
}

#[derive(Debug)]
struct State {
    /// `None` while the node handles a replacement.
    epoch: Option<Epoch>,
    /// Whether a connection has found another log. The writer then connects again.
    is_doubted: bool,
}

impl KnownLog {
    pub(super) fn new(epoch: Epoch) -> Self {
        let state = Mutex::new(State { epoch: Some(epoch), is_doubted: false });
        Self(Arc::new(Shared { state, changed: Condvar::new() }))
    }

    fn state(&self) -> MutexGuard<'_, State> {
        self.0.state.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// The epoch; `None` while the node handles a replacement.
    pub(super) fn epoch(&self) -> Option<Epoch> {
        self.state().epoch
    }

    /// No connection is used from now on.
    pub(super) fn begin_replacement(&self) {
        self.state().epoch = None;
    }

    /// The node has dropped all copies of the former log.
    pub(super) fn replace(&self, epoch: Epoch) {
        let mut state = self.state();
        (state.epoch, state.is_doubted) = (Some(epoch), false);
        drop(state);
        self.0.changed.notify_all();
    }

    /// A connection has found this epoch. Waits until the node knows it. Returns whether it does.
    pub(super) fn wait_for(&self, found: Epoch) -> bool {
        let mut state = self.state();
        state.is_doubted |= state.epoch != Some(found);
        let is_other = |state: &mut State| state.epoch != Some(found);
        let waited = self.0.changed.wait_timeout_while(state, REPLACEMENT_TIMEOUT, is_other);
        let (state, _) = waited.unwrap_or_else(PoisonError::into_inner);
        state.epoch == Some(found)
    }

    /// Whether a connection has found another log since the last call.
    pub(super) fn take_doubt(&self) -> bool {
        std::mem::take(&mut self.state().is_doubted)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_connection_to_another_log_waits_until_the_node_knows_it() {
        let known = KnownLog::new(Epoch(1));
        assert!(known.wait_for(Epoch(1)) && !known.take_doubt());
        let waiting = {
            let known = known.clone();
            std::thread::spawn(move || known.wait_for(Epoch(2)))
        };
        while !known.take_doubt() {
            std::thread::yield_now();
        }
        known.begin_replacement();
        assert_eq!(known.epoch(), None);
        known.replace(Epoch(2));
        assert!(waiting.join().unwrap());
    }
}
