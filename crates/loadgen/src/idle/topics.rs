//! The topics that each idle connection subscribes to.

use clap::ValueEnum;

/// The topics that each idle connection subscribes to.
#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
pub(crate) enum Topics {
    /// None: the connection only sends its hello. This measures the socket and the session.
    None,
    /// The directory, the user's memberships, and the first room, in which the user then counts as
    /// present.
    Joined,
    /// In addition, the presence of the first room: everything that the app subscribes to with one room
    /// open.
    All,
}

impl Topics {
    /// The topics in words, for the result.
    pub(super) fn describe(self) -> &'static str {
        match self {
            Self::None => "none (hello only)",
            Self::Joined => "rooms, memberships, the first room",
            Self::All => "rooms, memberships, the first room and its presence",
        }
    }
}
