//! The roles of users in the workspace and in rooms, and the kinds of rooms. The hub decides by them what a user may do
//! (`madang_hub::policy`).

use serde::{Deserialize, Serialize};

/// Declares an enum whose variants have one name each, on the wire and in the database.
macro_rules! named {
    ($(#[$doc:meta])* $name:ident { $($(#[$variant_doc:meta])* $variant:ident = $text:literal,)+ }) => {
        $(#[$doc])*
        #[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
        #[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
        pub enum $name {
            $($(#[$variant_doc])* #[serde(rename = $text)] $variant,)+
        }

        impl $name {
            /// All, in the order of the declaration.
            pub const ALL: &[Self] = &[$(Self::$variant,)+];

            /// The name on the wire and in the database.
            pub fn name(self) -> &'static str {
                match self {
                    $(Self::$variant => $text,)+
                }
            }

            /// The value with this name.
            pub fn parse(name: &str) -> Option<Self> {
                match name {
                    $($text => Some(Self::$variant),)+
                    _ => None,
                }
            }
        }
    };
}

named! {
    /// The role of a user in the workspace. A greater role has every right of a lesser one.
    Role {
        /// Uses the rooms to which somebody has invited them, and sees no others.
        Guest = "guest",
        /// Sees and joins public rooms, and makes rooms.
        Member = "member",
        /// Manages users and public rooms.
        Administrator = "administrator",
        /// Manages administrators too. A workspace that ever had an owner keeps one.
        Owner = "owner",
    }
}

named! {
    /// The role of a member in a room. A greater role has every right of a lesser one.
    #[derive(Default)]
    RoomRole {
        /// Reads.
        Reader = "reader",
        /// Writes.
        #[default]
        Member = "member",
        /// Manages the room and its members.
        Manager = "manager",
    }
}

named! {
    /// The kind of a room.
    #[derive(Default)]
    RoomKind {
        /// Every member of the workspace sees and joins it.
        #[default]
        Public = "public",
        /// Only its members know of it.
        Private = "private",
        /// A conversation of people who were chosen when it began. It has no name, and nobody is added or removed.
        Direct = "direct",
    }
}

named! {
    /// The people who may make an account.
    Access {
        /// Everybody who reaches the server. A name is enough.
        Open = "open",
        /// People with an invitation.
        Invited = "invited",
        /// People whom an administrator invites by a link for one person.
        Closed = "closed",
    }
}

impl Access {
    /// Whether everybody who reaches the server may make an account.
    pub fn is_open(&self) -> bool {
        *self == Self::Open
    }
}

impl Default for Access {
    /// That of a server of one machine.
    fn default() -> Self {
        Self::Open
    }
}

named! {
    /// The members of a room who may write.
    #[derive(Default)]
    Posting {
        /// All but readers.
        #[default]
        Members = "members",
        /// Managers only: a room of announcements.
        Managers = "managers",
    }
}

named! {
    /// The earlier messages that a new member of a room sees.
    #[derive(Default)]
    History {
        /// All.
        #[default]
        All = "all",
        /// None: a member sees the messages since joining.
        Joined = "joined",
    }
}
