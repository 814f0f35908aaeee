//! The state of the server, for administrators: the pulse that says when to look again, and the answers over HTTP.
//!
//! The topic [`Topic::Health`](crate::Topic::Health) carries no values, so that the first view of the app knows none of
//! their types. It has events only while somebody follows it.

use serde::{Deserialize, Serialize};

use crate::account::SignInSession;
use crate::ids::{RoomId, Timestamp, User};
use crate::roles::RoomKind;

/// The path of the sessions of one person is that of the people, the id, and this.
pub const PERSON_SESSIONS_SUFFIX: &str = "/sessions";
/// The path of the use of storage.
pub const STORAGE_PATH: &str = "/api/administration/storage";
/// The interval between two pulses, in milliseconds.
pub const PULSE_MS: u64 = 2_000;
/// The rooms and the people in a [`StorageReport`].
pub const LISTED_USERS_OF_STORAGE: usize = 50;

/// Events of the server's state.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
#[serde(rename_all = "snake_case")]
pub enum HealthEvent {
    /// It is time to read the state again.
    Pulse {
        /// Its number.
        pulse: u64,
    },
}

/// The pulse at a position.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
pub struct HealthSnapshot {
    /// The number of the last pulse.
    pub pulse: u64,
}

/// The state of the node that answers, and of the database.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct HealthReport {
    /// The version of the server.
    pub version: String,
    /// The time of the report.
    pub at: Timestamp,
    /// The time at which the node started.
    pub started_at: Timestamp,
    /// The open connections of clients, of all protocols.
    pub connections: u64,
    /// The sign-in sessions that are connected.
    pub sessions: u64,
    /// The topics that are followed.
    pub topics: u64,
    /// The deliveries of events to sockets since the start. Two reports give the rate.
    pub deliveries: u64,
    /// The topics that wait for the fan-out.
    pub waiting_topics: u64,
    /// The events in the log.
    pub events: u64,
    /// The bytes of the database.
    pub database_bytes: u64,
    /// The free bytes of the disk of the database; none where the server does not know it.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub free_bytes: Option<u64>,
    /// The nodes of the server that are alive, this one included.
    pub nodes: u64,
    /// The mails of the node that answers; none where it sends no mail.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub mails: Option<MailCounts>,
}

/// The mails of a node since its start.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct MailCounts {
    /// The mails that the mail server has accepted.
    pub sent: u64,
    /// The mails that were given up.
    pub failed: u64,
}

/// The use of storage by rooms and people, the largest first.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct StorageReport {
    /// The bytes of the database.
    pub database_bytes: u64,
    /// The rooms.
    pub rooms: Vec<RoomStorage>,
    /// The people.
    pub people: Vec<PersonStorage>,
}

/// The storage of a room: the texts and the events of its log.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct RoomStorage {
    /// Which room.
    pub id: RoomId,
    /// Its name; none for a private room of which the administrator is no member.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub name: Option<String>,
    /// Its kind.
    pub kind: RoomKind,
    /// The bytes.
    pub bytes: u64,
}

/// The storage of a person: the texts of messages and posts.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct PersonStorage {
    /// The person.
    pub user: User,
    /// The number of texts.
    pub texts: u64,
    /// Their bytes.
    pub bytes: u64,
}

/// The sign-in sessions of a person.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct PersonSessions {
    /// The sessions, the one with the latest use first.
    pub sessions: Vec<SignInSession>,
}

named! {
    /// The state of an account, as a filter.
    AccountState {
        /// It can sign in.
        Active = "active",
        /// An administrator has deactivated it.
        Deactivated = "deactivated",
    }
}
