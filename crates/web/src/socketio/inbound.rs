//! The action for an event of a client.

use madang_hub::chat::relay_guest_message;
use madang_hub::features::Change;
use madang_shared::chat::Guest;
use madang_shared::{ErrorCode, Failure, RoomId, Topic};
use serde_json::{Map, Value, json};

use super::outbound::OutboundEvent;
use super::settings::{Settings, Vocabulary};

/// Limit for a value that is broadcast, in bytes: about the size of the longest text.
const MAX_VALUE_BYTES: usize = 16 * 1024;

/// The action for an event of a client.
#[derive(Debug, PartialEq)]
pub(super) enum InboundAction {
    /// Store a message.
    Store {
        /// The change to commit.
        change: Change,
        /// The event that returns the client's object unchanged.
        original: Option<OutboundEvent>,
    },
    /// Send an event to the connected clients of a room, without storing it.
    Broadcast {
        /// The room.
        room: RoomId,
        /// The event.
        event: OutboundEvent,
    },
}

/// Selects the action for an event of the client with this id.
///
/// # Errors
/// If the event is in no vocabulary, or its value cannot become a message.
pub(super) fn action_of(
    settings: &Settings,
    id: &str,
    event: &str,
    value: Option<Value>,
) -> Result<InboundAction, Failure> {
    let (vocabulary, room) = vocabulary_of(settings, event)?;
    let value = value.ok_or_else(|| {
        let message = "The event has no JSON value; send one argument that is JSON.";
        Failure::new(ErrorCode::Malformed, message)
    })?;
    match (vocabulary, value) {
        (Vocabulary::Data | Vocabulary::Message, Value::String(text)) => {
            message(room, id, "", &text, None)
        }
        (Vocabulary::MyEvent | Vocabulary::Json, Value::Object(object)) => {
            object_action(vocabulary, room, id, object)
        }
        (vocabulary, value) => {
            check_size(&value)?;
            Ok(InboundAction::Broadcast { room, event: echo(vocabulary, id, value) })
        }
    }
}

/// An object with a text in `message` becomes a message; any other object is broadcast unchanged.
fn object_action(
    vocabulary: Vocabulary,
    room: RoomId,
    id: &str,
    object: Map<String, Value>,
) -> Result<InboundAction, Failure> {
    let text = |name: &str| object.get(name).and_then(Value::as_str).map(str::to_owned);
    let name = text("user_name").or_else(|| (!object.contains_key("user_name")).then(String::new));
    let parts = text("message").zip(name);
    let object = Value::Object(object);
    check_size(&object)?;
    match parts {
        Some((message_text, name)) => {
            message(room, id, &name, &message_text, Some(echo(vocabulary, id, object)))
        }
        None => Ok(InboundAction::Broadcast { room, event: echo(vocabulary, id, object) }),
    }
}

fn message(
    room: RoomId,
    id: &str,
    name: &str,
    text: &str,
    original: Option<OutboundEvent>,
) -> Result<InboundAction, Failure> {
    let guest = Guest { name: name.to_owned(), connection: id.to_owned() };
    let change = Change::Chat(relay_guest_message(room, text, guest)?);
    Ok(InboundAction::Store { change, original })
}

fn vocabulary_of(settings: &Settings, event: &str) -> Result<(Vocabulary, RoomId), Failure> {
    let vocabulary = match event {
        "data" => Some(Vocabulary::Data),
        "my event" => Some(Vocabulary::MyEvent),
        "message" => Some(Vocabulary::Message),
        "json" => Some(Vocabulary::Json),
        _ => None,
    };
    match vocabulary.map(|vocabulary| (vocabulary, settings.topic(vocabulary))) {
        Some((vocabulary, Some(Topic::Room(room)))) => Ok((vocabulary, room)),
        _ => Err(Failure::new(
            ErrorCode::Unsupported,
            "This server does not handle this event; docs/compatibility.md lists the events.",
        )),
    }
}

