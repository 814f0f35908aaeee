//! The demonstration of scheduled notices.

use serde::{Deserialize, Serialize};

use crate::ids::{Timestamp, User};

/// The time between two notices of the demonstration, in milliseconds.
pub const DEMO_EVERY_MS: u64 = 10_000;
/// Notices of one demonstration, which takes two minutes.
pub const DEMO_NOTICES: u32 = 12;

/// The demonstration of scheduled notices, which every user can start: [`DEMO_NOTICES`] notices, one every
/// [`DEMO_EVERY_MS`].
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
pub struct Demonstration {
    /// The user who started it.
    pub by: User,
    /// When it was started.
    pub started_at: Timestamp,
}

impl Demonstration {
    /// When the notice with this number is due.
    pub fn due(&self, number: u32) -> Timestamp {
        self.started_at.plus(u64::from(number) * DEMO_EVERY_MS)
    }

    /// The number of the last notice that is due by now; 0 before the first.
    pub fn number_at(&self, now: Timestamp) -> u32 {
        let passed = now.since(self.started_at) / DEMO_EVERY_MS;
        u32::try_from(passed).unwrap_or(u32::MAX).min(DEMO_NOTICES)
    }
}
