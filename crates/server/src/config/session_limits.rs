//! The age at which sign-in sessions end.

use anyhow::{Result, bail};
use madang_hub::accounts::DAY_MS;
use madang_hub::ports::SessionLimits;
use madang_shared::administration::MAX_SESSION_DAYS;

/// The limits of the settings, in days.
///
/// # Errors
/// One sentence that names the invalid setting.
pub(super) fn load(idle_days: Option<u64>, max_days: Option<u64>) -> Result<SessionLimits> {
    Ok(SessionLimits {
        idle_ms: days("session_idle_days", idle_days, 30)?,
        max_ms: days("session_max_days", max_days, 180)?,
    })
}

/// A number of days, in milliseconds.
fn days(name: &str, setting: Option<u64>, default: u64) -> Result<u64> {
    let days = setting.unwrap_or(default);
    if !(1..=MAX_SESSION_DAYS).contains(&days) {
        bail!("`{name}` is {days}; it must be from 1 to {MAX_SESSION_DAYS}");
    }
    Ok(days * DAY_MS)
}
