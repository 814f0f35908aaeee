//! The one place that lists the features: each command goes to its feature's `decide`, and comes
//! back as a change for the store.

use madang_shared::{Answer, Command, Event, Failure, Query, Topic, codec};

use crate::ports::LogEntry;
use crate::{chat, counter, membership, notices, orders, posts, rooms, sentiment};

/// A command that its feature has accepted, checked and normalised; the store makes it durable.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Change {
    /// See [`rooms::Change`].
    Rooms(rooms::Change),
    /// See [`membership::Change`].
    Membership(membership::Change),
    /// See [`chat::Change`].
    Chat(chat::Change),
    /// See [`counter::Change`].
    Counter(counter::Change),
    /// See [`posts::Change`].
    Posts(posts::Change),
    /// See [`orders::Change`].
    Orders(orders::Change),
    /// See [`notices::Change`].
    Notices(notices::Change),
}

/// What the command changes, as far as that can be said without the data.
///
/// # Errors
/// The feature's refusal.
pub fn decide(command: Command) -> Result<Change, Failure> {
    Ok(match command {
        Command::Rooms(command) => Change::Rooms(rooms::decide(command)?),
        Command::Membership(command) => Change::Membership(membership::decide(command)),
        Command::Chat(command) => Change::Chat(chat::decide(command)?),
        Command::Counter(command) => Change::Counter(counter::decide(&command)?),
        Command::Posts(command) => Change::Posts(posts::decide(command)?),
        Command::Orders(command) => Change::Orders(orders::decide(command)?),
        Command::Notices(command) => Change::Notices(notices::decide(command)),
    })
}

/// The answer to a question that needs no data; none for those that the store has to answer.
pub fn answer_at_once(query: &Query) -> Option<Result<Answer, Failure>> {
    match query {
        Query::Sentiment(query) => Some(sentiment::answer(query).map(Answer::from)),
        Query::Chat(_) | Query::Posts(_) => None,
    }
}

/// Whether this event takes back what an earlier one of its topic said, so that the log holds that
/// one in other words now: nobody may be given the old ones from memory.
pub fn is_redaction(topic: Topic, logged: &LogEntry) -> bool {
    // What only a newer version writes takes back nothing that this one knows.
    topic == Topic::Posts
        && matches!(codec::decode_event(&logged.content), Ok(Event::Posts(event)) if event.is_redaction())
}
