//! The rooms that the user has joined, with the facts and the unread count of each, and the muted ones.

use madang_shared::membership::{
    Membership, MembershipCommand, MembershipEvent, MembershipSnapshot, Removal,
};
use madang_shared::moderation::Silence;
use madang_shared::rooms::Room;
use madang_shared::{RoomId, Seq, Timestamp, UserId};

use crate::vec_map::VecMap;
use crate::view::CommandRules;
use crate::views::chat::Timeline;

/// The rooms that the user has joined.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Memberships {
    rooms: VecMap<RoomId, RoomMembership>,
    known: bool,
    removed: Option<EndedMembership>,
    silences: Vec<Silence>,
    marked: VecMap<RoomId, Marked>,
}

/// Messages that this client has marked as unread, before the server has answered.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Marked {
    /// The messages from this one on.
    From(Seq),
    /// The user has read them again.
    ReadAgain,
}

/// A membership that another user has ended while this client ran.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct EndedMembership {
    /// Which room.
    pub room: RoomId,
    /// The name of the room; empty if it has none, or if its facts had not arrived.
    pub name: String,
    /// The act of the other user.
    pub removal: Removal,
    /// The reason that the other user gave.
    pub reason: String,
}

/// The membership in one room.
#[derive(Clone, Debug, PartialEq, Eq)]
struct RoomMembership {
    /// The latest state from the server.
    stored: Membership,
    /// The latest facts from the server; none between joining the room and the state of its timeline.
    facts: Option<Room>,
    /// The furthest message that this screen has shown; the server may not know it yet.
    seen: Seq,
    /// Whether `seen` must be sent again.
    is_seen_unsent: bool,
    muted: bool,
}

impl Memberships {
    /// Whether the memberships have arrived. Until then an empty list means nothing.
    pub fn is_known(&self) -> bool {
        self.known
    }

    /// The joined rooms, ascending.
    pub fn rooms(&self) -> impl Iterator<Item = RoomId> {
        self.rooms.keys().copied()
    }

    /// The facts of a joined room; `None` before they have arrived.
    pub fn room(&self, room: RoomId) -> Option<&Room> {
        self.rooms.get(&room)?.facts.as_ref()
    }

    /// The facts of the joined rooms that have arrived, by id, ascending.
    pub fn all_rooms(&self) -> impl Iterator<Item = &Room> {
        self.rooms.values().filter_map(|membership| membership.facts.as_ref())
    }

    /// The last membership that another user has ended, unless the user has joined the room again.
    pub fn removed(&self) -> Option<&EndedMembership> {
        self.removed.as_ref()
    }

    /// The silence that keeps the user from writing in a room at this time: the one that ends last.
    pub fn silence(&self, room: RoomId, now: Timestamp) -> Option<&Silence> {
        let here = self.silences.iter().filter(|it| it.room.is_none_or(|of| of == room));
        here.filter(|it| it.until > now).max_by_key(|it| it.until)
    }

    /// Whether the user has joined the room.
    pub fn contains(&self, room: RoomId) -> bool {
        self.rooms.contains_key(&room)
    }

    /// The read mark in the room: the server's or this screen's, whichever is further; before the messages that the user has
    /// marked as unread.
    pub fn read_up_to(&self, room: RoomId) -> Option<Seq> {
        let mark = self.rooms.get(&room)?.read_up_to();
        Some(match self.marked.get(&room) {
            Some(Marked::From(from)) => mark.min(from.previous()),
            Some(Marked::ReadAgain) | None => mark,
        })
    }

    /// Whether the user has muted the room, as the server knows it.
    pub fn is_muted(&self, room: RoomId) -> bool {
        self.rooms.get(&room).is_some_and(|membership| membership.muted)
    }

    /// The last message that the server's unread count includes; 0 for a room that is not joined.
    pub(crate) fn counted_up_to(&self, room: RoomId) -> Seq {
        self.rooms.get(&room).map_or(Seq(0), |membership| membership.stored.head)
    }

