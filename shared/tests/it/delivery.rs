//! The delivery of a message on the wire.

use madang_shared::delivery::{Delivery, GatewayReceipts, ReadStatus, Recipient, path};
use madang_shared::{Epoch, Position, RoomId, Seq, Timestamp, User, UserId, compact};

#[test]
fn the_app_reads_the_servers_delivery() {
    let at = Timestamp(1_750_000_000_000);
    let states = [
        ReadStatus::Wrote,
        ReadStatus::Read,
        ReadStatus::Unread { up_to: Seq(3) },
        ReadStatus::JoinedLater,
        ReadStatus::Left { at },
    ];
    let people = states.map(|status| Recipient {
        user: User { id: UserId(3), name: "민수".into() },
        status,
        subscribed: 2,
        delivered: 1,
        away_since: (status == ReadStatus::Read).then_some(at),
    });
    let clients = GatewayReceipts { requested: 2, confirmed: vec!["AAAAAAAAAAAAAAHs".into()] };
    for clients in [None, Some(clients)] {
        let delivery = Delivery {
            stored_at: at,
            position: Position::new(Epoch(9), Seq(42)),
            subscribed: 3,
            delivered: 2,
            people: people.to_vec(),
            more: 7,
            gateway: clients,
        };
        let text = serde_json::to_string(&delivery).unwrap();
        assert_eq!(compact::from_text::<Delivery>(&text).unwrap(), delivery);
        assert_eq!(compact::to_text(&delivery), text);
    }
    assert_eq!(path(RoomId(7), Seq(42)), "/api/rooms/7/messages/42/delivery");
}
