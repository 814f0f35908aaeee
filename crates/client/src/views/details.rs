//! The details of the open room: its description, and the changes of its members.

use madang_shared::details::{DetailsEvent, DetailsSnapshot};
use madang_shared::profile::Profile;
use madang_shared::{Timestamp, User, UserId};

use crate::view::{ApplyEvent, ApplySnapshot, View};

/// The changes of members that are kept for screens that list them.
const MAX_CHANGES: usize = 500;

/// The details of the open room.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct RoomDetails {
    snapshot: Option<DetailsSnapshot>,
    changes: Vec<DetailsEvent>,
    edition: u64,
}

impl RoomDetails {
    /// The description; empty if the room has none, or the details have not arrived.
    pub fn description(&self) -> &str {
        self.snapshot.as_ref().map_or("", |snapshot| &snapshot.description)
    }

    /// The number of members; `None` before the details have arrived.
    pub fn members(&self) -> Option<u64> {
        self.snapshot.as_ref().map(|snapshot| snapshot.members)
    }

    /// The profile of a user of the room; `None` for a user who has set none, or is not listed.
    pub fn profile(&self, user: UserId) -> Option<&Profile> {
        self.snapshot.as_ref()?.profiles.iter().find(|profile| profile.user == user)
    }

    /// The name that is shown for a user: the display name, or else the handle.
    pub fn shown_name<'n>(&'n self, user: &'n User) -> &'n str {
        let name = self.profile(user.id).map_or("", |profile| &profile.name);
        if name.is_empty() { &user.name } else { name }
    }

    /// Drops every copy of what an erased user wrote. Pages that list members are loaded again.
    pub(crate) fn erase(&mut self, user: UserId) {
        if let Some(snapshot) = &mut self.snapshot {
            snapshot.profiles.retain(|profile| profile.user != user);
        }
        self.changes.clear();
        self.edition += 1;
    }

    /// A number that changes when changes may be missing. Pages of members that were requested before are useless
    /// then.
    pub fn edition(&self) -> u64 {
        self.edition
    }

    /// The events of this edition, in order. A page of members that was requested in this edition is current after
    /// all of them.
    pub fn changes(&self) -> &[DetailsEvent] {
        &self.changes
    }
}

impl View for RoomDetails {}

impl ApplySnapshot<DetailsSnapshot> for RoomDetails {
    fn apply_snapshot(&mut self, snapshot: DetailsSnapshot, _now: Timestamp) {
        self.snapshot = Some(snapshot);
        self.changes.clear();
        self.edition += 1;
    }
}

impl ApplyEvent<DetailsEvent> for RoomDetails {
    fn apply_event(&mut self, event: DetailsEvent, _now: Timestamp) {
        let Some(snapshot) = &mut self.snapshot else { return };
        match &event {
            DetailsEvent::Described { description, .. } => {
                snapshot.description.clone_from(description);
                return;
            }
            DetailsEvent::ProfileChanged(profile) => {
                snapshot.profiles.retain(|it| it.user != profile.user);
                snapshot.profiles.push(profile.clone());
                return;
            }
            // The end of the membership follows.
            DetailsEvent::Deleted => return,
            DetailsEvent::RoleChanged { .. } => {}
            DetailsEvent::Joined { .. } => snapshot.members += 1,
            DetailsEvent::Left { .. } => {
                snapshot.members = snapshot.members.saturating_sub(1);
            }
        }
        if self.changes.len() >= MAX_CHANGES {
            self.changes.clear();
            self.edition += 1;
        }
        self.changes.push(event);
    }
}
