//! The stream of committed events.

use madang_hub::ports::TopicEvent;
use madang_shared::{Epoch, Seq, Topic};
use tokio::sync::{mpsc, oneshot};

/// The sending side of an [`EventStream`].
pub(crate) type EventSender = mpsc::Sender<LogChange>;

/// The changes of the log, in order. The events of one topic arrive in the order of their `seq`.
///
/// The channel is bounded: an engine stops committing while its event stream is full. After the
/// receiver is dropped, commits continue and their events go to the log alone.
#[derive(Debug)]
pub struct EventStream(mpsc::Receiver<LogChange>);

/// A change of the log.
#[derive(Debug)]
pub enum LogChange {
    /// A group of committed events.
    Appended(Vec<TopicEvent>),
    /// The answer to a commit was lost. The commit may have taken effect; these are the heads of its topics now.
    Unanswered(Vec<(Topic, Seq)>),
    /// Another log has replaced the former one.
    Replaced(LogReplaced),
}

/// Another log has replaced the former one: a standby took over, or a backup was restored. Every topic has a new epoch.
///
/// All events of the former log came before this in the event stream. The engine executes no request until this is
/// dropped, so that nothing of the new log mixes with the former one.
#[derive(Debug)]
pub struct LogReplaced {
    /// The epoch of the whole log now.
    pub log_epoch: Epoch,
    pub(crate) _handled: oneshot::Sender<()>,
}

impl EventStream {
    /// An event stream that buffers this many changes.
    pub(crate) fn channel(buffered: usize) -> (EventSender, Self) {
        let (sender, receiver) = mpsc::channel(buffered);
        (sender, Self(receiver))
    }

    /// The next change; `None` after the end of the engine.
    pub async fn next(&mut self) -> Option<LogChange> {
        self.0.recv().await
    }

    /// The next committed events. Skips the other changes.
    pub async fn recv(&mut self) -> Option<Vec<TopicEvent>> {
        loop {
            if let LogChange::Appended(events) = self.next().await? {
                return Some(events);
            }
        }
    }
}
