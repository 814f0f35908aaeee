//! The stream of committed events.

use madang_hub::ports::TopicEvent;
use tokio::sync::mpsc;

/// The committed events of all topics, in groups. The events of one topic arrive in the order of their
/// `seq`.
///
/// The channel is bounded: an engine stops committing while its event stream is full. After the
/// receiver is dropped, commits continue and their events go to the log alone.
pub type EventStream = mpsc::Receiver<Vec<TopicEvent>>;
