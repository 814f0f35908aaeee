//! The events that clients get for an event of the log, as in the tutorials.

use madang_shared::chat::ChatEvent;
use madang_shared::orders::OrdersSnapshot;
use madang_shared::posts::PostsEvent;
use madang_shared::{Event, Message, Topic};
use serde_json::{Value, json};

use super::settings::{Settings, Vocabulary};

/// An event of Socket.IO: its name and its value.
pub(super) type OutboundEvent = (&'static str, Value);

/// The events for an event of a topic. For the orders, see [`open_orders`].
pub(super) fn outbound_events(
    settings: &Settings,
    topic: Topic,
    event: &Event,
) -> Vec<OutboundEvent> {
    let vocabularies = settings.vocabularies_of(topic);
    vocabularies.filter_map(|vocabulary| outbound_event(vocabulary, event)).collect()
}

fn outbound_event(vocabulary: Vocabulary, event: &Event) -> Option<OutboundEvent> {
    match (vocabulary, event) {
        (Vocabulary::Posts, Event::Posts(event)) => posts(event),
        (vocabulary, Event::Chat(ChatEvent::Posted(message))) => message_event(vocabulary, message),
        _ => None,
    }
}

fn message_event(vocabulary: Vocabulary, message: &Message) -> Option<OutboundEvent> {
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

/// The id of the sender. Client ids contain no colon, so that they differ from those of users.
fn id(message: &Message) -> String {
    match &message.guest {
        Some(guest) => guest.connection.clone(),
        None => format!("user:{}", message.author.id),
    }
}

/// The name of the sender; the id of a client without a name.
fn name(message: &Message) -> &str {
    match &message.guest {
        Some(guest) if guest.name.is_empty() => &guest.connection,
        Some(guest) => &guest.name,
        None => &message.author.name,
    }
}

fn posts(event: &PostsEvent) -> Option<OutboundEvent> {
    let value = match event {
        PostsEvent::Created { post, .. } => json!({ "action": "create", "post": post }),
        PostsEvent::Edited { post, .. } => json!({ "action": "update", "post": post }),
        PostsEvent::Deleted { post, .. } => json!({ "action": "delete", "post": post }),
        PostsEvent::Greeted { .. } | PostsEvent::Redacted { .. } => return None,
    };
    Some(("posts", value))
}

/// The event for a changed status of an order: the list of all open orders, because the tutorial's client reads a list.
pub(super) fn open_orders(snapshot: &OrdersSnapshot) -> OutboundEvent {
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
        let message = Message { seq: Seq(1), author, at, text, command, sentiment: None, guest };
        ChatEvent::Posted(message).into()
    }

    fn check(guest: Option<(&str, &str)>, id: &str, name: &str) {
        let guest = guest
            .map(|(name, connection)| Guest { name: name.into(), connection: connection.into() });
        let object = json!({ "user_name": name, "message": "안녕" });
        assert_eq!(
            outbound_events(&Settings::default(), Topic::Room(FIRST_ROOM), &message(guest)),
            [
                ("data", json!({ "data": "안녕", "id": id })),
                ("my response", object.clone()),
                ("message", json!("안녕")),
                ("json", object),
            ]
        );
    }

    #[test]
    fn a_message_is_sent_in_every_vocabulary_of_its_room() {
        check(None, "user:3", "미나");
        check(Some(("민수", "sid")), "sid", "민수");
        check(Some(("", "sid")), "sid", "sid");
        let other = Topic::Room(madang_shared::RoomId(9));
        assert_eq!(outbound_events(&Settings::default(), other, &message(None)), []);
    }
}
