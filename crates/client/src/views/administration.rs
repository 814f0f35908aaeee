//! The administration, while an administrator's page follows it.

use madang_shared::Timestamp;
use madang_shared::administration::{AdministrationEvent, AdministrationSnapshot};

use crate::view::{ApplyEvent, ApplySnapshot, View};

/// The number of the newest entry of the audit log. The pages over HTTP are loaded again when it changes.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct AuditProgress {
    newest: Option<u64>,
}

impl AuditProgress {
    /// The number; `None` before it has arrived.
    pub fn newest(&self) -> Option<u64> {
        self.newest
    }
}

impl View for AuditProgress {}

impl ApplySnapshot<AdministrationSnapshot> for AuditProgress {
    fn apply_snapshot(&mut self, snapshot: AdministrationSnapshot, _now: Timestamp) {
        self.newest = Some(snapshot.newest);
    }
}

impl ApplyEvent<AdministrationEvent> for AuditProgress {
    fn apply_event(&mut self, event: AdministrationEvent, _now: Timestamp) {
        let AdministrationEvent::Recorded { entry } = event;
        self.newest = Some(entry);
    }
}
