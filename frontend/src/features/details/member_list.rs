//! The members of a room as far as their pages are loaded, with the events since then.

use madang_client::VecMap;
use madang_shared::UserId;
use madang_shared::details::{DetailsEvent, MembersPage, RoomMember};

/// The loaded pages.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(super) struct LoadedMembers {
    members: Vec<RoomMember>,
    /// Whether the server has members after these.
    pub(super) more: bool,
}

impl LoadedMembers {
    /// Adds the page after the last member.
    pub(super) fn add(&mut self, page: MembersPage) {
        self.members.extend(page.members);
        self.more = page.more;
    }

    /// The last loaded member, after whom the next page begins.
    pub(super) fn last(&self) -> Option<UserId> {
        self.members.last().map(|member| member.user.id)
    }

    /// The members by id, after these events. A member after the last loaded one comes with a later page.
    pub(super) fn after(&self, changes: &[DetailsEvent]) -> VecMap<UserId, RoomMember> {
        let loaded = self.members.iter().cloned();
        let mut members: VecMap<UserId, RoomMember> =
            loaded.map(|member| (member.user.id, member)).collect();
        let last = self.last();
        for change in changes {
            match change {
                DetailsEvent::Joined { member, .. } => {
                    let id = member.user.id;
                    if !self.more || last.is_some_and(|last| id <= last) {
                        members.insert(id, member.clone());
                    }
                }
                DetailsEvent::Left { user } => {
                    members.remove(user);
                }
                DetailsEvent::RoleChanged { user, role } => {
                    if let Some(member) = members.get_mut(user) {
                        member.role = *role;
                    }
                }
                DetailsEvent::Described { .. }
                | DetailsEvent::ProfileChanged(_)
                | DetailsEvent::Deleted => {}
            }
        }
        members
    }
}

#[cfg(test)]
mod tests {
    use madang_shared::roles::RoomRole;
    use madang_shared::{Seq, User};

    use super::*;

    fn member(id: u64) -> RoomMember {
        let user = User { id: UserId(id), name: format!("user {id}") };
        RoomMember { user, since: None, role: RoomRole::Member }
    }

    fn joined(id: u64) -> DetailsEvent {
        DetailsEvent::Joined { member: member(id), after: Seq(0) }
    }

    fn left(id: u64) -> DetailsEvent {
        DetailsEvent::Left { user: UserId(id) }
    }

    fn loaded(ids: &[u64], more: bool) -> LoadedMembers {
        let mut loaded = LoadedMembers::default();
        loaded.add(MembersPage { members: ids.iter().map(|id| member(*id)).collect(), more });
        loaded
    }

    fn ids(loaded: &LoadedMembers, changes: &[DetailsEvent]) -> Vec<u64> {
        loaded.after(changes).keys().map(|id| id.0).collect()
    }

    #[test]
    fn events_change_the_loaded_members() {
        let all = loaded(&[1, 3, 5], false);
        assert_eq!(ids(&all, &[]), [1, 3, 5]);
        assert_eq!(ids(&all, &[joined(9), left(3)]), [1, 5, 9]);
        assert_eq!(ids(&all, &[left(3), joined(3), left(1), left(1)]), [3, 5]);
        // The page was read after the event.
        assert_eq!(ids(&all, &[joined(5), left(2)]), [1, 3, 5]);
    }

    #[test]
    fn a_member_after_the_loaded_ones_comes_with_a_later_page() {
        let mut some = loaded(&[1, 3], true);
        assert_eq!(ids(&some, &[joined(2), joined(9)]), [1, 2, 3]);
        some.add(MembersPage { members: vec![member(5), member(9)], more: false });
        assert_eq!(ids(&some, &[joined(2), joined(9), joined(11)]), [1, 2, 3, 5, 9, 11]);
        assert_eq!(some.last(), Some(UserId(9)));
    }

    #[test]
    fn an_empty_page_is_the_end() {
        assert_eq!(ids(&loaded(&[], false), &[joined(4)]), [4]);
        assert_eq!(
            ids(&LoadedMembers { more: true, ..LoadedMembers::default() }, &[joined(4)]),
            [0; 0]
        );
    }
}
