//! Inbound packets, before the engine parses them.
//!
//! The engine reads the name of an event, and the keys of objects, only if they contain no JSON escape; it closes the
//! connection of other clients. So it gets every event as text: the JSON array of the client becomes the one argument
//! of [`EVENT`], and [`InboundContent`] reads it back.

use std::borrow::Cow;

use base64::Engine;
use base64::prelude::BASE64_STANDARD;
use serde::de::IgnoredAny;
use serde_json::{Value, json};

use super::limits::MAX_PACKET_BYTES;

/// The engine's event for an event of a client. Its argument is the client's JSON array.
const EVENT: &str = "event";
/// The engine's event for an event with binary attachments. Its argument is the name of the client's event.
const BINARY_EVENT: &str = "binary event";
/// The engine's event for an event above the limit. Its argument is the name of the client's event.
const LONG_EVENT: &str = "long event";
/// The engine's event for a packet that it cannot read. Its argument is empty.
const MALFORMED_EVENT: &str = "malformed packet";
/// Limit for the name of an event in a refusal, in characters.
const MAX_NAME_CHARS: usize = 100;

/// An event of a client as the engine delivers it.
#[derive(Debug, PartialEq)]
pub(super) enum InboundContent {
    /// The client's JSON array: the name and the arguments.
    Json(String),
    /// An event with binary attachments: its name.
    Binary(String),
    /// An event above [`MAX_PACKET_BYTES`]: its name.
    TooLong(String),
    /// A packet that is none of Socket.IO's.
    MalformedPacket,
}

impl InboundContent {
    /// Reads an event of the engine. An event that did not pass [`for_engine`] (the oldest clients send binary
    /// payloads over long polling) is its own content.
    pub(super) fn new(event: String, argument: Option<Value>) -> Self {
        match (event.as_str(), argument) {
            (EVENT, Some(Value::String(json))) => Self::Json(json),
            (BINARY_EVENT, Some(Value::String(name))) => Self::Binary(name),
            (LONG_EVENT, Some(Value::String(name))) => Self::TooLong(name),
            (MALFORMED_EVENT, Some(Value::String(_))) => Self::MalformedPacket,
            (_, Some(argument)) => Self::Json(json!([event, argument]).to_string()),
            (_, None) => Self::Binary(event),
        }
    }

    /// Its size in memory, in bytes.
    pub(super) fn bytes(&self) -> usize {
        match self {
            Self::Json(text) | Self::Binary(text) | Self::TooLong(text) => text.len(),
            Self::MalformedPacket => 0,
        }
    }

    /// The name of the event; empty if it cannot be read.
    pub(super) fn name(&self) -> String {
        match self {
            Self::Json(json) => name_in(json),
            Self::Binary(name) | Self::TooLong(name) => name.clone(),
            Self::MalformedPacket => String::new(),
        }
    }
}

/// A packet of Engine.IO as the engine can read it.
pub(super) fn for_engine(packet: &str) -> Cow<'_, str> {
    let Some((head, json)) = event_head(packet).and_then(|end| packet.split_at_checked(end)) else {
        if is_readable(packet) {
            return Cow::Borrowed(packet);
        }
        tracing::debug!("Socket.IO: a client's packet cannot be read; it is refused");
        return Cow::Owned(format!("42{}", json!([MALFORMED_EVENT, ""])));
    };
    let (event, argument) = if json.len() > MAX_PACKET_BYTES {
        (LONG_EVENT, Cow::Owned(name_in(json)))
    } else if head.starts_with("45") {
        (BINARY_EVENT, Cow::Owned(name_in(json)))
    } else {
        (EVENT, Cow::Borrowed(json))
    };
    Cow::Owned(format!("{head}{}", json!([event, argument])))
}

/// The packet for an event that is too long to be read at all.
pub(super) fn long_event() -> String {
    format!("42{}", json!([LONG_EVENT, ""]))
}

/// Whether the engine can read a packet that is no event. It ends the session of a client that sends any other.
fn is_readable(packet: &str) -> bool {
    match packet.split_at_checked(1) {
        // Engine.IO: close, ping, pong, upgrade, noop, and binary data in base64.
        Some(("1" | "5" | "6", "") | ("2" | "3", _)) => true,
        Some(("b", data)) => is_base64(data),
        // Socket.IO: connect, disconnect, acknowledgements.
        Some(("4", message)) => match message.split_at_checked(1) {
            Some(("0", rest)) => rest.is_empty() || rest.starts_with(['{', '/']),
            Some(("1", rest)) => rest.is_empty() || rest.starts_with('/'),
            Some(("3", rest)) => is_acknowledgement(rest),
            Some(("6", rest)) => rest.split_once('-').is_some_and(|(count, rest)| {
                count.parse::<u8>().is_ok() && is_acknowledgement(rest)
            }),
            _ => false,
        },
        _ => false,
    }
}

