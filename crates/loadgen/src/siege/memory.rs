//! The memory of the server: the largest during an attack, and the memory afterwards.

use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};
use std::time::Duration;

use madang_loadgen::{LoadgenError, ProcessMemory};
use tokio::task::JoinHandle;
use tokio::time::{Instant, sleep};

/// The interval of the samples.
const INTERVAL: Duration = Duration::from_millis(50);

/// The memory that the server may have more after an attack than before it, in KiB: the caches of the database and of
/// the log have bounds of their own.
pub(super) const MAX_GROWTH_KIB: u64 = 16 * 1024;

/// Samples the memory of a process until it is dropped.
pub(super) struct PeakMemory {
    peak_kib: Arc<AtomicU64>,
    task: JoinHandle<()>,
}

impl PeakMemory {
    /// Samples the process with this id.
    pub(super) fn watch(process: u32) -> Self {
        let peak_kib = Arc::new(AtomicU64::new(0));
        let peak = Arc::clone(&peak_kib);
        let task = tokio::spawn(async move {
            let mut ticks = tokio::time::interval(INTERVAL);
            // The process ends after its last sample.
            while let Ok(memory) = ProcessMemory::of(process) {
                peak.fetch_max(memory.resident, Ordering::Relaxed);
                ticks.tick().await;
            }
        });
        Self { peak_kib, task }
    }

    /// The largest resident memory so far, in KiB.
    pub(super) fn peak(&self) -> u64 {
        self.peak_kib.load(Ordering::Relaxed)
    }
}

impl Drop for PeakMemory {
    fn drop(&mut self) {
        self.task.abort();
    }
}

/// The memory of a process as soon as it is at most [`MAX_GROWTH_KIB`] more than before, or else after this long.
pub(super) async fn memory_after(
    process: u32,
    before_kib: u64,
    recovery: Duration,
) -> Result<u64, LoadgenError> {
    let end = Instant::now() + recovery;
    loop {
        let memory = ProcessMemory::of(process)?.resident;
        if memory <= before_kib + MAX_GROWTH_KIB || Instant::now() >= end {
            return Ok(memory);
        }
        sleep(INTERVAL).await;
    }
}
