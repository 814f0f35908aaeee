//! What the follower tells.

use crate::{Quote, SourceError, SourceName};

/// Everything there is to know about the price now. Only the present matters: whoever reads late
/// reads the latest, never a backlog.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Feed {
    /// The latest quote, however old; [`State`] says whether it may be shown as of now.
    pub latest: Option<Quote>,
    /// How things stand.
    pub state: State,
    /// The sources that failed and have not answered since, in the configured order.
    pub tried: Vec<Trouble>,
}

/// How things stand.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum State {
    /// Nobody watches, so nobody is asked.
    #[default]
    Idle,
    /// Somebody watches, no source has answered yet, and there is no earlier quote.
    Connecting,
    /// The preferred source serves.
    Live,
    /// A source serves that is not the preferred one.
    Fallback,
    /// No source serves. The latest quote must be shown with its age.
    Stale {
        /// When the latest quote was received, in milliseconds since 1970-01-01 UTC.
        since: u64,
    },
}

/// A source that failed and has not answered since.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Trouble {
    /// Which.
    pub source: SourceName,
    /// Why, the last time.
    pub error: SourceError,
}
