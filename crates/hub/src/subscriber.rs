//! One connection's subscription to one topic: its cursor, and the writer that continues from there.

use std::fmt;
use std::sync::Arc;

use madang_shared::{Seq, UserId};
use parking_lot::{Mutex, MutexGuard};

use crate::sink::FrameSink;
use crate::wakeups::TopicWakeups;

/// One connection's subscription to one topic.
pub(crate) struct Subscriber {
    user: UserId,
    wakeups: Arc<TopicWakeups>,
    sink: Option<Arc<dyn FrameSink>>,
    cursor: Mutex<Cursor>,
}

/// The seq up to which the connection has every event, and the writer of what follows. Only that writer
/// moves the cursor.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Cursor {
    /// The subscription is not open yet, or has ended.
    Detached,
    /// The connection's task writes the events after this seq.
    Task(Seq),
    /// The fan-out writes the events after this seq.
    FanOut(Seq),
}

impl Cursor {
    pub(crate) fn seq(self) -> Option<Seq> {
        match self {
            Self::Detached => None,
            Self::Task(seq) | Self::FanOut(seq) => Some(seq),
        }
    }
}

impl Subscriber {
    /// A subscriber without a sink is served by its connection's task alone.
    pub(crate) fn new(
        user: UserId,
        wakeups: Arc<TopicWakeups>,
        sink: Option<Arc<dyn FrameSink>>,
    ) -> Self {
        Self { user, wakeups, sink, cursor: Mutex::new(Cursor::Detached) }
    }

    /// Continues from a seq. The connection's task serves the subscriber until it is up to date.
    pub(crate) fn continue_from(&self, seq: Seq) {
        *self.cursor() = Cursor::Task(seq);
    }

    /// Nothing more is written.
    pub(crate) fn detach(&self) {
        *self.cursor() = Cursor::Detached;
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

    /// Lock order: the cursor before the lock of the topic channel, never after it.
    pub(crate) fn cursor(&self) -> MutexGuard<'_, Cursor> {
        self.cursor.lock()
    }
}

impl fmt::Debug for Subscriber {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Subscriber")
            .field("user", &self.user)
            .field("cursor", &self.cursor)
            .finish_non_exhaustive()
    }
}
