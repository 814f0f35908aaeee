//! The action for an event of a client.

use madang_hub::chat::relay_guest_message;
use madang_hub::features::Change;
use madang_shared::chat::{Guest, MAX_MESSAGE_CHARS};
use madang_shared::{ErrorCode, Failure, RoomId, Topic};
use serde_json::{Value, json};

use super::limits::MAX_PACKET_BYTES;
use super::outbound::OutboundEvent;
use super::packets::InboundContent;
use super::settings::{Settings, Vocabulary};

/// Limit for a value, in bytes of JSON. The longest text fits, in an object with a name, with each character in four
/// bytes.
const MAX_VALUE_BYTES: usize = 20 * 1024;

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
    content: &InboundContent,
) -> Result<InboundAction, Failure> {
    let (event, value) = event_and_value(content)?;
    let (vocabulary, room) = vocabulary_of(settings, &event)?;
    let Some(value) = value else {
        return Err(no_json());
    };
    match (&value, message_parts(&value)) {
        // These values are made from the message itself, in the form in which it is stored.
        (Value::String(text), _)
            if matches!(vocabulary, Vocabulary::Data | Vocabulary::Message) =>
        {
            message(room, id, "", text, None)
        }
        (_, Some((name, text))) => {
            let original = echo(vocabulary, id, value.clone());
            let stored = message(room, id, &name, &text, Some(original))?;
            check_size(&value)?;
            Ok(stored)
        }
        (_, None) => {
            check_size(&value)?;
            Ok(InboundAction::Broadcast { room, event: echo(vocabulary, id, value) })
        }
    }
}

/// The name of an event, and its first argument; none if there is no argument.
fn event_and_value(content: &InboundContent) -> Result<(String, Option<Value>), Failure> {
    match content {
        InboundContent::TooLong(_) => Err(too_long()),
        InboundContent::MalformedPacket => {
            let message = "A packet cannot be read; send packets of Socket.IO, such as `42[\"message\",\"hello\"]`.";
            Err(Failure::new(ErrorCode::Malformed, message))
        }
        InboundContent::Binary(name) => Ok((name.clone(), None)),
        InboundContent::Json(json) => {
            let elements: Vec<Value> = serde_json::from_str(json).map_err(|_| no_json())?;
            let mut elements = elements.into_iter();
            match elements.next() {
                Some(Value::String(name)) => Ok((name, elements.next())),
                _ => Err(no_json()),
            }
        }
    }
}

fn no_json() -> Failure {
    let message =
        "The event is not JSON with a name and one argument; send one argument that is JSON.";
    Failure::new(ErrorCode::Malformed, message)
}

/// The name and the text of a value that is a message: a string, or an object with a text in `message`.
fn message_parts(value: &Value) -> Option<(String, String)> {
    let object = match value {
        Value::String(text) => return Some((String::new(), text.clone())),
        value => value.as_object()?,
    };
    let text = object.get("message")?.as_str()?.to_owned();
    let name = match object.get("user_name") {
        Some(Value::String(name)) => name.clone(),
        Some(name @ (Value::Number(_) | Value::Bool(_))) => name.to_string(),
        _ => String::new(),
    };
    Some((name, text))
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
    let vocabulary = Vocabulary::of_event(event);
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

/// The refusal of an event whose arguments exceed the limit.
pub(super) fn too_long() -> Failure {
    let message = format!(
        "The event is longer than {MAX_PACKET_BYTES} bytes; send less at once. A message has at most \
         {MAX_MESSAGE_CHARS} characters."
    );
    Failure::new(ErrorCode::TooLong, message)
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

    fn action(
        event: &str,
        value: impl std::borrow::Borrow<Value>,
    ) -> Result<InboundAction, ErrorCode> {
        let value = value.borrow();
        let content = InboundContent::Json(json!([event, value]).to_string());
        action_of(&Settings::default(), "sid", &content).map_err(|failure| failure.code)
    }

    fn stored(event: &str, value: Value) -> (String, Guest) {
        match action(event, value) {
            Ok(InboundAction::Store {
                change:
                    Change::Chat(madang_hub::chat::ChatChange::Post {
                        message: madang_hub::chat::NewMessage { text, guest: Some(guest), .. },
                        ..
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
        for event in ["data", "message", "my event", "json"] {
            assert_eq!(stored(event, json!("hello")), ("hello".into(), guest("")), "{event}");
            let object = json!({ "user_name": "민수", "message": "안녕" });
            assert_eq!(stored(event, object), ("안녕".into(), guest("민수")), "{event}");
        }
        for (name, expected) in
            [(json!(7), "7"), (json!(true), "true"), (json!(null), ""), (json!([1]), "")]
        {
            let object = json!({ "user_name": name, "message": "hi" });
            assert_eq!(stored("my event", object), ("hi".into(), guest(expected)));
        }
    }

    #[test]
    fn a_message_comes_back_as_it_was_sent() {
        for (event, value, expected) in [
            ("my event", json!("hello"), ("my response", json!("hello"))),
            ("json", json!("hello"), ("json", json!("hello"))),
            ("message", json!({ "message": "hi" }), ("message", json!({ "message": "hi" }))),
            (
                "data",
                json!({ "message": "hi" }),
                ("data", json!({ "data": { "message": "hi" }, "id": "sid" })),
            ),
        ] {
            match action(event, value) {
                Ok(InboundAction::Store { original, .. }) => assert_eq!(original, Some(expected)),
                other => panic!("{other:?}"),
            }
        }
    }

    #[test]
    fn other_values_are_broadcast_unchanged() {
        let object = json!({ "data": "User Connected" });
        for (event, value, expected) in [
            ("my event", object.clone(), ("my response", object.clone())),
            ("json", json!([1, 2]), ("json", json!([1, 2]))),
            ("data", json!(7), ("data", json!({ "data": 7, "id": "sid" }))),
            ("message", object.clone(), ("message", object)),
            ("my event", json!({ "message": 1 }), ("my response", json!({ "message": 1 }))),
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
        assert_eq!(action("json", json!({ "x": "x".repeat(21_000) })), Err(ErrorCode::TooLong));
        for wrong in [r#"["data"]"#, "[]", "[7]", "[", r#"["data",]"#, r#"["data","\ud83d"]"#] {
            let refused =
                action_of(&Settings::default(), "sid", &InboundContent::Json(wrong.into()));
            assert_eq!(refused.unwrap_err().code, ErrorCode::Malformed, "{wrong}");
        }
        let binary = action_of(&Settings::default(), "sid", &InboundContent::Binary("data".into()));
        assert_eq!(binary.unwrap_err().code, ErrorCode::Malformed);
        let longest = json!({ "user_name": "👋".repeat(32), "message": "👋".repeat(4000) });
        assert!(action("my event", longest).is_ok());
    }
}
