//! The grants of users in the apps: the default of each role, and what administrators have decided for one user.

use madang_shared::grants::{Grant, Grants, RoleGrants};
use madang_shared::roles::{Access, Role};

/// The facts that decide the grants of a user.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct GrantFacts {
    /// The role in the workspace.
    pub role: Role,
    /// Whether the account belongs to the server, which relays for others.
    pub is_service: bool,
    /// The grants of each role.
    pub of_roles: RoleGrants,
    /// The grants that were given to the user.
    pub given: Grants,
    /// The grants that the user does not have, for any role.
    pub refused: Grants,
}

impl GrantFacts {
    /// The grants of the user.
    pub fn grants(&self) -> Grants {
        if self.is_service {
            return Grants::all();
        }
        let of_role = self.of_roles.of(self.role);
        let has = |grant: &Grant| {
            !self.refused.contains(*grant)
                && (self.given.contains(*grant) || of_role.contains(*grant))
        };
        let has: Vec<Grant> = Grant::ALL.iter().copied().filter(has).collect();
        Grants::of(&has)
    }
}

/// The grants of each role that nobody has decided. On an open server everybody tries everything, as the tutorials do. Where
/// people come by invitation, the restaurant's side is for those to whom it was given.
pub fn default_grants(access: Access) -> RoleGrants {
    match access {
        Access::Open => {
            RoleGrants { guest: Grants::all(), member: Grants::all(), administrator: Grants::all() }
        }
        Access::Invited | Access::Closed => RoleGrants {
            guest: Grants::default(),
            member: Grants::of(&[Grant::Customer, Grant::ReadFeed, Grant::WriteFeed, Grant::Count]),
            administrator: Grants::all(),
        },
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn facts(role: Role, access: Access) -> GrantFacts {
        GrantFacts {
            role,
            is_service: false,
            of_roles: default_grants(access),
            given: Grants::default(),
            refused: Grants::default(),
        }
    }

    #[test]
    fn everybody_tries_everything_on_an_open_server() {
        for role in Role::ALL {
            assert_eq!(facts(*role, Access::Open).grants(), Grants::all(), "{role:?}");
        }
    }

    #[test]
    fn invited_members_are_customers_and_guests_have_no_app() {
        for access in [Access::Invited, Access::Closed] {
            let member = facts(Role::Member, access).grants();
            assert!(member.contains(Grant::Customer) && member.contains(Grant::WriteFeed));
            for grant in [Grant::Kitchen, Grant::Rider, Grant::Demonstrate] {
                assert!(!member.contains(grant), "{grant:?}");
            }
            assert_eq!(facts(Role::Guest, access).grants(), Grants::default());
            assert_eq!(facts(Role::Administrator, access).grants(), Grants::all());
        }
    }

    #[test]
    fn a_decision_about_a_user_wins_over_the_role() {
        let of_role = facts(Role::Member, Access::Invited);
        let given = GrantFacts { given: Grants::of(&[Grant::Rider]), ..of_role };
        assert_eq!(given.grants(), of_role.grants().with(Grant::Rider, true));
        let refused = GrantFacts { refused: Grants::of(&[Grant::Count]), ..of_role };
        assert_eq!(refused.grants(), of_role.grants().with(Grant::Count, false));
        let service = GrantFacts { is_service: true, refused: Grants::all(), ..of_role };
        assert_eq!(service.grants(), Grants::all(), "the server relays for others");
    }
}