fn is_base64(data: &str) -> bool {
    // Version 3 names the type of the packet first.
    let data = data.strip_prefix('4').filter(|data| data.len() % 4 == 0).unwrap_or(data);
    BASE64_STANDARD.decode(data).is_ok()
}

/// Whether the rest of a packet is an id and a JSON array, after an optional namespace.
fn is_acknowledgement(rest: &str) -> bool {
    let rest = match rest.strip_prefix('/') {
        Some(rest) => rest.split_once(',').map_or("", |(_, rest)| rest),
        None => rest,
    };
    let json = rest.trim_start_matches(|c: char| c.is_ascii_digit());
    let id = rest.strip_suffix(json).unwrap_or_default();
    id.parse::<i64>().is_ok() && serde_json::from_str::<Vec<IgnoredAny>>(json).is_ok()
}

/// The length of an event's head: the packet types (`42`, or `45` with attachments), the number of attachments, the
/// namespace, and the id of the acknowledgement. None for other packets.
fn event_head(packet: &str) -> Option<usize> {
    let mut rest = match packet.get(..2)? {
        "42" => packet.get(2..)?,
        "45" => {
            packet.get(2..)?.trim_start_matches(|c: char| c.is_ascii_digit()).strip_prefix('-')?
        }
        _ => return None,
    };
    if rest.starts_with('/') {
        rest = rest.split_once(',')?.1;
    }
    rest = rest.trim_start_matches(|c: char| c.is_ascii_digit());
    rest.starts_with('[').then(|| packet.len() - rest.len())
}

/// The first element of a JSON array if it is a string, shortened; otherwise an empty name.
fn name_in(json: &str) -> String {
    let elements = json.trim_start().strip_prefix('[').unwrap_or_default();
    let mut elements = serde_json::Deserializer::from_str(elements).into_iter::<String>();
    let name = elements.next().and_then(Result::ok).unwrap_or_default();
    name.chars().take(MAX_NAME_CHARS).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn events_become_text_that_contains_the_clients_json() {
        for (packet, head) in [
            (r#"42["data","x"]"#, "42"),
            (r#"4217["\uc774\ubca4\ud2b8",{"\uc774\ub984":"\"\\"}]"#, "4217"),
            (r#"42/rooms,7["a\nb"]"#, "42/rooms,7"),
            (r#"42/방,["a"]"#, "42/방,"),
        ] {
            let rewritten = for_engine(packet);
            let json = rewritten.strip_prefix(head).unwrap();
            assert!(json.starts_with(r#"["event","#), "no escape in the name: {json}");
            let [event, argument]: [Value; 2] = serde_json::from_str(json).unwrap();
            let content = InboundContent::new(event.as_str().unwrap().to_owned(), Some(argument));
            assert_eq!(content, InboundContent::Json(packet.strip_prefix(head).unwrap().into()));
        }
    }

    #[test]
    fn events_with_attachments_and_long_events_keep_head_and_name() {
        let binary = r#"451-3["\uac00",{"_placeholder":true,"num":0}]"#;
        assert_eq!(for_engine(binary), r#"451-3["binary event","가"]"#);
        let long = format!(r#"425["data","{}"]"#, "x".repeat(MAX_PACKET_BYTES));
        assert_eq!(for_engine(&long), r#"425["long event","data"]"#);
        let long_name = format!(r#"42["{}"]"#, "x".repeat(MAX_PACKET_BYTES));
        assert!(for_engine(&long_name).len() < 200);
    }

    #[test]
    fn other_packets_are_unchanged() {
        let others = [
            "1",
            "2",
            "2probe",
            "3",
            "5",
            "40",
            "40/a,{\"b\":1}",
            "41",
            "41/a,",
            "4317[\"x\"]",
            "43/a,7[]",
            "461-7[{\"_placeholder\":true,\"num\":0}]",
            "bAQID",
            "b4AQID",
        ];
        for packet in others {
            assert_eq!(for_engine(packet), packet);
        }
    }

    #[test]
    fn events_of_other_paths_are_their_own_content() {
        let content = InboundContent::new("data".into(), Some(json!("x")));
        assert_eq!(content, InboundContent::Json(r#"["data","x"]"#.into()));
        assert_eq!(content.name(), "data");
        assert_eq!(InboundContent::new("data".into(), None), InboundContent::Binary("data".into()));
        assert_eq!(InboundContent::Json("[7]".into()).name(), "");
    }
}
