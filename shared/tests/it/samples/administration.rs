//! Samples of the administration.

use madang_shared::Topic;
use madang_shared::administration::{AdministrationEvent, AdministrationSnapshot};

pub(super) fn events() -> Vec<(Topic, AdministrationEvent)> {
    vec![(Topic::Administration, AdministrationEvent::Recorded { entry: 42 })]
}

pub(super) fn event_name(event: &AdministrationEvent) -> &'static str {
    match event {
        AdministrationEvent::Recorded { .. } => "administration.recorded",
    }
}

pub(super) fn snapshot() -> (Topic, AdministrationSnapshot) {
    (Topic::Administration, AdministrationSnapshot { newest: 42 })
}
