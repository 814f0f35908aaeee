//! The people who can see a room or a message, by the rules that decide requests ([`check`]). The store counts the people of
//! each kind, and the rules decide about the kinds.

use madang_shared::roles::{History, Role, RoomRole};
use madang_shared::room_access::{AccessGroup, AccessRule};
use madang_shared::{RoomId, Seq};

use super::rights::{Need, RoomFacts, RoomRight, UserFacts, check};

/// People about whom the rules decide the same.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct PeopleOfAKind {
    /// The facts about one of them. The user's id does not matter.
    pub user: UserFacts,
    /// The room, as they see it.
    pub room: RoomFacts,
    /// Their number.
    pub people: u64,
}

/// The question who can see a room, or one message in it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Subject {
    /// The room.
    pub room: RoomId,
    /// The message; none for the room.
    pub message: Option<Seq>,
    /// The earlier messages that a new member sees.
    pub history: History,
}

/// The rule by which people of a kind see the subject; none if they do not.
pub fn rule_of(subject: Subject, user: &UserFacts, room: RoomFacts) -> Option<AccessRule> {
    let may = |right| check(Need::Room(subject.room, right), user, Some(room)).is_ok();
    let role = room.role;
    if may(RoomRight::Read) {
        if subject.message.is_some_and(|message| message <= room.sees_after) {
            return Some(AccessRule::JoinedLater);
        }
        return role.map(|role| match role {
            RoomRole::Manager => AccessRule::Manager,
            RoomRole::Member => AccessRule::Member,
            RoomRole::Reader => AccessRule::Reader,
        });
    }
    // New members of such a room see later messages only.
    let is_shown = subject.message.is_none() || subject.history == History::All;
    (is_shown && may(RoomRight::Join)).then_some(AccessRule::MayJoin)
}

/// The kinds of people who can see the subject, in the order of the rules, as a reader with this role may know them: guests do not
/// learn how many people the workspace has.
pub fn audience(subject: Subject, kinds: &[PeopleOfAKind], reader: Role) -> Vec<AccessGroup> {
    let count = |rule: AccessRule| {
        let of_rule =
            kinds.iter().filter(|kind| rule_of(subject, &kind.user, kind.room) == Some(rule));
        of_rule.map(|kind| kind.people).sum::<u64>()
    };
    let group = |rule: &AccessRule| {
        let people = count(*rule);
        let may_know = *rule != AccessRule::MayJoin || reader >= Role::Member;
        let people_known = may_know.then_some(people);
        (people > 0).then_some(AccessGroup { rule: *rule, people: people_known })
    };
    AccessRule::ALL.iter().filter_map(group).collect()
}

#[cfg(test)]
mod tests {
    use madang_shared::UserId;
    use madang_shared::grants::Grants;
    use madang_shared::roles::{Posting, RoomKind};

    use super::*;

    const ROOM: RoomId = RoomId(7);

    fn kind(role: Role, in_room: Option<RoomRole>, people: u64) -> PeopleOfAKind {
        PeopleOfAKind {
            user: UserFacts {
                user: UserId(0),
                role,
                is_deactivated: false,
                grants: Grants::default(),
            },
            room: RoomFacts {
                kind: RoomKind::Public,
                posting: Posting::Members,
                is_archived: false,
                role: in_room,
                sees_after: Seq(0),
            },
            people,
        }
    }

    fn of(mut kind: PeopleOfAKind, room: RoomKind) -> PeopleOfAKind {
        kind.room.kind = room;
        kind
    }

    fn kinds(room: RoomKind) -> Vec<PeopleOfAKind> {
        let mut gone = kind(Role::Member, Some(RoomRole::Member), 16);
        gone.user.is_deactivated = true;
        let kinds = [
            kind(Role::Owner, Some(RoomRole::Manager), 1),
            kind(Role::Member, Some(RoomRole::Member), 2),
            kind(Role::Guest, Some(RoomRole::Reader), 4),
            kind(Role::Member, None, 30),
            kind(Role::Administrator, None, 2),
            kind(Role::Guest, None, 8),
            gone,
        ];
        kinds.into_iter().map(|kind| of(kind, room)).collect()
    }

    fn room() -> Subject {
        Subject { room: ROOM, message: None, history: History::All }
    }

    fn counts(subject: Subject, kinds: &[PeopleOfAKind]) -> Vec<(AccessRule, Option<u64>)> {
        let groups = audience(subject, kinds, Role::Member);
        groups.into_iter().map(|group| (group.rule, group.people)).collect()
    }

    #[test]
    fn a_public_room_is_for_every_member_of_the_workspace() {
        let expected = [
            (AccessRule::Manager, Some(1)),
            (AccessRule::Member, Some(2)),
            (AccessRule::Reader, Some(4)),
            (AccessRule::MayJoin, Some(32)),
        ];
        assert_eq!(counts(room(), &kinds(RoomKind::Public)), expected);
        let for_guest = audience(room(), &kinds(RoomKind::Public), Role::Guest);
        assert_eq!(for_guest.last().unwrap().people, None, "a guest does not count the workspace");
    }

    #[test]
    fn a_private_room_is_for_its_members_alone() {
        for private in [RoomKind::Private, RoomKind::Direct] {
            let rules: Vec<_> = counts(room(), &kinds(private)).iter().map(|it| it.0).collect();
            assert_eq!(rules, [AccessRule::Manager, AccessRule::Member, AccessRule::Reader]);
        }
    }

    #[test]
    fn a_message_is_hidden_from_those_who_joined_later_where_history_is() {
        let mut later = kind(Role::Member, Some(RoomRole::Member), 3);
        later.room.sees_after = Seq(5);
        let kinds =
            [kind(Role::Member, Some(RoomRole::Member), 2), later, kind(Role::Member, None, 9)];
        let message = |seq| Subject { message: Some(Seq(seq)), history: History::Joined, ..room() };
        let expected = [(AccessRule::Member, Some(2)), (AccessRule::JoinedLater, Some(3))];
        assert_eq!(counts(message(5), &kinds), expected);
        assert_eq!(counts(message(6), &kinds), [(AccessRule::Member, Some(5))]);
        let shown = Subject { history: History::All, ..message(6) };
        assert_eq!(counts(shown, &kinds).last(), Some(&(AccessRule::MayJoin, Some(9))));
    }
}
