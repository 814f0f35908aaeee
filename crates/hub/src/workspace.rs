//! The facts about the server while it runs.

use std::sync::Arc;

use madang_shared::workspace::Workspace;
use parking_lot::RwLock;

/// The facts about the server. Administrators change them while it runs.
#[derive(Debug, Default)]
pub(crate) struct CurrentWorkspace(RwLock<Arc<Workspace>>);

impl CurrentWorkspace {
    pub(crate) fn get(&self) -> Arc<Workspace> {
        self.0.read().clone()
    }

    /// Replaces the facts. Returns whether they have changed.
    pub(crate) fn set(&self, workspace: Workspace) -> bool {
        let mut current = self.0.write();
        let changed = **current != workspace;
        *current = Arc::new(workspace);
        changed
    }
}
