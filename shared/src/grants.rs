//! The grants of the apps: what a user may do in an app. The role of a user in the workspace has a default for each grant, and
//! an administrator may decide otherwise for one user.
//!
//! The app reads its own grants at [`GRANTS_PATH`], again after each [`crate::ServerFrame::Workspace`]: that frame also says that
//! the rights of the user may have changed.

use serde::de::{SeqAccess, Visitor};
use serde::{Deserialize, Deserializer, Serialize, Serializer};
use std::fmt;

use crate::ids::User;
use crate::roles::Role;

/// The path of the user's own grants, for `GET` by signed-in users.
pub const GRANTS_PATH: &str = "/api/grants";

/// Administrators that [`OwnGrants`] names.
pub const MAX_NAMED_ADMINISTRATORS: usize = 3;

named! {
    /// A right in an app.
    Grant {
        /// Orders, and sees and cancels the own orders.
        Customer = "customer",
        /// Sees all orders, accepts, cooks, serves and cancels them.
        Kitchen = "kitchen",
        /// Sees all orders, and delivers them.
        Rider = "rider",
        /// Reads the feed.
        ReadFeed = "read_feed",
        /// Writes posts and greetings.
        WriteFeed = "write_feed",
        /// Changes the shared counter.
        Count = "count",
        /// Switches the demonstration of the notices.
        Demonstrate = "demonstrate",
    }
}

impl Grant {
    const fn bit(self) -> u32 {
        1 << (self as u32)
    }
}

/// A set of grants. On the wire it is the list of their names; the names of a newer version are left out.
#[derive(Clone, Copy, Default, PartialEq, Eq)]
pub struct Grants(u32);

impl Grants {
    /// The set of all grants.
    pub fn all() -> Self {
        Self::of(Grant::ALL)
    }

    /// The set of these grants.
    pub const fn of(mut grants: &[Grant]) -> Self {
        let mut bits = 0;
        while let [grant, others @ ..] = grants {
            bits |= grant.bit();
            grants = others;
        }
        Self(bits)
    }

    /// Whether the set has the grant.
    pub fn contains(self, grant: Grant) -> bool {
        self.0 & grant.bit() != 0
    }

    /// Whether the sets have a grant in common.
    pub fn has_any(self, other: Self) -> bool {
        self.0 & other.0 != 0
    }

    /// The grants, in the order of [`Grant::ALL`].
    pub fn iter(self) -> impl Iterator<Item = Grant> {
        Grant::ALL.iter().copied().filter(move |grant| self.contains(*grant))
    }

    /// The set with the grant, or without it.
    #[must_use]
    pub fn with(self, grant: Grant, is_given: bool) -> Self {
        Self(if is_given { self.0 | grant.bit() } else { self.0 & !grant.bit() })
    }
}

impl fmt::Debug for Grants {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_set().entries(self.iter()).finish()
    }
}

impl Serialize for Grants {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.collect_seq(self.iter().map(Grant::name))
    }
}

impl<'de> Deserialize<'de> for Grants {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        deserializer.deserialize_seq(Names)
    }
}

/// Reads a list of names. (A list of texts on the way would be more code in the app.)
struct Names;

impl<'de> Visitor<'de> for Names {
    type Value = Grants;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("a list of grants")
    }

    fn visit_seq<A: SeqAccess<'de>>(self, mut names: A) -> Result<Grants, A::Error> {
        let mut grants = Grants::default();
        while let Some(name) = names.next_element::<String>()? {
            if let Some(grant) = Grant::parse(&name) {
                grants = grants.with(grant, true);
            }
        }
        Ok(grants)
    }
}

/// The grants of each role. Owners have all.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default)]
pub struct RoleGrants {
    /// Those of guests.
    pub guest: Grants,
    /// Those of members.
    pub member: Grants,
    /// Those of administrators.
    pub administrator: Grants,
}

impl RoleGrants {
    /// The grants of a role.
    pub fn of(&self, role: Role) -> Grants {
        match role {
            Role::Guest => self.guest,
            Role::Member => self.member,
            Role::Administrator => self.administrator,
            Role::Owner => Grants::all(),
        }
    }

    /// The grants of a role, to be changed; none for owners.
    pub fn of_mut(&mut self, role: Role) -> Option<&mut Grants> {
        match role {
            Role::Guest => Some(&mut self.guest),
            Role::Member => Some(&mut self.member),
            Role::Administrator => Some(&mut self.administrator),
            Role::Owner => None,
        }
    }
}

/// The grants of the user who asks. This is the body of the answer at [`GRANTS_PATH`].
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct OwnGrants {
    /// The grants.
    pub grants: Grants,
    /// Owners and administrators, who give grants; at most [`MAX_NAMED_ADMINISTRATORS`].
    pub administrators: Vec<User>,
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_set_is_the_list_of_its_names_and_leaves_out_those_of_a_newer_version() {
        let read = |text: &str| serde_json::from_str::<Grants>(text).unwrap();
        let some = read(r#"["rider","gardener","customer","rider"]"#);
        assert_eq!(some, Grants::of(&[Grant::Customer, Grant::Rider]));
        assert_eq!(serde_json::to_string(&some).unwrap(), r#"["customer","rider"]"#);
        assert_eq!(read("[]"), Grants::default());
        assert!(Grant::ALL.iter().all(|grant| Grants::all().contains(*grant)));
    }

    #[test]
    fn a_grant_is_given_and_taken() {
        let both = Grants::of(&[Grant::Kitchen]).with(Grant::Rider, true);
        assert_eq!(both.iter().collect::<Vec<_>>(), [Grant::Kitchen, Grant::Rider]);
        assert_eq!(both.with(Grant::Kitchen, false), Grants::of(&[Grant::Rider]));
        assert!(both.has_any(Grants::of(&[Grant::Rider, Grant::Count])));
        assert!(!both.has_any(Grants::of(&[Grant::Count])) && !both.has_any(Grants::default()));
    }

    #[test]
    fn owners_have_all_grants() {
        let none = RoleGrants::default();
        assert_eq!(none.of(Role::Owner), Grants::all());
        assert_eq!(none.of(Role::Member), Grants::default());
    }
}
