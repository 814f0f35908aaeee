//! What became of one message: what the store knows of it, joined with who follows the room now.

use std::collections::BTreeMap;

use madang_shared::delivery::{ClientsAsked, Delivery, Reception, Recipient};
use madang_shared::{Position, Timestamp, User, UserId};

/// What the store knows.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Stored {
    /// When it was stored.
    pub at: Timestamp,
    /// Where.
    pub position: Position,
    /// Whom it was for, in the order of [`Delivery::people`], and no more than it may hold.
    pub people: Vec<(User, Reception)>,
    /// How many more there are.
    pub more: u64,
}

/// Connections of one user that follow a topic.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Reach {
    /// How many.
    pub following: u64,
    /// How many of them were handed everything up to the place in question.
    pub handed: u64,
}

/// Puts it together. `away` says since when a user follows the room with no connection, as far as that
/// is known.
pub fn tell(
    stored: Stored,
    reached: &BTreeMap<UserId, Reach>,
    away: impl Fn(UserId) -> Option<Timestamp>,
    clients: Option<ClientsAsked>,
) -> Delivery {
    let recipient = |(user, reception): (User, Reception)| {
        let Reach { following, handed } = reached.get(&user.id).copied().unwrap_or_default();
        let away_since = if following == 0 { away(user.id) } else { None };
        Recipient { user, reception, following, handed, away_since }
    };
    Delivery {
        stored_at: stored.at,
        position: stored.position,
        following: reached.values().map(|reach| reach.following).sum(),
        handed: reached.values().map(|reach| reach.handed).sum(),
        people: stored.people.into_iter().map(recipient).collect(),
        more: stored.more,
        clients,
    }
}
