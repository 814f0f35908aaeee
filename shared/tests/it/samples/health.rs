//! Samples of the server's state.

use madang_shared::Topic;
use madang_shared::administration::{HealthEvent, HealthSnapshot};

pub(super) fn events() -> Vec<(Topic, HealthEvent)> {
    vec![(Topic::Health, HealthEvent::Pulse { pulse: 42 })]
}

pub(super) fn event_name(event: &HealthEvent) -> &'static str {
    match event {
        HealthEvent::Pulse { .. } => "health.pulse",
    }
}

pub(super) fn snapshot() -> (Topic, HealthSnapshot) {
    (Topic::Health, HealthSnapshot { pulse: 42 })
}
