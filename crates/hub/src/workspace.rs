//! The facts about the server while it runs.

use std::sync::Arc;

use madang_shared::workspace::Workspace;
use tokio::sync::watch;

/// The facts about the server. Administrators change them while it runs.
#[derive(Debug, Default)]
pub(crate) struct CurrentWorkspace(watch::Sender<Arc<Workspace>>);

impl CurrentWorkspace {
    pub(crate) fn get(&self) -> Arc<Workspace> {
        self.0.borrow().clone()
    }

    /// Replaces the facts. Returns whether they have changed.
    pub(crate) fn set(&self, workspace: Workspace) -> bool {
        self.0.send_if_modified(|current| {
            let changed = **current != workspace;
            *current = Arc::new(workspace);
            changed
        })
    }

    /// Wakes those who watch the facts, although they have not changed: what follows from them may have.
    pub(crate) fn announce(&self) {
        self.0.send_modify(|_| ());
    }

    /// Tells when the facts change.
    pub(crate) fn watch(&self) -> watch::Receiver<Arc<Workspace>> {
        self.0.subscribe()
    }
}
