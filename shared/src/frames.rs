//! The envelopes. A frame is one WebSocket text message holding one JSON value.
//!
//! The frames know no feature: what a feature says stands in the envelopes that
//! [`crate::features`] derives from its table.

use serde::{Deserialize, Serialize};

use crate::failure::Failure;
use crate::features::{Answer, Command, Event, Query, Signal, Snapshot, Topic};
use crate::ids::{CommandId, ConnectionId, QueryId, Timestamp, User};
use crate::position::{Position, Seq};

/// From a client to the server.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
#[serde(rename_all = "snake_case")]
pub enum ClientFrame {
    /// The first frame of a connection, and only the first.
    Hello(Hello),
    /// Starts or resumes a topic. Answered by `snapshot`, `recovered`, `reset` or `error`.
    Subscribe(Subscription),
    /// Ends a topic; no event of it follows once the server has read this. Not answered.
    Unsubscribe {
        /// Which topic.
        topic: Topic,
    },
    /// Asks for a change. Answered by `ack` or `error`.
    Command(CommandFrame),
    /// Asks a question. Answered by `answer` or `error`.
    Query(QueryFrame),
    /// Says something that only matters now. Not answered unless it is refused.
    Signal(Signal),
    /// Answers a `ping`.
    Pong {
        /// That of the ping.
        nonce: u32,
    },
}

/// Who is calling, and where each of its streams had got to.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
pub struct Hello {
    /// The session token, from a program that could not send it as a header. A browser's cookie has
    /// already spoken when the connection was made.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub token: Option<String>,
    /// The program and its version, for the server's log: `app/0.1.0`.
    pub client: String,
    /// Topics to start or resume at once, as if each were a `subscribe` of its own.
    #[serde(default)]
    pub topics: Vec<Subscription>,
}

/// A topic, and where to go on.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
pub struct Subscription {
    /// Which topic.
    pub topic: Topic,
    /// The last position the client knows; without it the answer is a snapshot.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub from: Option<Position>,
}

/// A command with its id.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
pub struct CommandFrame {
    /// Made by the client; the same whenever the same command is sent again.
    pub id: CommandId,
    /// What is asked.
    pub command: Command,
}

/// A question with its id.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
pub struct QueryFrame {
    /// Made by the client; returned with the answer.
    pub id: QueryId,
    /// What is asked.
    pub query: Query,
}

/// From the server to a client.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
#[serde(rename_all = "snake_case")]
pub enum ServerFrame {
    /// Answers `hello`; the first frame of the server.
    Welcome(Welcome),
    /// Answers a subscription that gave no position: the state, and where it is true.
    Snapshot(State),
    /// Answers a subscription whose position was good: every event in (`from`, `to`] follows, in
    /// order and with none left out.
    Recovered {
        /// Which topic.
        topic: Topic,
        /// What the client had.
        from: Position,
        /// Where the stream stood when the client came back.
        to: Position,
    },
    /// What the client holds of the topic can not be continued: it must be dropped for this state.
    /// Sent for a position of another epoch, one too far back or beyond the end, and to a reader of
    /// an ephemeral topic who fell behind.
    Reset(State),
    /// One event of a topic.
    Event {
        /// Which topic.
        topic: Topic,
        /// The event's place: 1 more than that of the event before.
        seq: Seq,
        /// What happened.
        event: Event,
    },
    /// A command took effect, durably, now or when it was first sent.
    Ack {
        /// Which command.
        id: CommandId,
        /// Where its event stands; none if it found nothing to change.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        at: Option<LogPosition>,
    },
    /// The answer to a query.
    Answer {
        /// Which query.
        id: QueryId,
        /// The answer.
        answer: Answer,
    },
    /// Something was refused. The connection lives on.
    Error {
        /// What was refused.
        about: ErrorContext,
        /// Why, and whether trying again can help.
        failure: Failure,
    },
    /// Are you there? Answer with `pong` within [`crate::limits::PONG_TIMEOUT_MS`].
    Ping {
        /// To be returned.
        nonce: u32,
    },
}

/// The server knows who is calling.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
pub struct Welcome {
    /// Who the session belongs to.
    pub user: User,
    /// This connection.
    pub connection: ConnectionId,
    /// The server's version. A client of another version should offer to load itself anew.
    pub version: String,
    /// The server's clock.
    pub now: Timestamp,
}

/// A topic's state, and the position at which it is true.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
pub struct State {
    /// Which topic.
    pub topic: Topic,
    /// The state includes every event up to and including this, and nothing after it.
    pub position: Position,
    /// The state.
    pub snapshot: Snapshot,
}

/// Where an event stands.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
pub struct LogPosition {
    /// In which topic.
    pub topic: Topic,
    /// At which place.
    pub seq: Seq,
}

/// What an error is about.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
#[serde(rename_all = "snake_case")]
pub enum ErrorContext {
    /// The last frame, which could not be understood well enough to say more.
    Frame,
    /// A command.
    Command(CommandId),
    /// A query.
    Query(QueryId),
    /// A subscription, or a signal to a topic.
    Topic(Topic),
}
