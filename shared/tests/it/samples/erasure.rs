//! Samples of the erasure of accounts. The topics of other features have its event.

use madang_shared::erasure::ErasureEvent;
use madang_shared::{Topic, UserId};

use super::ROOM;

pub(super) fn events() -> Vec<(Topic, ErasureEvent)> {
    vec![(Topic::Room(ROOM), ErasureEvent::Erased { user: UserId(4) })]
}

pub(super) fn event_name(event: &ErasureEvent) -> &'static str {
    match event {
        ErasureEvent::Erased { .. } => "erasure.erased",
    }
}
