//! The largest memory of the server during an attack.

use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};
use std::time::Duration;

use madang_loadgen::ProcessMemory;
use tokio::task::JoinHandle;

/// The interval of the samples.
const INTERVAL: Duration = Duration::from_millis(50);

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
