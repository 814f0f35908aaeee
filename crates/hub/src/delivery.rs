//! What became of one message: what the store knows of it, joined with who follows the room now.

use std::collections::BTreeMap;

use madang_shared::delivery::{Delivery, GatewayReceipts, ReceiptStatus, Recipient};
use madang_shared::{Position, Timestamp, User, UserId};

/// What the store knows.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Recipients {
    /// When it was stored.
    pub at: Timestamp,
    /// Where.
    pub position: Position,
    /// Whom it was for, in the order of [`Delivery::people`], and no more than it may hold.
    pub people: Vec<(User, ReceiptStatus)>,
    /// How many more there are.
    pub more: u64,
}

/// Connections of one user that follow a topic.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct ConnectionCounts {
    /// How many.
    pub subscribed: u64,
    /// How many of them were handed everything up to the place in question.
    pub delivered: u64,
}

/// Puts it together. `away` says since when a user follows the room with no connection, as far as that
/// is known.
pub fn report(
    stored: Recipients,
    connection_counts: &BTreeMap<UserId, ConnectionCounts>,
    away: impl Fn(UserId) -> Option<Timestamp>,
    clients: Option<GatewayReceipts>,
) -> Delivery {
    let recipient = |(user, status): (User, ReceiptStatus)| {
        let ConnectionCounts { subscribed, delivered } =
            connection_counts.get(&user.id).copied().unwrap_or_default();
        let away_since = if subscribed == 0 { away(user.id) } else { None };
        Recipient { user, status, subscribed, delivered, away_since }
    };
    Delivery {
        stored_at: stored.at,
        position: stored.position,
        subscribed: connection_counts.values().map(|counts| counts.subscribed).sum(),
        delivered: connection_counts.values().map(|counts| counts.delivered).sum(),
        people: stored.people.into_iter().map(recipient).collect(),
        more: stored.more,
        gateway: clients,
    }
}
