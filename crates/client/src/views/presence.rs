//! Presence and typing in the open room, and our own typing.

use madang_shared::presence::{PresenceEvent, PresenceSignal, PresenceSnapshot};
use madang_shared::presence::{TYPING_EXPIRY_MS, TYPING_IDLE_MS, TYPING_RENEW_MS};
use madang_shared::{RoomId, Timestamp, User, UserId};

use crate::vec_map::VecMap;

/// The users in one room.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct RoomPresence {
    present: VecMap<UserId, User>,
    typing: VecMap<UserId, Typist>,
}

#[derive(Clone, Debug, PartialEq, Eq)]
struct Typist {
    user: User,
    /// The typing expires at this time, unless another signal arrives.
    until: Timestamp,
}

impl RoomPresence {
    /// The present users, by id.
    pub fn present(&self) -> impl Iterator<Item = &User> {
        self.present.values()
    }

    /// The number of present users.
    pub fn count(&self) -> usize {
        self.present.len()
    }

    /// Whether the user is present.
    pub fn contains(&self, user: UserId) -> bool {
        self.present.contains_key(&user)
    }

    /// The users who are typing, by id.
    pub fn typing(&self) -> impl Iterator<Item = &User> {
        self.typing.values().map(|typist| &typist.user)
    }

    pub(crate) fn get(&self, user: UserId) -> Option<&User> {
        self.present.get(&user)
    }

    pub(crate) fn apply_snapshot(
        &mut self,
        snapshot: PresenceSnapshot,
        now: Timestamp,
        me: UserId,
    ) {
        self.present = snapshot.present.into_iter().map(|user| (user.id, user)).collect();
        let typing = snapshot.typing.into_iter().filter(|id| *id != me);
        let typing = typing.filter_map(|id| self.present.get(&id).cloned());
        let until = now.plus(TYPING_EXPIRY_MS);
        self.typing = typing.map(|user| (user.id, Typist { user, until })).collect();
    }

    pub(crate) fn apply_event(&mut self, event: PresenceEvent, now: Timestamp, me: UserId) {
        match event {
            PresenceEvent::Changed { joined, left } => {
                for id in left {
                    self.present.remove(&id);
                    self.typing.remove(&id);
                }
                self.present.extend(joined.into_iter().map(|user| (user.id, user)));
            }
            PresenceEvent::Typing { user, typing: true } if user.id != me => {
                self.typing.insert(user.id, Typist { user, until: now.plus(TYPING_EXPIRY_MS) });
            }
            PresenceEvent::Typing { user, .. } => {
                self.typing.remove(&user.id);
            }
        }
    }

    /// Ends the typing of a user who posted a message. Returns whether the user was typing.
    pub(crate) fn end_typing(&mut self, user: UserId) -> bool {
        self.typing.remove(&user).is_some()
    }

    pub(crate) fn deadline(&self) -> Option<Timestamp> {
        self.typing.values().map(|typist| typist.until).min()
    }

    pub(crate) fn expire(&mut self, now: Timestamp) -> bool {
        let before = self.typing.len();
        self.typing.retain(|_, typist| typist.until > now);
        self.typing.len() != before
    }
}

/// The signals of our own typing: sent at the first keystroke, renewed while it continues, and
/// withdrawn after a pause.
#[derive(Clone, Debug, Default)]
pub(crate) struct OwnTyping {
    current: Option<TypingIn>,
}

#[derive(Clone, Copy, Debug)]
struct TypingIn {
    room: RoomId,
    signalled_at: Timestamp,
    idle_at: Timestamp,
}

impl OwnTyping {
    pub(crate) fn keystroke(&mut self, room: RoomId, now: Timestamp) -> Vec<PresenceSignal> {
        let idle_at = now.plus(TYPING_IDLE_MS);
        match &mut self.current {
            Some(current)
                if current.room == room && now.since(current.signalled_at) < TYPING_RENEW_MS =>
            {
                current.idle_at = idle_at;
                Vec::new()
            }
            _ => {
                let in_other_room = self.current.is_some_and(|current| current.room != room);
                let mut signals = if in_other_room { self.stop() } else { Vec::new() };
                self.current = Some(TypingIn { room, signalled_at: now, idle_at });
                signals.push(PresenceSignal::Typing { room, typing: true });
                signals
            }
        }
    }

    pub(crate) fn stop(&mut self) -> Vec<PresenceSignal> {
        let stopped = self.current.take();
        stopped
            .map(|current| PresenceSignal::Typing { room: current.room, typing: false })
            .into_iter()
            .collect()
    }

    pub(crate) fn deadline(&self) -> Option<Timestamp> {
        self.current.map(|current| current.idle_at)
    }

    pub(crate) fn wake(&mut self, now: Timestamp) -> Vec<PresenceSignal> {
        match self.deadline() {
            Some(idle_at) if idle_at <= now => self.stop(),
            _ => Vec::new(),
        }
    }
}
