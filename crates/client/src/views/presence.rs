//! Who is in the open room, who is typing there, and our own typing.

use madang_shared::presence::{PresenceEvent, PresenceSignal, PresenceSnapshot};
use madang_shared::presence::{TYPING_EXPIRY_MS, TYPING_IDLE_MS, TYPING_RENEW_MS};
use madang_shared::{RoomId, Timestamp, User, UserId};

use crate::vec_map::VecMap;

/// Who is in one room.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct RoomPresence {
    present: VecMap<UserId, User>,
    typing: VecMap<UserId, Typist>,
}

#[derive(Clone, Debug, PartialEq, Eq)]
struct Typist {
    user: User,
    /// Without a further sign of life, nobody shows it after this.
    until: Timestamp,
}

impl RoomPresence {
    /// Everybody present, by id.
    pub fn present(&self) -> impl Iterator<Item = &User> {
        self.present.values()
    }

    /// How many are present.
    pub fn count(&self) -> usize {
        self.present.len()
    }

    /// Who is typing, by id.
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

/// Our own typing: said at once, said again while it goes on, and taken back when it pauses.
#[derive(Clone, Debug, Default)]
pub(crate) struct OwnTyping {
    going_on: Option<GoingOn>,
}

#[derive(Clone, Copy, Debug)]
struct GoingOn {
    room: RoomId,
    said: Timestamp,
    pauses: Timestamp,
}

impl OwnTyping {
    pub(crate) fn keystroke(&mut self, room: RoomId, now: Timestamp) -> Vec<PresenceSignal> {
        let pauses = now.plus(TYPING_IDLE_MS);
        match &mut self.going_on {
            Some(going_on)
                if going_on.room == room && now.since(going_on.said) < TYPING_RENEW_MS =>
            {
                going_on.pauses = pauses;
                Vec::new()
            }
            _ => {
                let elsewhere = self.going_on.is_some_and(|going_on| going_on.room != room);
                let mut signals = if elsewhere { self.stop() } else { Vec::new() };
                self.going_on = Some(GoingOn { room, said: now, pauses });
                signals.push(PresenceSignal::Typing { room, typing: true });
                signals
            }
        }
    }

    pub(crate) fn stop(&mut self) -> Vec<PresenceSignal> {
        let stopped = self.going_on.take();
        stopped
            .map(|going_on| PresenceSignal::Typing { room: going_on.room, typing: false })
            .into_iter()
            .collect()
    }

    pub(crate) fn deadline(&self) -> Option<Timestamp> {
        self.going_on.map(|going_on| going_on.pauses)
    }

    pub(crate) fn wake(&mut self, now: Timestamp) -> Vec<PresenceSignal> {
        match self.deadline() {
            Some(pauses) if pauses <= now => self.stop(),
            _ => Vec::new(),
        }
    }
}
