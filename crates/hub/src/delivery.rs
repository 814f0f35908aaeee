//! The delivery of one message: the store's recipients, joined with the connections and the receipts of all nodes.

use madang_shared::delivery::{Delivery, ReadStatus, Recipient};
use madang_shared::{RoomId, Topic, User};

use crate::hub::Hub;
use crate::ports::Recipients;
use crate::presence::Presence;
use crate::topic_channel::ConnectionCounts;

/// Reports the delivery of a message to a member of its room. `stored` is the store's answer.
pub async fn report(hub: &Hub, room: RoomId, stored: Recipients) -> Delivery {
    let topic = Topic::Room(room);
    let counts = hub.connection_counts_of_all_nodes(topic, stored.position.seq);
    let connection_counts = counts.await;
    let presence = hub.ephemeral::<Presence>();
    let people = presence.read(|presence| {
        let recipient = |(user, status): (User, ReadStatus)| {
            let ConnectionCounts { subscribed, delivered } =
                connection_counts.get(&user.id).copied().unwrap_or_default();
            let away_since =
                if subscribed == 0 { presence.away_since(room, user.id) } else { None };
            Recipient { user, status, subscribed, delivered, away_since }
        };
        stored.people.into_iter().map(recipient).collect()
    });
    Delivery {
        stored_at: stored.at,
        position: stored.position,
        subscribed: connection_counts.values().map(|counts| counts.subscribed).sum(),
        delivered: connection_counts.values().map(|counts| counts.delivered).sum(),
        people,
        more: stored.more,
        gateway: hub.receipts_of(topic, stored.position.seq),
    }
}
