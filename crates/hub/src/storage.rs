//! The bounds on stored data: the bytes that a user and a network may add, and the free space of the disk.

use std::sync::Arc;
use std::sync::atomic::{AtomicU8, AtomicU64, Ordering};

use madang_shared::{ErrorCode, Failure, Timestamp};

use crate::budgets::account::{Account, Cost};
use crate::budgets::resource::Resource;
use crate::features::{self, Change};

/// The bytes that each change adds besides its content: the rows, their indexes and the command's id.
const CHANGE_BYTES: u64 = 512;
/// A content is stored in the table of its feature and in the log.
const COPIES: u64 = 2;
/// The wait that a refusal for lack of space names, in milliseconds.
const SPACE_RETRY_MS: u64 = 60_000;

/// Charges the bytes that a change will add to the database. `content` is the length of the command, in bytes.
///
/// # Errors
/// `rate_limited` if a payer has spent its budget. A small change (see [`features::is_small`]) is never refused.
pub fn charge(
    account: &Account,
    change: &Change,
    content: u64,
    now: Timestamp,
) -> Result<(), Failure> {
    let units = content.saturating_mul(COPIES).saturating_add(CHANGE_BYTES);
    let cost = Cost { resource: Resource::StoredBytes, units };
    if features::is_small(change) {
        account.spend(cost, now);
        Ok(())
    } else {
        account.charge(cost, now)
    }
}

/// The free space of the disk that holds the database, as the last measurement found it. Clones share it.
#[derive(Clone, Debug, Default)]
pub struct FreeSpace(Arc<Shared>);

#[derive(Debug, Default)]
struct Shared {
    /// In bytes; 0 for no floor.
    floor: u64,
    /// A [`SpaceLevel`].
    level: AtomicU8,
    /// The last measurement, in bytes, plus one; 0 without one.
    measured: AtomicU64,
}

/// The level of the free space. A better level begins an eighth above its threshold, so that it does not alternate.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
#[repr(u8)]
pub enum SpaceLevel {
    /// Above twice the floor.
    Enough = 0,
    /// Below twice the floor. The operator is warned.
    Scarce = 1,
    /// Below the floor. Only small changes are stored.
    Low = 2,
}

impl FreeSpace {
    /// Without a measurement, there is enough space. `floor` is in bytes; 0 means no floor.
    pub fn with_floor(floor: u64) -> Self {
        Self(Arc::new(Shared { floor, ..Shared::default() }))
    }

    /// The floor, in bytes.
    pub fn floor(&self) -> u64 {
        self.0.floor
    }

    /// Records a measurement, in bytes. Returns the level, if it has changed.
    pub fn record(&self, free: u64) -> Option<SpaceLevel> {
        let former = self.level();
        let level = level_after(former, self.0.floor, free);
        self.0.level.store(level as u8, Ordering::Relaxed);
        self.0.measured.store(free.saturating_add(1), Ordering::Relaxed);
        (level != former).then_some(level)
    }

    /// The bytes that were free at the last measurement; none without one.
    pub fn free(&self) -> Option<u64> {
        self.0.measured.load(Ordering::Relaxed).checked_sub(1)
    }

    /// The level at the last measurement.
    pub fn level(&self) -> SpaceLevel {
        match self.0.level.load(Ordering::Relaxed) {
            0 => SpaceLevel::Enough,
            1 => SpaceLevel::Scarce,
            _ => SpaceLevel::Low,
        }
    }

    /// Checks that there is space for new data.
    ///
    /// # Errors
    /// `unavailable`, with a wait. No client repeats a refused command by itself, because its later and smaller ones
    /// would wait behind it.
    pub fn check(&self) -> Result<(), Failure> {
        if self.level() < SpaceLevel::Low {
            return Ok(());
        }
        let message = "The server's disk is almost full, so it stores nothing new. Nothing was changed; try again when \
            its operator has made space.";
        let failure = Failure::new(ErrorCode::Unavailable, message).after(SPACE_RETRY_MS);
        Err(Failure { retry: false, ..failure })
    }

    /// Checks that there is space for a change: always for a small one.
    ///
    /// # Errors
    /// As [`Self::check`].
    pub fn check_change(&self, change: &Change) -> Result<(), Failure> {
        if features::is_small(change) { Ok(()) } else { self.check() }
    }
}

fn level_after(former: SpaceLevel, floor: u64, free: u64) -> SpaceLevel {
    let with_margin = |threshold: u64, level| {
        if former >= level { threshold.saturating_add(threshold / 8) } else { threshold }
    };
    if free < with_margin(floor, SpaceLevel::Low) {
        SpaceLevel::Low
    } else if free < with_margin(floor.saturating_mul(2), SpaceLevel::Scarce) {
        SpaceLevel::Scarce
    } else {
        SpaceLevel::Enough
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_level_follows_the_measurements_and_does_not_alternate() {
        let space = FreeSpace::with_floor(800);
        assert_eq!(space.free(), None);
        assert_eq!((space.level(), space.check()), (SpaceLevel::Enough, Ok(())));
        for (free, changed, level) in [
            (1_600, None, SpaceLevel::Enough),
            (1_599, Some(SpaceLevel::Scarce), SpaceLevel::Scarce),
            (1_601, None, SpaceLevel::Scarce),
            (800, None, SpaceLevel::Scarce),
            (799, Some(SpaceLevel::Low), SpaceLevel::Low),
            (801, None, SpaceLevel::Low),
            (900, Some(SpaceLevel::Scarce), SpaceLevel::Scarce),
            (1_800, Some(SpaceLevel::Enough), SpaceLevel::Enough),
            (0, Some(SpaceLevel::Low), SpaceLevel::Low),
            (u64::MAX, Some(SpaceLevel::Enough), SpaceLevel::Enough),
        ] {
            assert_eq!(space.record(free), changed, "{free}");
            assert_eq!(space.free(), Some(free.min(u64::MAX - 1)));
            assert_eq!(space.level(), level, "{free}");
            assert_eq!(space.check().is_err(), level == SpaceLevel::Low, "{free}");
        }
        assert_eq!(FreeSpace::default().record(0), None, "without a floor");
    }

    #[test]
    fn a_refusal_for_lack_of_space_holds_back_no_later_command() {
        let space = FreeSpace::with_floor(1);
        space.record(0);
        let failure = space.check().unwrap_err();
        assert_eq!((failure.code, failure.retry), (ErrorCode::Unavailable, false));
        assert_eq!(failure.retry_after, Some(SPACE_RETRY_MS));
    }
}