    /// The number of unread messages by others. The timeline counts them if it reaches back to the
    /// read mark; otherwise the server's count and the messages after it are added up.
    pub fn unread(&self, room: RoomId, timeline: Option<&Timeline>, me: UserId) -> u64 {
        let Some(membership) = self.rooms.get(&room) else {
            return 0;
        };
        let stored = &membership.stored;
        let Some((timeline, mark)) = timeline.zip(self.read_up_to(room)) else {
            return stored.unread;
        };
        if timeline.reaches_back_to(mark) {
            return timeline.count_by_others_after(mark, me);
        }
        stored.unread + timeline.count_by_others_after(stored.head, me)
    }

    /// Notes that the user saw everything up to `seq`. Returns whether the read mark moved.
    pub(crate) fn mark_seen(&mut self, room: RoomId, seq: Seq) -> bool {
        if self.read_up_to(room).is_none_or(|mark| seq <= mark) {
            return false;
        }
        if let Some(membership) = self.rooms.get_mut(&room) {
            membership.seen = seq;
        }
        if let Some(marked) = self.marked.get_mut(&room) {
            *marked = Marked::ReadAgain;
        }
        true
    }

    /// Notes that the user marks the messages from one on as unread; the server does not know it yet.
    pub(crate) fn mark_unread(&mut self, room: RoomId, from: Seq) {
        self.marked.insert(room, Marked::From(from));
    }

    /// Ends the marks of the other rooms: without an event, the server found nothing to mark.
    pub(crate) fn keep_unread_marks(&mut self, is_pending: impl Fn(RoomId) -> bool) {
        self.marked.retain(|room, _| is_pending(*room));
    }

    /// The rooms whose read mark must be sent again; they count as sent.
    pub(crate) fn take_unsent(&mut self) -> Vec<RoomId> {
        let rooms = self.rooms.iter_mut();
        rooms
            .filter_map(|(room, it)| std::mem::take(&mut it.is_seen_unsent).then_some(*room))
            .collect()
    }

    pub(crate) fn as_snapshot(&self) -> MembershipSnapshot {
        let stored = self.rooms.values().map(|membership| membership.stored.clone());
        let muted = self.rooms().filter(|room| self.is_muted(*room));
        MembershipSnapshot {
            memberships: stored.collect(),
            rooms: self.all_rooms().cloned().collect(),
            muted: muted.collect(),
            silences: self.silences.clone(),
        }
    }

    pub(crate) fn apply_snapshot(&mut self, snapshot: MembershipSnapshot) {
        let mut old = std::mem::take(&mut self.rooms);
        self.known = true;
        self.silences = snapshot.silences;
        for stored in snapshot.memberships {
            let membership = match old.remove(&stored.room) {
                Some(mut membership) => {
                    membership.update(stored, &mut self.marked);
                    membership
                }
                None => RoomMembership::new(stored),
            };
            let muted = snapshot.muted.contains(&membership.stored.room);
            let membership = RoomMembership { muted, ..membership };
            self.rooms.insert(membership.stored.room, membership);
        }
        for room in snapshot.rooms {
            self.update_facts(room);
        }
        let rooms = &self.rooms;
        self.marked.retain(|room, _| rooms.contains_key(room));
    }

    /// Updates the facts of a joined room. They arrive with the memberships and in the room's own topic.
    pub(crate) fn update_facts(&mut self, room: Room) {
        if let Some(membership) = self.rooms.get_mut(&room.id) {
            let is_older = |known: &Room| known.revision > room.revision;
            if !membership.facts.as_ref().is_some_and(is_older) {
                membership.facts = Some(room);
            }
        }
    }

    /// Replaces the name of an erased user in the direct conversations.
    pub(crate) fn erase(&mut self, user: UserId, me: UserId) {
        for room in self.rooms.values_mut().filter_map(|membership| membership.facts.as_mut()) {
            if room.people.iter_mut().any(|person| person.erase(user)) {
                name_after_people(room, me);
            }
        }
    }

