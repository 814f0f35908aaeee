//! What an app keeps on the device, so that the next visit shows it before the server has answered: the rooms, and
//! the end of one room's timeline, each with the position that it is true at. From those positions the next
//! client resumes as after any other silence: it gets exactly what it missed, or a fresh state.

use madang_shared::chat::{ChatPage, ChatSnapshot};
use madang_shared::membership::MembershipSnapshot;
use madang_shared::rooms::RoomsSnapshot;
use madang_shared::{Position, RoomId, Snapshot, Timestamp, Topic, UserId};
use serde::{Deserialize, Serialize};

use super::state_machine::Client;

/// What one user's client knew when it was last looked at.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct CachedState {
    user: UserId,
    rooms: (Position, RoomsSnapshot),
    memberships: (Position, MembershipSnapshot),
    room: Option<(RoomId, Position, ChatPage)>,
}

impl Client {
    /// What the next visit should find, with the timeline of this room; none before the server has said which
    /// rooms there are.
    pub fn keep(&self, room: Option<RoomId>) -> Option<CachedState> {
        let features = self.features();
        let user = features.me().id;
        let rooms = self.streams.position(Topic::Rooms)?;
        let memberships = self.streams.position(Topic::Memberships(user))?;
        let room = room.and_then(|room| {
            let position = self.streams.position(Topic::Room(room))?;
            let counted = features.memberships().counted_up_to(room);
            Some((room, position, features.timeline(room)?.end(counted)?))
        });
        Some(CachedState {
            user,
            rooms: (rooms, features.rooms().as_snapshot()),
            memberships: (memberships, features.memberships().as_snapshot()),
            room,
        })
    }

    /// Begins with what an earlier visit kept. Call it before anything else; what is another user's is refused,
    /// and changes nothing.
    #[must_use]
    pub fn with_offline_cache(mut self, kept: CachedState, now: Timestamp) -> Self {
        let me = self.features.me().id;
        if kept.user != me {
            return self;
        }
        let (rooms, memberships) = (kept.rooms, kept.memberships);
        let memberships_by_room = memberships.1.memberships.clone();
        self.restore(Topic::Rooms, Snapshot::Rooms(rooms.1), now);
        self.restore(Topic::Memberships(me), Snapshot::Membership(memberships.1), now);
        self.follow(&mut Vec::new());
        self.streams.resume_from(Topic::Rooms, rooms.0);
        self.streams.resume_from(Topic::Memberships(me), memberships.0);
        if let Some((room, position, page)) = kept.room
            && let Some(membership) =
                memberships_by_room.into_iter().find(|membership| membership.room == room)
        {
            let snapshot = Snapshot::Chat(ChatSnapshot { page, membership });
            self.restore(Topic::Room(room), snapshot, now);
            self.features.mark_cached(room);
            self.streams.resume_from(Topic::Room(room), position);
        }
        self
    }

    fn restore(&mut self, topic: Topic, snapshot: Snapshot, now: Timestamp) {
        self.features
            .apply_snapshot(topic, snapshot, now)
            // Every caller names the snapshot's own topic; nothing is on a screen yet.
            .ok();
    }
}
