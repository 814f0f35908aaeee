//! Frames, and the envelopes in them. A frame is one WebSocket text message with one JSON value.
//!
//! The frames do not depend on features: the messages of features are in the envelopes that
//! [`crate::features`] derives from its table.

use serde::{Deserialize, Serialize};

use crate::apps::Apps;
use crate::encoded::EncodedValue;
use crate::failure::Failure;
use crate::features::{Answer, Command, Event, Query, Signal, Snapshot, Topic};
use crate::ids::{CommandId, ConnectionId, QueryId, Timestamp, User};
use crate::position::{Position, Seq};
use crate::workspace::Workspace;

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
    /// Requests a change. Answered by `ack` or `error`.
    Command(CommandFrame),
    /// Asks a question. Answered by `answer` or `error`.
    Query(QueryFrame),
    /// Sends a short-lived statement. Not answered unless it is refused.
    Signal(Signal),
    /// Answers a `ping`.
    Pong {
        /// The nonce of the ping.
        nonce: u32,
    },
}

/// The client's identification, and the topics to start or resume.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
pub struct Hello {
    /// The session token of a program that could not send it as a header. A browser sends its cookie
    /// with the request that opens the socket.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub token: Option<String>,
    /// The program and its version, for the server's log: `app/0.1.0`.
    pub client: String,
    /// Topics to start or resume at once, as if each were a `subscribe` of its own.
    #[serde(default)]
    pub topics: Vec<Subscription>,
}

/// A topic, and the position to resume from.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
pub struct Subscription {
    /// Which topic.
    pub topic: Topic,
    /// The last position that the client knows; without it the answer is a snapshot.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub from: Option<Position>,
}

/// A command with its id.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
pub struct CommandFrame {
    /// Made by the client. A retry of the command has the same id.
    pub id: CommandId,
    /// The command.
    pub command: Command,
}

/// A query with its id.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
pub struct QueryFrame {
    /// Made by the client; returned with the answer.
    pub id: QueryId,
    /// The query.
    pub query: Query,
}

/// From the server to a client.
pub type ServerFrame = ServerFrameWith<Event, Snapshot, Answer>;

/// A [`ServerFrame`] whose content is not read yet. A client passes the content to the views of the topic or the query.
pub type EncodedServerFrame = ServerFrameWith<EncodedValue, EncodedValue, EncodedValue>;

/// A frame from the server, with events, snapshots and answers of these types.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema), schemars(rename = "ServerFrame"))]
#[serde(rename_all = "snake_case")]
pub enum ServerFrameWith<E, S, A> {
    /// Answers `hello`; the first frame of the server.
    Welcome(Welcome),
    /// Answers a subscription without a position: the state, and its position.
    Snapshot(TopicStateWith<S>),
    /// Answers a subscription whose position can be continued: every event in (`from`, `to`] follows,
    /// in order and without gaps.
    Recovered {
        /// Which topic.
        topic: Topic,
        /// The position in the subscription.
        from: Position,
        /// The head of the topic at the time of the subscription.
        to: Position,
    },
    /// The client's state of the topic cannot be continued and must be replaced by this one. Sent for a
    /// position of another epoch, too far back or beyond the head, to a slow subscriber of an ephemeral
    /// topic, and to every subscriber after the log was replaced.
    Reset(TopicStateWith<S>),
    /// One event of a topic.
    Event {
        /// Which topic.
        topic: Topic,
        /// The event's seq: 1 more than that of the event before.
        seq: Seq,
        /// The event.
        event: E,
    },
    /// A command is stored, now or when it was first sent.
    Ack {
        /// Which command.
        id: CommandId,
        /// The position of its event; absent if the command changed nothing.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        at: Option<LogPosition>,
    },
    /// The answer to a query.
    Answer {
        /// Which query.
        id: QueryId,
        /// The answer.
        answer: A,
    },
    /// The server refused something. The connection stays open.
    Error {
        /// The refused frame, command, query or topic.
        about: ErrorContext,
        /// The reason, and whether a retry can help.
        failure: Failure,
    },
    /// The facts about the server have changed, or the rights of the user may have changed. The facts at the start of a
    /// connection come with the session over HTTP, and the apps with the welcome.
    Workspace(Workspace),
    /// Checks that the client responds. Answer with `pong` within [`crate::limits::PONG_TIMEOUT_MS`].
    Ping {
        /// The number to return in the `pong`.
        nonce: u32,
    },
}

/// The server's answer to a hello.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
pub struct Welcome {
    /// The user of the session.
    pub user: User,
    /// The id of this connection.
    pub connection: ConnectionId,
    /// The server's version. A client of another version should offer to reload itself.
    pub version: String,
    /// The time of the server's clock.
    pub now: Timestamp,
    /// The apps that are on. A client that stays open while the server restarts learns a change.
    #[serde(default)]
    pub apps: Apps,
}

/// A topic's state at a position.
pub type TopicState = TopicStateWith<Snapshot>;

/// A topic's state at a position, with a snapshot of this type.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema), schemars(rename = "TopicState"))]
pub struct TopicStateWith<S> {
    /// Which topic.
    pub topic: Topic,
    /// The state includes every event up to and including this position, and none after it.
    pub position: Position,
    /// The state.
    pub snapshot: S,
}

/// The position of an event in the log.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
pub struct LogPosition {
    /// The event's topic.
    pub topic: Topic,
    /// The event's seq.
    pub seq: Seq,
}

/// The subject of an error.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
#[serde(rename_all = "snake_case")]
pub enum ErrorContext {
    /// The last frame; no more of it could be decoded.
    Frame,
    /// A command.
    Command(CommandId),
    /// A query.
    Query(QueryId),
    /// A subscription, or a signal to a topic.
    Topic(Topic),
}
