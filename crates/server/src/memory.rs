//! Gives free memory back to the system.
//!
//! The system's allocator keeps the memory that an attack, or many clients at once, have needed: free pages lie between
//! those in use, and it gives back the end of its heap alone.

use std::time::Duration;

use anyhow::Result;
use tokio::time::{MissedTickBehavior, interval};

/// The interval at which free memory is given back. A call takes 0.1 ms, and some ms after an attack, in which other
/// threads may wait for the allocator.
const INTERVAL: Duration = Duration::from_secs(5);

/// Gives free memory back until the server stops.
pub(crate) async fn give_back_periodically() -> Result<()> {
    let mut ticks = interval(INTERVAL);
    ticks.set_missed_tick_behavior(MissedTickBehavior::Delay);
    loop {
        ticks.tick().await;
        tokio::task::spawn_blocking(give_back).await?;
    }
}

#[cfg(all(target_os = "linux", target_env = "gnu"))]
#[expect(unsafe_code, reason = "the only way to ask the allocator; see decision 066")]
fn give_back() {
    // SAFETY: the function takes no pointer and may be called at any time (`man 3 malloc_trim`).
    unsafe { libc::malloc_trim(0) };
}

/// Other allocators give memory back by themselves, or have no function for it.
#[cfg(not(all(target_os = "linux", target_env = "gnu")))]
fn give_back() {}
