//! The administration, while an administrator's page follows it.

use madang_shared::Timestamp;
use madang_shared::administration::{
    AdministrationEvent, AdministrationSnapshot, HealthEvent, HealthSnapshot,
};

use crate::view::{ApplyEvent, ApplySnapshot, View};

/// The reasons to load the pages over HTTP again.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct AdministrationNews {
    newest: Option<u64>,
    pulse: u64,
}

impl AdministrationNews {
    /// The number of the newest entry of the audit log; `None` before it has arrived.
    pub fn newest(&self) -> Option<u64> {
        self.newest
    }

    /// The number of the last pulse of the server's state.
    pub fn pulse(&self) -> u64 {
        self.pulse
    }
}

impl View for AdministrationNews {}

impl ApplySnapshot<AdministrationSnapshot> for AdministrationNews {
    fn apply_snapshot(&mut self, snapshot: AdministrationSnapshot, _now: Timestamp) {
        self.newest = Some(snapshot.newest);
    }
}

impl ApplyEvent<AdministrationEvent> for AdministrationNews {
    fn apply_event(&mut self, event: AdministrationEvent, _now: Timestamp) {
        let AdministrationEvent::Recorded { entry } = event;
        self.newest = Some(entry);
    }
}

impl ApplySnapshot<HealthSnapshot> for AdministrationNews {
    fn apply_snapshot(&mut self, snapshot: HealthSnapshot, _now: Timestamp) {
        self.pulse = snapshot.pulse;
    }
}

impl ApplyEvent<HealthEvent> for AdministrationNews {
    fn apply_event(&mut self, event: HealthEvent, _now: Timestamp) {
        let HealthEvent::Pulse { pulse } = event;
        self.pulse = pulse;
    }
}
