//! What became of a message, as it travels.

use madang_shared::delivery::{ClientsAsked, Delivery, Reception, Recipient, path};
use madang_shared::{Epoch, Position, RoomId, Seq, Timestamp, User, UserId, compact};

#[test]
fn the_server_writes_what_the_app_reads() {
    let at = Timestamp(1_750_000_000_000);
    let states = [
        Reception::Wrote,
        Reception::Read,
        Reception::Unread { up_to: Seq(3) },
        Reception::JoinedLater,
        Reception::Left { at },
    ];
    let people = states.map(|reception| Recipient {
        user: User { id: UserId(3), name: "민수".into() },
        reception,
        following: 2,
        handed: 1,
        away_since: (reception == Reception::Read).then_some(at),
    });
    let clients = ClientsAsked { asked: 2, confirmed: vec!["AAAAAAAAAAAAAAHs".into()] };
    for clients in [None, Some(clients)] {
        let delivery = Delivery {
            stored_at: at,
            position: Position::new(Epoch(9), Seq(42)),
            following: 3,
            handed: 2,
            people: people.to_vec(),
            more: 7,
            clients,
        };
        let text = serde_json::to_string(&delivery).unwrap();
        assert_eq!(compact::from_text::<Delivery>(&text).unwrap(), delivery);
        assert_eq!(compact::to_text(&delivery), text);
    }
    assert_eq!(path(RoomId(7), Seq(42)), "/api/rooms/7/messages/42/delivery");
}
