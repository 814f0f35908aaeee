//! The traits that a view implements, and the effects of an input on the views.

use madang_shared::compact::ParseError;
use madang_shared::presence::PresenceSignal;
use madang_shared::{Command, CommandId, Query, Signal, Timestamp, Topic, UserId};

use crate::slice::Slice;

/// The state of one feature as this client knows it. The default is the state before the server has
/// sent anything; a view returns to it when its topic is unsubscribed.
pub(crate) trait View: Default {
    /// The next time at which [`View::wake`] has something to do.
    fn deadline(&self) -> Option<Timestamp> {
        None
    }

    /// The user may not follow the topic: drops what is known of it.
    fn denied(&mut self, _topic: Topic) {}

    /// Does what is due by `now`.
    fn wake(&mut self, _now: Timestamp) -> Wake {
        Wake::default()
    }
}

/// A view of a topic whose snapshots are of the type `S`.
pub(crate) trait ApplySnapshot<S> {
    /// Replaces the state with that of a snapshot.
    fn apply_snapshot(&mut self, snapshot: S, now: Timestamp);
}

/// A view of a topic whose events are of the type `E`.
pub(crate) trait ApplyEvent<E> {
    /// Applies the event that follows the present state.
    fn apply_event(&mut self, event: E, now: Timestamp);

    /// The command of the user `me` that this event completes, where the view shows the command's
    /// effect before it is stored. Every other command leaves the outbox with its acknowledgement.
    fn completed_command(_event: &E, _me: UserId) -> Option<CommandId> {
        None
    }
}

/// A view that sends queries.
pub(crate) trait ReceiveAnswer {
    /// The feature's queries.
    type Query;
    /// The feature's answers.
    type Answer;

    /// Takes the answer to a query.
    fn receive_answer(&mut self, query: &Self::Query, answer: Self::Answer);

    /// The server refused the query for good. Returns whether the view changed.
    fn query_refused(&mut self, query: &Self::Query) -> bool;
}

/// The rules for a feature's commands in the outbox.
pub(crate) trait CommandRules {
    /// The feature's commands.
    type Command;

    /// Whether `newer` makes `older` pointless, as long as `older` has not been sent.
    fn supersedes(_newer: &Self::Command, _older: &Self::Command) -> bool {
        false
    }

    /// Whether a refused command leaves the outbox silently, because the user loses nothing by it.
    fn is_dropped_when_refused(_command: &Self::Command) -> bool {
        false
    }
}

/// The result of [`View::wake`].
#[derive(Debug, Default)]
pub(crate) struct Wake {
    /// A query to send.
    pub(crate) query: Option<Query>,
    /// Whether the view changed.
    pub(crate) changed: bool,
}

/// Something that a view asks the client to send.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum Request {
    Command(Command),
    Query(Query),
    Signal(Signal),
}

impl From<PresenceSignal> for Request {
    fn from(signal: PresenceSignal) -> Self {
        Self::Signal(signal.into())
    }
}

/// The effects of one input on the views.
#[derive(Debug, Default)]
pub(crate) struct Effects {
    /// Requests to send, in this order.
    pub(crate) requests: Vec<Request>,
    /// Slices that changed.
    pub(crate) changed: Vec<Slice>,
}

impl Effects {
    /// Only changes, nothing to send.
    pub(crate) fn changed(changed: impl Into<Vec<Slice>>) -> Self {
        Self { requests: Vec::new(), changed: changed.into() }
    }

    /// Only requests, no change.
    pub(crate) fn send<R: Into<Request>>(requests: impl IntoIterator<Item = R>) -> Self {
        Self { requests: requests.into_iter().map(Into::into).collect(), changed: Vec::new() }
    }
}

/// An event that a view has applied.
#[derive(Debug, Default)]
pub(crate) struct Applied {
    /// Slices that changed.
    pub(crate) changed: Vec<Slice>,
    /// The command that the event completes; see [`ApplyEvent::completed_command`].
    pub(crate) completed: Option<CommandId>,
    /// Whether the event counts as a message that was missed during a disconnect.
    pub(crate) is_message: bool,
    /// The user whose copies every view drops now.
    pub(crate) erased: Option<UserId>,
}

/// Content that this version cannot read, or of another feature than its topic or its query. A newer
/// or a faulty server sends it; the client counts it as a frame that it could not decode.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct UnreadableContent;

impl From<ParseError> for UnreadableContent {
    fn from(_: ParseError) -> Self {
        Self
    }
}