/// The event for all clients that returns a client's value.
fn echo(vocabulary: Vocabulary, id: &str, value: Value) -> OutboundEvent {
    match vocabulary {
        Vocabulary::Data => ("data", json!({ "data": value, "id": id })),
        Vocabulary::MyEvent => ("my response", value),
        Vocabulary::Json => ("json", value),
        _ => ("message", value),
    }
}

fn check_size(value: &Value) -> Result<(), Failure> {
    let bytes = value.to_string().len();
    if bytes <= MAX_VALUE_BYTES {
        return Ok(());
    }
    let message =
        format!("The value has {bytes} bytes; send at most {MAX_VALUE_BYTES} bytes of JSON.");
    Err(Failure::new(ErrorCode::TooLong, message))
}

/// A refusal in the form that clients get.
pub(super) fn refusal(event: &str, failure: &Failure) -> Value {
    json!({ "ok": false, "event": event, "error": failure })
}

/// The refusal of an event that exceeds the client's queue.
pub(super) fn too_fast() -> Failure {
    let message = "Too many events at once; you are disconnected. Connect again and send fewer.";
    Failure::new(ErrorCode::RateLimited, message)
}

/// The refusal of an event while the server stops.
pub(super) fn stopping() -> Failure {
    let message = "The server is stopping; connect again in a moment.";
    Failure::new(ErrorCode::ShuttingDown, message)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn action(event: &str, value: Value) -> Result<InboundAction, ErrorCode> {
        action_of(&Settings::default(), "sid", event, Some(value)).map_err(|failure| failure.code)
    }

    fn stored(event: &str, value: Value) -> (String, Guest) {
        match action(event, value) {
            Ok(InboundAction::Store {
                change:
                    Change::Chat(madang_hub::chat::ChatChange::Post {
                        text, guest: Some(guest), ..
                    }),
                ..
            }) => (text, guest),
            other => panic!("{other:?}"),
        }
    }

    #[test]
    fn texts_and_objects_with_a_message_become_messages() {
        let guest = |name: &str| Guest { name: name.into(), connection: "sid".into() };
        let object = json!({ "user_name": "민수", "message": "안녕" });
        assert_eq!(stored("data", json!("hello")), ("hello".into(), guest("")));
        assert_eq!(stored("message", json!("hello")), ("hello".into(), guest("")));
        assert_eq!(stored("my event", object.clone()), ("안녕".into(), guest("민수")));
        assert_eq!(stored("json", object), ("안녕".into(), guest("민수")));
        assert_eq!(stored("json", json!({ "message": "hi" })), ("hi".into(), guest("")));
    }

    #[test]
    fn other_values_are_broadcast_unchanged() {
        let object = json!({ "data": "User Connected" });
        for (event, value, expected) in [
            ("my event", object.clone(), ("my response", object.clone())),
            ("json", json!([1, 2]), ("json", json!([1, 2]))),
            ("data", json!(7), ("data", json!({ "data": 7, "id": "sid" }))),
            ("message", object.clone(), ("message", object)),
            (
                "my event",
                json!({ "user_name": 1, "message": "x" }),
                ("my response", json!({ "user_name": 1, "message": "x" })),
            ),
        ] {
            let expected =
                InboundAction::Broadcast { room: madang_hub::rooms::FIRST_ROOM, event: expected };
            assert_eq!(action(event, value), Ok(expected));
        }
    }

    #[test]
    fn unknown_events_and_invalid_values_are_refused() {
        assert_eq!(action("posts", json!("x")), Err(ErrorCode::Unsupported));
        assert_eq!(action("date", json!("x")), Err(ErrorCode::Unsupported));
        assert_eq!(action("data", json!(" ")), Err(ErrorCode::Invalid));
        assert_eq!(action("data", json!("x".repeat(4001))), Err(ErrorCode::TooLong));
        assert_eq!(action("json", json!({ "x": "x".repeat(17_000) })), Err(ErrorCode::TooLong));
        let nothing = action_of(&Settings::default(), "sid", "data", None);
        assert_eq!(nothing.map_err(|failure| failure.code), Err(ErrorCode::Malformed));
    }
}
