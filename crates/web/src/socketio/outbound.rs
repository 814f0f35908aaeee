//! The events that clients get for an event of the log, as in the tutorials.

use madang_hub::orders::without_contact;
use madang_shared::chat::ChatEvent;
use madang_shared::orders::{OrderStatus, OrdersSnapshot};
use madang_shared::posts::PostsEvent;
use madang_shared::{Event, Failure, Message, Topic};
use serde_json::value::{RawValue, to_raw_value};
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
        // A deleted message has no text, and these vocabularies have no event for it.
        (vocabulary, Event::Chat(ChatEvent::Posted(message))) if message.deleted.is_none() => {
            message_event(vocabulary, message)
        }
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
/// It has no addresses and phone numbers, because guests receive it. Its `status` is a text in which that client finds the tutorial's word; `status_code` is the status alone.
pub(super) fn open_orders(snapshot: &OrdersSnapshot) -> OutboundEvent {
    let open = snapshot.orders.iter().filter(|order| order.status.is_open()).map(|order| {
        let mut value = json!(without_contact(order));
        if let Some(members) = value.as_object_mut() {
            let (label, name) = (korean_label(order.status), order.status.name());
            members.insert("status".to_owned(), json!(format!("{label} ({name})")));
            members.insert("status_code".to_owned(), json!(name));
        }
        value
    });
    ("statusChanged", open.collect())
}

/// The label of a status. That of a pending order is the tutorial's.
fn korean_label(status: OrderStatus) -> &'static str {
    match status {
        OrderStatus::Pending => "보류 중",
        OrderStatus::Accepted => "접수",
        OrderStatus::Cooking => "조리 중",
        OrderStatus::Ready => "준비됨",
        OrderStatus::Delivering => "배달 중",
        OrderStatus::Delivered => "배달 완료",
        OrderStatus::Cancelled => "취소됨",
    }
}

/// The id, and the name, of the sender of a refusal.
const REFUSAL_SENDER: &str = "Socket.IO";

/// A refusal as an event of the vocabulary in which the client sent its event, for pages that do not know `refused`.
/// Its `error` tells programs that it is no message. None if the event is in no vocabulary.
pub(super) fn refusal_in_vocabulary(event: &str, failure: &Failure) -> Option<OutboundEvent> {
    let text = format!("Not sent: {}", failure.message);
    let object = json!({ "user_name": REFUSAL_SENDER, "message": text, "error": failure });
    Some(match Vocabulary::of_event(event)? {
        Vocabulary::Data => {
            ("data", json!({ "data": text, "id": REFUSAL_SENDER, "error": failure }))
        }
        Vocabulary::MyEvent => ("my response", object),
        Vocabulary::Json => ("json", object),
        Vocabulary::Message => ("message", json!(text)),
        Vocabulary::StatusChanged | Vocabulary::Posts => return None,
    })
}

/// An event that is encoded once for all clients.
pub(super) struct EncodedEvent {
    pub(super) name: &'static str,
    pub(super) value: Box<RawValue>,
}

impl EncodedEvent {
    pub(super) fn new((name, value): &OutboundEvent) -> Self {
        let value = to_raw_value(value).unwrap_or_else(|error| {
            tracing::error!(%error, "Socket.IO: a value cannot be encoded; this is a defect");
            RawValue::NULL.to_owned()
        });
        Self { name, value }
    }

    /// The size of its packet in bytes, without the head: never more than the packet has.
    pub(super) fn bytes(&self) -> usize {
        self.name.len() + self.value.get().len()
    }
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
        let message = Message { guest, ..Message::new(Seq(1), author, at, text, command) };
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
