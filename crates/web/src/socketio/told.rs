//! What clients are told of an event, in the words of the tutorials.

use madang_shared::chat::ChatEvent;
use madang_shared::orders::OrdersSnapshot;
use madang_shared::posts::PostsEvent;
use madang_shared::{Event, Message, Topic};
use serde_json::{Value, json};

use super::settings::{Settings, Vocabulary};

/// An event of Socket.IO: its name, and what it carries.
pub(super) type Told = (&'static str, Value);

/// What is told of an event in a topic. Of the orders, see [`orders`].
pub(super) fn told(settings: &Settings, topic: Topic, event: &Event) -> Vec<Told> {
    settings.spoken_of(topic).filter_map(|vocabulary| one(vocabulary, event)).collect()
}

fn one(vocabulary: Vocabulary, event: &Event) -> Option<Told> {
    match (vocabulary, event) {
        (Vocabulary::Posts, Event::Posts(event)) => posts(event),
        (vocabulary, Event::Chat(ChatEvent::Posted(message))) => said(vocabulary, message),
        _ => None,
    }
}

fn said(vocabulary: Vocabulary, message: &Message) -> Option<Told> {
    let text = &message.text;
    Some(match vocabulary {
        Vocabulary::Data => ("data", json!({ "data": text, "id": id(message) })),
        Vocabulary::MyEvent => ("my response", object(message)),
        Vocabulary::Message => ("message", json!(text)),
        Vocabulary::Json => ("json", object(message)),
        Vocabulary::StatusChanged | Vocabulary::Posts => return None,
    })
}

fn object(message: &Message) -> Value {
    json!({ "user_name": name(message), "message": message.text })
}

/// Whose message it is. A client's id never has a colon in it, so that no user's can be taken for one.
fn id(message: &Message) -> String {
    match &message.guest {
        Some(guest) => guest.connection.clone(),
        None => format!("user:{}", message.author.id),
    }
}

/// What its author is called; a client that gave no name goes by its id.
fn name(message: &Message) -> &str {
    match &message.guest {
        Some(guest) if guest.name.is_empty() => &guest.connection,
        Some(guest) => &guest.name,
        None => &message.author.name,
    }
}

fn posts(event: &PostsEvent) -> Option<Told> {
    let value = match event {
        PostsEvent::Created { post, .. } => json!({ "action": "create", "post": post }),
        PostsEvent::Edited { post, .. } => json!({ "action": "update", "post": post }),
        PostsEvent::Deleted { post, .. } => json!({ "action": "delete", "post": post }),
        PostsEvent::Greeted { .. } | PostsEvent::Redacted { .. } => return None,
    };
    Some(("posts", value))
}

/// What is told when an order is somewhere else than before: all that are open, in a list, because that
/// is what the tutorial's client goes through.
pub(super) fn orders(snapshot: &OrdersSnapshot) -> Told {
    let open: Vec<_> = snapshot.orders.iter().filter(|order| order.status.is_open()).collect();
    ("statusChanged", json!(open))
}

#[cfg(test)]
mod tests {
    use madang_hub::rooms::FIRST_ROOM;
    use madang_shared::chat::Guest;
    use madang_shared::{CommandId, Seq, Timestamp, User, UserId};

    use super::*;

    fn message(guest: Option<Guest>) -> Event {
        let author = User { id: UserId(3), name: "미나".into() };
        let (at, command) = (Timestamp(1), CommandId::new(Timestamp(1), 1));
        let text = "안녕".into();
        let said = Message { seq: Seq(1), author, at, text, command, sentiment: None, guest };
        ChatEvent::Posted(said).into()
    }

    fn check(guest: Option<(&str, &str)>, id: &str, name: &str) {
        let guest = guest
            .map(|(name, connection)| Guest { name: name.into(), connection: connection.into() });
        let object = json!({ "user_name": name, "message": "안녕" });
        assert_eq!(
            told(&Settings::default(), Topic::Room(FIRST_ROOM), &message(guest)),
            [
                ("data", json!({ "data": "안녕", "id": id })),
                ("my response", object.clone()),
                ("message", json!("안녕")),
                ("json", object),
            ]
        );
    }

    #[test]
    fn a_message_is_told_in_every_vocabulary_of_its_room() {
        check(None, "user:3", "미나");
        check(Some(("민수", "sid")), "sid", "민수");
        check(Some(("", "sid")), "sid", "sid");
        let other = Topic::Room(madang_shared::RoomId(9));
        assert_eq!(told(&Settings::default(), other, &message(None)), []);
    }
}
