//! Deleted messages and silences.

use madang_client::{Action, Input};
use madang_shared::chat::{ChatAnswer, ChatEvent, ChatPage};
use madang_shared::membership::MembershipEvent;
use madang_shared::moderation::{DeletedBy, Silence};
use madang_shared::{ClientFrame, Event, Seq, ServerFrame, Timestamp, Topic};

use crate::support::{ROOM, TestClient, by_other, me};

fn event(client: &mut TestClient, topic: Topic, seq: u64, event: Event) {
    client.frame(&ServerFrame::Event { topic, seq: Seq(seq), event });
}

const DELETED: ChatEvent = ChatEvent::MessageDeleted { message: Seq(2), by: DeletedBy::Author };

fn texts(client: &TestClient) -> Vec<(u64, String, Option<DeletedBy>)> {
    let timeline = client.client.features().timeline(ROOM).expect("a timeline");
    let shown = timeline.messages().iter();
    shown.map(|message| (message.seq.0, message.text.clone(), message.deleted)).collect()
}

#[test]
fn a_deleted_message_keeps_its_place_on_an_open_screen() {
    let mut client = TestClient::in_room(3);
    let edition = client.client.features().timeline(ROOM).expect("a timeline").edition();
    event(&mut client, Topic::Room(ROOM), 4, DELETED.into());
    let shown = texts(&client);
    assert_eq!(shown[1], (2, String::new(), Some(DeletedBy::Author)));
    assert!(shown[0].2.is_none() && shown[2].2.is_none() && shown.len() == 3);
    let timeline = client.client.features().timeline(ROOM).expect("a timeline");
    assert_ne!(timeline.edition(), edition, "its row is drawn again");
    assert_eq!(client.client.features().unread(ROOM), 3, "its place is unread all the same");
}

#[test]
fn an_older_page_that_was_read_before_a_deletion_is_dropped() {
    let mut client = TestClient::in_room(60);
    client.input(Input::Act(Action::LoadOlder(ROOM)));
    // The event overtakes the answer, which still has the text.
    event(&mut client, Topic::Room(ROOM), 61, DELETED.into());
    let stale = ChatPage {
        messages: (1..=10).map(by_other).collect(),
        older: false,
        ..ChatPage::default()
    };
    let query = client.sent.iter().rev().find_map(|frame| match frame {
        ClientFrame::Query(query) => Some(query.id),
        _ => None,
    });
    let id = query.expect("a query");
    client.frame(&ServerFrame::Answer { id, answer: ChatAnswer::Before(stale).into() });
    assert!(texts(&client).iter().all(|(seq, ..)| *seq > 10), "the answer is asked for again");
}

#[test]
fn a_silence_counts_in_its_room_until_its_end() {
    let mut client = TestClient::in_room(1);
    let silence = |room, until| Silence { room, until: Timestamp(until), reason: "spam".into() };
    let both = vec![silence(None, 10), silence(Some(ROOM), 20)];
    let silenced = MembershipEvent::Silenced { silences: both }.into();
    event(&mut client, Topic::Memberships(me().id), 2, silenced);
    let until = |room, now| {
        let memberships = client.client.features().memberships();
        memberships.silence(room, Timestamp(now)).map(|silence| silence.until.0)
    };
    assert_eq!(until(ROOM, 9), Some(20));
    assert_eq!(until(ROOM, 19), Some(20));
    assert_eq!(until(ROOM, 20), None, "it ends by itself");
    let other = madang_shared::RoomId(7);
    assert_eq!((until(other, 9), until(other, 10)), (Some(10), None));
}
