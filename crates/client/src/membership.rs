//! The rooms that the user has joined, and what is unread in each.

use madang_shared::membership::{Membership, MembershipEvent, MembershipSnapshot};
use madang_shared::{RoomId, Seq, UserId};

use crate::timeline::Timeline;
use crate::vec_map::VecMap;

/// The rooms that the user has joined.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Memberships {
    membership: VecMap<RoomId, Standing>,
    known: bool,
}

/// How the user stands in one room.
#[derive(Clone, Debug, PartialEq, Eq)]
struct Standing {
    /// What the server said last.
    told: Membership,
    /// The furthest place that was seen on this screen; the server may not know it yet.
    seen: Seq,
}

impl Memberships {
    /// Whether the memberships have arrived; before that, absence means nothing.
    pub fn is_known(&self) -> bool {
        self.known
    }

    /// The joined rooms, ascending.
    pub fn rooms(&self) -> impl Iterator<Item = RoomId> {
        self.membership.keys().copied()
    }

    /// Whether the user has joined the room.
    pub fn contains(&self, room: RoomId) -> bool {
        self.membership.contains_key(&room)
    }

    /// Everything up to here has been read: the furthest mark wins.
    pub fn read_up_to(&self, room: RoomId) -> Option<Seq> {
        self.membership.get(&room).map(|membership| membership.told.read_up_to.max(membership.seen))
    }

    /// The messages up to here are in the server's unread count; the later ones must be counted.
    pub(crate) fn counted_up_to(&self, room: RoomId) -> Seq {
        self.membership.get(&room).map_or(Seq(0), |membership| membership.told.head)
    }

    /// How many messages by others are unread: counted in the timeline where it reaches back to the
    /// mark; otherwise the server's count, and what came after it.
    pub fn unread(&self, room: RoomId, timeline: Option<&Timeline>, me: UserId) -> u64 {
        let Some(membership) = self.membership.get(&room) else {
            return 0;
        };
        let mark = membership.told.read_up_to.max(membership.seen);
        let Some(timeline) = timeline else {
            return membership.told.unread;
        };
        if timeline.reaches_back_to(mark) {
            return timeline.count_by_others_after(mark, me);
        }
        membership.told.unread + timeline.count_by_others_after(membership.told.head, me)
    }

    /// Notes that the user saw everything up to `seq`; answers whether that is news.
    pub(crate) fn see(&mut self, room: RoomId, seq: Seq) -> bool {
        match self.membership.get_mut(&room) {
            Some(membership) if seq > membership.told.read_up_to.max(membership.seen) => {
                membership.seen = seq;
                true
            }
            _ => false,
        }
    }

    pub(crate) fn as_snapshot(&self) -> MembershipSnapshot {
        let told = self.membership.values().map(|membership| membership.told.clone());
        MembershipSnapshot { memberships: told.collect() }
    }

    pub(crate) fn snapshot(&mut self, snapshot: MembershipSnapshot) {
        let mut old = std::mem::take(&mut self.membership);
        self.known = true;
        for told in snapshot.memberships {
            let membership = match old.remove(&told.room) {
                Some(mut membership) => {
                    membership.take(told);
                    membership
                }
                None => Standing { told, seen: Seq(0) },
            };
            self.membership.insert(membership.told.room, membership);
        }
    }

    /// How the user stands in a joined room, from whichever topic: the room's own snapshot says it
    /// too.
    pub(crate) fn told(&mut self, told: Membership) {
        if let Some(membership) = self.membership.get_mut(&told.room) {
            membership.take(told);
        }
    }

    pub(crate) fn event(&mut self, event: MembershipEvent) {
        match event {
            MembershipEvent::Joined(told) => {
                self.membership.insert(told.room, Standing { told, seen: Seq(0) });
            }
            MembershipEvent::Left { room } => {
                self.membership.remove(&room);
            }
            MembershipEvent::Read(told) => self.told(told),
        }
    }
}

impl Standing {
    /// Two topics say the same thing at their own times; the later word holds.
    fn take(&mut self, told: Membership) {
        if (told.head, told.read_up_to) >= (self.told.head, self.told.read_up_to) {
            self.told = told;
        }
    }
}
