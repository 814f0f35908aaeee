//! Long compressions, apart from the threads of the runtime: 1 MiB takes tens of milliseconds, in which every other
//! connection of the thread would wait.

use std::io;
use std::num::NonZero;
use std::sync::LazyLock;
use std::thread::available_parallelism;

use tokio::sync::Semaphore;
use tokio::task::spawn_blocking;

/// Payloads up to this many bytes are compressed at once: the handover to another thread costs about as much.
pub const MAX_INLINE_COMPRESSION_BYTES: usize = 16 * 1024;

/// Permits for long compressions at once, one for each processor: more would delay the threads of the runtime.
static PERMITS: LazyLock<Semaphore> =
    LazyLock::new(|| Semaphore::new(available_parallelism().map_or(1, NonZero::get)));

/// Runs a long compression on a thread of its own, as soon as a permit is free.
///
/// # Errors
/// If the work panics, or the runtime ends.
pub async fn compress_apart<T: Send + 'static>(
    work: impl FnOnce() -> T + Send + 'static,
) -> io::Result<T> {
    let _permit = PERMITS.acquire().await.map_err(io::Error::other)?;
    spawn_blocking(work).await.map_err(io::Error::other)
}
