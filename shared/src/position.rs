//! Where one stands in a stream.
//!
//! After Centrifugo's (offset, epoch): a number alone cannot tell "nothing new" from "the stream was
//! rebuilt and starts again".

use serde::{Deserialize, Serialize};

/// The number of an event within its topic: the first is 1, each following one is 1 more, and there
/// are no holes. 0 is the place before the first.
#[derive(
    Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize,
)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
#[serde(transparent)]
pub struct Seq(pub u64);

impl Seq {
    /// The place after this one.
    #[must_use]
    pub fn next(self) -> Self {
        Self(self.0 + 1)
    }

    /// The place before this one; the start has none before it and is its own.
    #[must_use]
    pub fn previous(self) -> Self {
        Self(self.0.saturating_sub(1))
    }

    /// How many events lie after `earlier`, up to and including this one.
    pub fn since(self, earlier: Self) -> u64 {
        self.0.saturating_sub(earlier.0)
    }
}

/// Names one life of a stream. It changes only when the stream was lost or rebuilt, never when a
/// server restarts over its durable log.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
#[serde(transparent)]
pub struct Epoch(pub u64);

/// A place in one life of one stream: everything up to and including `seq` is known.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
pub struct Position {
    /// Which life of the stream.
    pub epoch: Epoch,
    /// The last event that is known.
    pub seq: Seq,
}

impl Position {
    /// The place `seq` in the life `epoch`.
    pub fn new(epoch: Epoch, seq: Seq) -> Self {
        Self { epoch, seq }
    }
}
