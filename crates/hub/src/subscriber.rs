//! One connection's reading of one topic: where it stands, and who writes on from there.

use std::fmt;
use std::sync::Arc;

use madang_shared::{Seq, UserId};
use parking_lot::{Mutex, MutexGuard};

use crate::sink::FrameSink;
use crate::wakeups::TopicWakeups;

/// One connection's reading of one topic.
pub(crate) struct Subscriber {
    user: UserId,
    wakeups: Arc<TopicWakeups>,
    sink: Option<Arc<dyn FrameSink>>,
    place: Mutex<Place>,
}

/// Everything up to here is with the connection. Whoever writes on from there moves it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Place {
    /// Not known yet, or not read any more.
    None,
    /// The connection's task writes what follows.
    Task(Seq),
    /// The fan-out does.
    FanOut(Seq),
}

impl Place {
    pub(crate) fn cursor(self) -> Option<Seq> {
        match self {
            Self::None => None,
            Self::Task(cursor) | Self::FanOut(cursor) => Some(cursor),
        }
    }
}

impl Subscriber {
    /// Without an outlet, everything is left to the connection's task.
    pub(crate) fn new(
        user: UserId,
        wakeups: Arc<TopicWakeups>,
        sink: Option<Arc<dyn FrameSink>>,
    ) -> Self {
        Self { user, wakeups, sink, place: Mutex::new(Place::None) }
    }

    /// Goes on from here. The connection's task takes what follows, until it has everything.
    pub(crate) fn begin(&self, at: Seq) {
        *self.place() = Place::Task(at);
    }

    pub(crate) fn is(&self, user: UserId) -> bool {
        self.user == user
    }

    pub(crate) fn user(&self) -> UserId {
        self.user
    }

    pub(crate) fn wakeups(&self) -> &TopicWakeups {
        &self.wakeups
    }

    pub(crate) fn sink(&self) -> Option<&dyn FrameSink> {
        self.sink.as_deref()
    }

    pub(crate) fn has_sink(&self) -> bool {
        self.sink.is_some()
    }

    /// Locked before a stream's own lock, never after it.
    pub(crate) fn place(&self) -> MutexGuard<'_, Place> {
        self.place.lock()
    }
}

impl fmt::Debug for Subscriber {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Reader")
            .field("user", &self.user)
            .field("place", &self.place)
            .finish_non_exhaustive()
    }
}
