//! The functions of SQLite that read chance or the clock, replaced by determined ones: the schema draws epochs
//! with `random()`, and its triggers date events with `julianday('now')`.

use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};

use madang_shared::Timestamp;
use rusqlite::Connection;
use rusqlite::functions::FunctionFlags;

/// The Julian date of 1970-01-01T00:00:00Z, as in the triggers.
const UNIX_EPOCH: f64 = 2_440_587.5;
const MILLISECONDS_PER_DAY: f64 = 86_400_000.0;

/// The time that the triggers read. Clones share it.
#[derive(Clone, Debug)]
pub(super) struct DatabaseClock(Arc<AtomicU64>);

impl DatabaseClock {
    pub(super) fn new(now: Timestamp) -> Self {
        Self(Arc::new(AtomicU64::new(now.0)))
    }

    pub(super) fn set(&self, now: Timestamp) {
        self.0.store(now.0, Ordering::Relaxed);
    }

    /// The middle of the millisecond, because the triggers round down.
    #[expect(clippy::cast_precision_loss, reason = "a time of this century is exact in a double")]
    fn julian_day(&self) -> f64 {
        let milliseconds = self.0.load(Ordering::Relaxed) as f64 + 0.5;
        milliseconds / MILLISECONDS_PER_DAY + UNIX_EPOCH
    }
}

/// Replaces the functions of a connection.
pub(super) fn replace_functions(
    connection: &Connection,
    seed: u64,
    clock: &DatabaseClock,
) -> rusqlite::Result<()> {
    let flags = FunctionFlags::SQLITE_UTF8 | FunctionFlags::SQLITE_INNOCUOUS;
    let state = AtomicU64::new(seed);
    connection.create_scalar_function("random", 0, flags, move |_| Ok(next_random(&state)))?;
    let clock = clock.clone();
    connection.create_scalar_function("julianday", 1, flags, move |_| Ok(clock.julian_day()))
}

/// `SplitMix64` (Steele, Lea, Flood 2014).
fn next_random(state: &AtomicU64) -> i64 {
    const STEP: u64 = 0x9E37_79B9_7F4A_7C15;
    let mut mixed = state.fetch_add(STEP, Ordering::Relaxed).wrapping_add(STEP);
    mixed = (mixed ^ (mixed >> 30)).wrapping_mul(0xBF58_476D_1CE4_E5B9);
    mixed = (mixed ^ (mixed >> 27)).wrapping_mul(0x94D0_49BB_1331_11EB);
    // `abs()` of the smallest integer is an error in SQLite; the shift leaves it out.
    ((mixed ^ (mixed >> 31)) >> 1).cast_signed()
}
