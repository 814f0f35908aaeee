//! What a client's event asks for.

use madang_hub::chat::relay_guest_message;
use madang_hub::features::Change;
use madang_shared::chat::Guest;
use madang_shared::{ErrorCode, Failure, RoomId, Topic};
use serde_json::{Map, Value, json};

use super::settings::{Settings, Vocabulary};

/// Bytes of an object that is passed on: about those of the longest text.
const MAX_OBJECT_BYTES: usize = 16 * 1024;

/// What is to be done about something that was said.
#[derive(Debug, PartialEq)]
pub(super) enum Said {
    /// A message, to be stored.
    Message {
        /// What to append.
        change: Change,
        /// The event in which the object that it came in goes back as it is.
        original: Option<(&'static str, Value)>,
    },
    /// No message, but something that the other clients of this room are to hear now.
    Now {
        /// Whose clients.
        room: RoomId,
        /// The event's name, and what it carries.
        event: (&'static str, Value),
    },
}

/// Understands an event of the client with this id.
///
/// # Errors
/// If nobody speaks so here, or if it cannot become a message.
pub(super) fn understand(
    settings: &Settings,
    id: &str,
    event: &str,
    value: Option<Value>,
) -> Result<Said, Failure> {
    let (vocabulary, room) = spoken(settings, event)?;
    let value = value
        .ok_or_else(|| Failure::new(ErrorCode::Malformed, "The event carries no JSON value."))?;
    match (vocabulary, value) {
        (Vocabulary::Data | Vocabulary::Message, Value::String(text)) => {
            message(room, id, "", &text, None)
        }
        (Vocabulary::MyEvent | Vocabulary::Json, Value::Object(object)) => {
            object_said(vocabulary, room, id, object)
        }
        (vocabulary, value) => {
            fits(&value)?;
            Ok(Said::Now { room, event: echo(vocabulary, id, value) })
        }
    }
}

/// An object with a message in it is that message; any other is passed on as it is.
fn object_said(
    vocabulary: Vocabulary,
    room: RoomId,
    id: &str,
    object: Map<String, Value>,
) -> Result<Said, Failure> {
    let text = |name: &str| object.get(name).and_then(Value::as_str).map(str::to_owned);
    let named = text("user_name").or_else(|| (!object.contains_key("user_name")).then(String::new));
    let parts = text("message").zip(named);
    let object = Value::Object(object);
    fits(&object)?;
    match parts {
        Some((message_text, name)) => {
            message(room, id, &name, &message_text, Some(echo(vocabulary, id, object)))
        }
        None => Ok(Said::Now { room, event: echo(vocabulary, id, object) }),
    }
}

fn message(
    room: RoomId,
    id: &str,
    name: &str,
    text: &str,
    original: Option<(&'static str, Value)>,
) -> Result<Said, Failure> {
    let guest = Guest { name: name.to_owned(), connection: id.to_owned() };
    let change = Change::Chat(relay_guest_message(room, text, guest)?);
    Ok(Said::Message { change, original })
}

fn spoken(settings: &Settings, event: &str) -> Result<(Vocabulary, RoomId), Failure> {
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
            "Nothing here listens to this event; see docs/compatibility.md.",
        )),
    }
}

/// What everybody hears of something that is no message.
fn echo(vocabulary: Vocabulary, id: &str, value: Value) -> (&'static str, Value) {
    match vocabulary {
        Vocabulary::Data => ("data", json!({ "data": value, "id": id })),
        Vocabulary::MyEvent => ("my response", value),
        Vocabulary::Json => ("json", value),
        _ => ("message", value),
    }
}

fn fits(value: &Value) -> Result<(), Failure> {
    let bytes = value.to_string().len();
    if bytes <= MAX_OBJECT_BYTES {
        return Ok(());
    }
    let message = format!("A value has at most {MAX_OBJECT_BYTES} bytes; this one has {bytes}.");
    Err(Failure::new(ErrorCode::TooLong, message))
}

/// A refusal as clients get it.
pub(super) fn refusal(event: &str, failure: &Failure) -> Value {
    json!({ "ok": false, "event": event, "error": failure })
}

/// More came than is taken.
pub(super) fn too_fast() -> Failure {
    Failure::new(ErrorCode::RateLimited, "Too much at once; you are disconnected.")
}

/// Nothing is taken any more.
pub(super) fn stopping() -> Failure {
    Failure::new(ErrorCode::ShuttingDown, "The server is stopping; come back.")
}

#[cfg(test)]
mod tests {
    use super::*;

    fn hear(event: &str, value: Value) -> Result<Said, ErrorCode> {
        understand(&Settings::default(), "sid", event, Some(value)).map_err(|refused| refused.code)
    }

    fn stored(event: &str, value: Value) -> (String, Guest) {
        match hear(event, value) {
            Ok(Said::Message {
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
    fn what_is_no_message_is_passed_on_as_it_is() {
        let object = json!({ "data": "User Connected" });
        for (event, said, heard) in [
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
            let expected = Said::Now { room: madang_hub::rooms::FIRST_ROOM, event: heard };
            assert_eq!(hear(event, said), Ok(expected));
        }
    }

    #[test]
    fn what_nobody_understands_is_refused() {
        assert_eq!(hear("posts", json!("x")), Err(ErrorCode::Unsupported));
        assert_eq!(hear("date", json!("x")), Err(ErrorCode::Unsupported));
        assert_eq!(hear("data", json!(" ")), Err(ErrorCode::Invalid));
        assert_eq!(hear("data", json!("x".repeat(4001))), Err(ErrorCode::TooLong));
        assert_eq!(hear("json", json!({ "x": "x".repeat(17_000) })), Err(ErrorCode::TooLong));
        let nothing = understand(&Settings::default(), "sid", "data", None);
        assert_eq!(nothing.map_err(|refused| refused.code), Err(ErrorCode::Malformed));
    }
}
