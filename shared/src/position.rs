//! Positions in a stream.
//!
//! A position has an epoch, as in Centrifugo: a seq alone does not distinguish "nothing new" from "the
//! stream was rebuilt and starts again".

use serde::{Deserialize, Serialize};

/// The number of an event within its topic: the first is 1, each following one is 1 more, without
/// gaps. 0 is the seq before the first event.
#[derive(
    Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize,
)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
#[serde(transparent)]
pub struct Seq(pub u64);

impl Seq {
    /// The seq after this one.
    #[must_use]
    pub fn next(self) -> Self {
        Self(self.0 + 1)
    }

    /// The seq before this one; 0 for 0.
    #[must_use]
    pub fn previous(self) -> Self {
        Self(self.0.saturating_sub(1))
    }

    /// The number of events after `earlier`, up to and including this one.
    pub fn since(self, earlier: Self) -> u64 {
        self.0.saturating_sub(earlier.0)
    }
}

/// The epoch of a stream. It changes only when the stream was lost or rebuilt, never when a server
/// restarts with its durable log.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
#[serde(transparent)]
pub struct Epoch(pub u64);

/// A position in a stream: everything up to and including `seq` is known.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
pub struct Position {
    /// The epoch of the stream.
    pub epoch: Epoch,
    /// The last event that is known.
    pub seq: Seq,
}

impl Position {
    /// The position `seq` in `epoch`.
    pub fn new(epoch: Epoch, seq: Seq) -> Self {
        Self { epoch, seq }
    }
}
