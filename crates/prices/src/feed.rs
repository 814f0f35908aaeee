//! The output of the follower.

use crate::error::SourceError;
use crate::quote::{ExchangeQuote, SourceName};

/// The present state of the price. Only the latest value matters: a slow receiver skips the values
/// between.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Feed {
    /// The latest quote, of any age; [`FeedState`] says whether it is current.
    pub latest: Option<ExchangeQuote>,
    /// Which source serves, if any.
    pub state: FeedState,
    /// The sources that failed and have not answered since, in order of preference.
    pub failures: Vec<SourceFailure>,
    /// When a source was last asked, in milliseconds since 1970-01-01 UTC; none before the first.
    pub asked_at: Option<u64>,
}

/// Which source serves, if any.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum FeedState {
    /// There are no watchers, so no source is requested.
    #[default]
    Idle,
    /// There are watchers, but no source has answered yet, and there is no earlier quote.
    Connecting,
    /// Every source has failed, and there is no earlier quote. The follower keeps trying.
    Unanswered,
    /// The preferred source serves.
    Live,
    /// Another source serves.
    Fallback,
    /// No source serves. The latest quote must be shown with its age.
    Stale {
        /// When the latest quote was received, in milliseconds since 1970-01-01 UTC.
        since: u64,
    },
}

/// A source that failed and has not answered since.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct SourceFailure {
    /// The source.
    pub source: SourceName,
    /// Its last error.
    pub error: SourceError,
}
