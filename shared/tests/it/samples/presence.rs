//! Samples of presence.

use madang_shared::presence::{PresenceEvent, PresenceSnapshot};
use madang_shared::{Topic, UserId};

use super::{ROOM, user};

pub(super) fn events() -> Vec<(Topic, PresenceEvent)> {
    let topic = Topic::Presence(ROOM);
    vec![
        (topic, PresenceEvent::Changed { joined: vec![user()], left: vec![UserId(4)] }),
        (topic, PresenceEvent::Typing { user: user(), typing: true }),
    ]
}

pub(super) fn event_name(event: &PresenceEvent) -> &'static str {
    match event {
        PresenceEvent::Changed { .. } => "presence.changed",
        PresenceEvent::Typing { .. } => "presence.typing",
    }
}

pub(super) fn snapshot() -> (Topic, PresenceSnapshot) {
    (Topic::Presence(ROOM), PresenceSnapshot { present: vec![user()], typing: vec![UserId(3)] })
}