    /// Updates the membership in a joined room. It arrives in the membership topic, and in the
    /// snapshots of the room.
    pub(crate) fn update(&mut self, stored: Membership) {
        if let Some(membership) = self.rooms.get_mut(&stored.room) {
            membership.update(stored, &mut self.marked);
        }
    }

    pub(crate) fn apply_event(&mut self, event: MembershipEvent) {
        match event {
            MembershipEvent::Joined(stored) => {
                self.removed = self.removed.take().filter(|ended| ended.room != stored.room);
                self.rooms.insert(stored.room, RoomMembership::new(stored));
            }
            MembershipEvent::Left { room, removal, reason } => {
                self.marked.remove(&room);
                let facts = self.rooms.remove(&room).and_then(|membership| membership.facts);
                if let Some(removal) = removal {
                    let name = facts.map(|facts| facts.name).unwrap_or_default();
                    self.removed = Some(EndedMembership { room, name, removal, reason });
                }
            }
            MembershipEvent::Read(stored) => self.update(stored),
            MembershipEvent::Muted { room, muted } => {
                if let Some(membership) = self.rooms.get_mut(&room) {
                    membership.muted = muted;
                }
            }
            MembershipEvent::Silenced { silences } => self.silences = silences,
        }
    }
}

impl RoomMembership {
    fn new(stored: Membership) -> Self {
        Self { stored, facts: None, seen: Seq(0), is_seen_unsent: false, muted: false }
    }

    fn read_up_to(&self) -> Seq {
        self.stored.mark().max(self.seen)
    }

    /// The two topics that carry a membership are not ordered among each other, so an older state
    /// may arrive last. The later one counts.
    fn update(&mut self, stored: Membership, marked: &mut VecMap<RoomId, Marked>) {
        // Reading again moves the mark on, until it is none.
        let unread = |it: &Membership| (it.unread_from == Seq(0), it.unread_from);
        let age = |it: &Membership| (it.marked, it.head, it.read_up_to, unread(it));
        if age(&stored) < age(&self.stored) {
            return;
        }
        if stored.marked > self.stored.marked {
            // The messages that were marked as unread are so again, unless this screen has shown them since. It cannot know
            // whether the mark is its own or a later one of another device, so it says again that it has.
            self.is_seen_unsent = marked.remove(&stored.room) == Some(Marked::ReadAgain);
            if !self.is_seen_unsent {
                self.seen = Seq(0);
            }
        }
        self.stored = stored;
    }
}

impl CommandRules for Memberships {
    type Command = MembershipCommand;

    fn supersedes(newer: &MembershipCommand, older: &MembershipCommand) -> bool {
        match (newer, older) {
            (
                MembershipCommand::Read { room: newer, .. },
                MembershipCommand::Read { room: older, .. },
            )
            | (
                MembershipCommand::MarkUnread { room: newer, .. },
                MembershipCommand::MarkUnread { room: older, .. },
            )
            | (
                MembershipCommand::Mute { room: newer, .. },
                MembershipCommand::Mute { room: older, .. },
            ) => newer == older,
            // The user came back before the server heard of the leaving.
            (MembershipCommand::Join { room: newer }, MembershipCommand::Leave { room: older }) => {
                newer == older
            }
            _ => false,
        }
    }

    /// A mark in a room that the user has left.
    fn is_dropped_when_refused(command: &MembershipCommand) -> bool {
        matches!(command, MembershipCommand::Read { .. } | MembershipCommand::MarkUnread { .. })
    }
}

/// Names a direct conversation after its people, without the user.
pub(crate) fn name_after_people(room: &mut Room, me: UserId) {
    if !room.people.is_empty() {
        room.name.clear();
    }
    for person in room.people.iter().filter(|person| person.id != me) {
        if !room.name.is_empty() {
            room.name += ", ";
        }
        room.name += &person.name;
    }
}
