//! Identities as newtypes, so that the compiler rejects a room where a user belongs.

use std::fmt;
use std::str::FromStr;

use serde::{Deserialize, Serialize};
use uuid::Uuid;

macro_rules! numbered {
    ($(#[$doc:meta])* $name:ident) => {
        $(#[$doc])*
        ///
        /// Assigned by the store; below 2^53, so that JavaScript reads it exactly.
        #[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
        #[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
        #[serde(transparent)]
        pub struct $name(pub u64);

        impl fmt::Display for $name {
            fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                self.0.fmt(f)
            }
        }
    };
}

numbered!(
    /// A person, or a program that acts as one.
    UserId
);
numbered!(
    /// A room in which people talk.
    RoomId
);
numbered!(
    /// A post.
    PostId
);
numbered!(
    /// An order at the restaurant.
    OrderId
);
numbered!(
    /// Something on the restaurant's menu.
    MenuItemId
);
numbered!(
    /// One connection of one session: a tab, a device, a program. A server process never assigns it
    /// twice.
    ConnectionId
);

/// The id of a query, which its answer repeats. Chosen by the client, and valid on its connection
/// only.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
#[serde(transparent)]
pub struct QueryId(pub u32);

/// The permanent id of a command, made by the client (UUID version 7, RFC 9562 section 5.7). The store
/// keeps (author, command id) unique, so a command that is sent again takes effect once.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
#[serde(transparent)]
pub struct CommandId(pub Uuid);

impl CommandId {
    /// Makes an id from the time and from random bits, of which it uses 74. Both are parameters,
    /// because this crate has neither a clock nor a source of randomness.
    pub fn new(now: Timestamp, random: u128) -> Self {
        let bytes = random.to_be_bytes();
        let mut tail = [0; 10];
        tail.copy_from_slice(&bytes[..10]);
        Self(uuid::Builder::from_unix_timestamp_millis(now.0, &tail).into_uuid())
    }
}

impl FromStr for CommandId {
    type Err = uuid::Error;

    /// Reads any UUID, in any of its usual spellings.
    fn from_str(text: &str) -> Result<Self, uuid::Error> {
        text.parse().map(Self)
    }
}

impl fmt::Display for CommandId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.0.fmt(f)
    }
}

/// A moment, in milliseconds since 1970-01-01T00:00:00Z.
#[derive(
    Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize,
)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
#[serde(transparent)]
pub struct Timestamp(pub u64);

impl Timestamp {
    /// This moment, `millis` milliseconds later.
    #[must_use]
    pub fn plus(self, millis: u64) -> Self {
        Self(self.0.saturating_add(millis))
    }

    /// Milliseconds from `earlier` to this moment; zero if `earlier` is not earlier.
    pub fn since(self, earlier: Self) -> u64 {
        self.0.saturating_sub(earlier.0)
    }

    /// Whether `millis` milliseconds have passed since this moment. A moment that is still to come was
    /// recorded by a clock that was wrong, and has passed too: nothing waits for it.
    pub fn has_passed(self, millis: u64, now: Self) -> bool {
        now < self || now.since(self) >= millis
    }

    /// Whether this deadline, set at most `millis` milliseconds ahead, is reached. One further ahead was
    /// set by a clock that was wrong, and is reached too.
    pub fn is_due(self, millis: u64, now: Self) -> bool {
        self <= now || self.since(now) > millis
    }
}

/// The largest correction of a clock that a running server makes unnoticed, in milliseconds. A clock
/// that is further ahead was wrong: the server's clock goes back, and a recorded time that lies further
/// in the future is not believed.
pub const MAX_CLOCK_CORRECTION_MS: u64 = 60_000;

/// A user as others see it.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
pub struct User {
    /// The permanent id.
    pub id: UserId,
    /// The name that the user chose; unique on a server, without regard to case or Unicode form.
    pub name: String,
}
