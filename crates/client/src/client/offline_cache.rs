//! The offline cache: the rooms and the end of one timeline, each with its position. An app keeps it
//! on the device, so that the next visit shows them before the server has answered. The next client
//! resumes from the positions as after any disconnect: it receives the missed events or a snapshot.

use madang_shared::chat::{ChatPage, ChatSnapshot};
use madang_shared::membership::MembershipSnapshot;
use madang_shared::pins::Pin;
use madang_shared::{Position, RoomId, Timestamp, Topic, UserId};
use serde::{Deserialize, Serialize};

use super::state_machine::Client;
use crate::features::CoreSnapshot;

/// The cached state of one user's client.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct CachedState {
    user: UserId,
    memberships: (Position, MembershipSnapshot),
    room: Option<(RoomId, Position, ChatPage)>,
    /// The pinned messages of the room.
    #[serde(default)]
    pins: Vec<Pin>,
}

impl Client {
    /// The state to cache for the next visit, with the timeline of this room. `None` before the
    /// memberships have arrived.
    pub fn cached_state(&self, room: Option<RoomId>) -> Option<CachedState> {
        let features = self.features();
        let user = features.me().id;
        let memberships = self.streams.position(Topic::Memberships(user))?;
        let room = room.and_then(|room| {
            let position = self.streams.position(Topic::Room(room))?;
            let counted = features.memberships().counted_up_to(room);
            let mark = features.memberships().read_up_to(room)?.min(counted);
            let timeline = features.timeline(room)?;
            // With the first new message, if there are not too many.
            let page = timeline.cached_page(mark).or_else(|| timeline.cached_page(counted))?;
            Some((room, position, page))
        });
        let timeline = room.as_ref().and_then(|(room, ..)| features.timeline(*room));
        let pins = timeline.map(|timeline| timeline.pins().to_vec()).unwrap_or_default();
        Some(CachedState {
            user,
            memberships: (memberships, features.memberships().as_snapshot()),
            room,
            pins,
        })
    }

    /// Starts from a cached state. Call it before any other method. The state of another user changes
    /// nothing.
    #[must_use]
    pub fn with_offline_cache(mut self, cached: CachedState, now: Timestamp) -> Self {
        let me = self.features.me().id;
        if cached.user != me {
            return self;
        }
        let memberships = cached.memberships;
        let memberships_by_room = memberships.1.memberships.clone();
        self.restore(Topic::Memberships(me), CoreSnapshot::Membership(memberships.1), now);
        self.update_subscriptions(&mut Vec::new());
        self.streams.resume_from(Topic::Memberships(me), memberships.0);
        if let Some((room, position, page)) = cached.room
            && let Some(membership) =
                memberships_by_room.into_iter().find(|membership| membership.room == room)
            && let Some(facts) = self.features.memberships().room(room).cloned()
        {
            let snapshot = CoreSnapshot::Chat(ChatSnapshot {
                room: facts,
                page,
                pins: cached.pins,
                membership,
            });
            self.restore(Topic::Room(room), snapshot, now);
            self.features.mark_cached(room);
            self.streams.resume_from(Topic::Room(room), position);
        }
        self
    }

    fn restore(&mut self, topic: Topic, snapshot: CoreSnapshot, now: Timestamp) {
        self.features
            .apply_core_snapshot(topic, snapshot, now)
            // Every caller passes the topic of the snapshot, and no screen shows a slice yet.
            .ok();
    }
}
