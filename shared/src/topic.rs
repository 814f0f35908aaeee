//! The streams there are.

use std::fmt;
use std::str::FromStr;

use serde::{Deserialize, Serialize};
use thiserror::Error;

use crate::ids::{RoomId, UserId};

/// A named, ordered stream of typed events.
///
/// On the wire a topic is a short string, `kind` or `kind:number`, so that it can be read in a log
/// and used as a key in any language.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(into = "String", try_from = "String")]
pub enum Topic {
    /// `rooms`: the directory of rooms. Durable.
    Rooms,
    /// `memberships:<user>`: the rooms that one user has joined, with read marks. Durable, and
    /// readable by that user alone.
    Memberships(UserId),
    /// `room:<room>`: what is said in a room. Durable.
    Room(RoomId),
    /// `counter`: one number that everybody shares. Durable.
    Counter,
    /// `posts`: the feed, open to everybody who is signed in. Durable.
    Posts,
    /// `price`: what one Bitcoin costs now. Ephemeral.
    Price,
    /// `orders`: the orders of the restaurant, and its menu. Durable.
    Orders,
    /// `notices`: what everybody should hear of. Durable.
    Notices,
    /// `inbox:<user>`: what one user should hear of, and what that user has read of all notices.
    /// Durable, and readable by that user alone.
    Inbox(UserId),
    /// `here:<room>`: who is in a room now, and who is typing. Ephemeral.
    Here(RoomId),
}

/// What a topic promises; fixed by its type, never a flag.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Durability {
    /// Stored before anybody sees it; survives restarts; can be resumed from any position that the
    /// log still holds.
    Durable,
    /// Only the present matters: kept in memory, and a reader who falls behind gets a new snapshot.
    Ephemeral,
}

impl Topic {
    /// What this topic promises.
    pub fn durability(self) -> Durability {
        match self {
            Self::Rooms
            | Self::Memberships(_)
            | Self::Room(_)
            | Self::Counter
            | Self::Posts
            | Self::Orders
            | Self::Notices
            | Self::Inbox(_) => Durability::Durable,
            Self::Here(_) | Self::Price => Durability::Ephemeral,
        }
    }
}

impl fmt::Display for Topic {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Rooms => f.write_str("rooms"),
            Self::Counter => f.write_str("counter"),
            Self::Posts => f.write_str("posts"),
            Self::Price => f.write_str("price"),
            Self::Orders => f.write_str("orders"),
            Self::Notices => f.write_str("notices"),
            Self::Inbox(user) => write!(f, "inbox:{user}"),
            Self::Memberships(user) => write!(f, "memberships:{user}"),
            Self::Room(room) => write!(f, "room:{room}"),
            Self::Here(room) => write!(f, "here:{room}"),
        }
    }
}

/// The text names no topic that this version knows.
#[derive(Clone, Debug, PartialEq, Eq, Error)]
#[error("there is no topic named `{0}`")]
pub struct UnknownTopic(pub String);

impl FromStr for Topic {
    type Err = UnknownTopic;

    fn from_str(text: &str) -> Result<Self, UnknownTopic> {
        let unknown = || UnknownTopic(text.to_owned());
        let Some((kind, number)) = text.split_once(':') else {
            return match text {
                "rooms" => Ok(Self::Rooms),
                "counter" => Ok(Self::Counter),
                "posts" => Ok(Self::Posts),
                "price" => Ok(Self::Price),
                "orders" => Ok(Self::Orders),
                "notices" => Ok(Self::Notices),
                _ => Err(unknown()),
            };
        };
        // One spelling per topic: `u64::from_str` would also take "+7" and "007".
        let canonical = number.bytes().all(|b| b.is_ascii_digit())
            && (number == "0" || !number.starts_with('0'));
        let number: u64 = canonical.then(|| number.parse().ok()).flatten().ok_or_else(unknown)?;
        match kind {
            "inbox" => Ok(Self::Inbox(UserId(number))),
            "memberships" => Ok(Self::Memberships(UserId(number))),
            "room" => Ok(Self::Room(RoomId(number))),
            "here" => Ok(Self::Here(RoomId(number))),
            _ => Err(unknown()),
        }
    }
}

impl From<Topic> for String {
    fn from(topic: Topic) -> Self {
        topic.to_string()
    }
}

impl TryFrom<String> for Topic {
    type Error = UnknownTopic;

    fn try_from(text: String) -> Result<Self, UnknownTopic> {
        text.parse()
    }
}

#[cfg(feature = "schema")]
impl schemars::JsonSchema for Topic {
    fn schema_name() -> std::borrow::Cow<'static, str> {
        "Topic".into()
    }

    fn json_schema(_: &mut schemars::SchemaGenerator) -> schemars::Schema {
        schemars::json_schema!({
            "description": "A named, ordered stream of typed events.",
            "type": "string",
            "pattern":
                "^(rooms|counter|posts|orders|notices|price|(memberships|inbox|room|here):(0|[1-9][0-9]*))$"
        })
    }
}
