//! The threads that hash and check passwords: a few at a time, apart from the threads that serve connections, with a
//! bounded queue before them.

use std::num::NonZero;
use std::sync::Arc;
use std::thread::available_parallelism;

use madang_hub::passwords::{HashError, NormalPassword, SALT_BYTES, hash_of_nobody};
use madang_shared::{ErrorCode, Failure};
use tokio::sync::Semaphore;

use crate::http::problem::Problem;

/// The most hashes at a time. Each takes a processor and 19 MiB for tens of milliseconds.
const MAX_THREADS: usize = 4;
/// The most requests that wait or are being served.
const MAX_QUEUE: usize = 64;
/// The wait that a refusal names, in milliseconds.
const RETRY_MS: u64 = 2_000;

/// The threads. Clones are the same.
#[derive(Clone, Debug)]
pub struct PasswordPool {
    queue: Arc<Semaphore>,
    threads: Arc<Semaphore>,
}

impl Default for PasswordPool {
    fn default() -> Self {
        // At least half of the processors are left to the connections.
        let threads = available_parallelism().map_or(1, NonZero::get) / 2;
        Self::new(threads.clamp(1, MAX_THREADS), MAX_QUEUE)
    }
}

impl PasswordPool {
    fn new(threads: usize, queue: usize) -> Self {
        let semaphore = |permits| Arc::new(Semaphore::new(permits));
        Self { queue: semaphore(queue), threads: semaphore(threads) }
    }

    /// Hashes a password with a new salt.
    ///
    /// # Errors
    /// `rate_limited` if too many requests wait; `internal` without randomness or memory.
    pub async fn hash(&self, password: NormalPassword) -> Result<String, Problem> {
        let mut salt = [0; SALT_BYTES];
        getrandom::fill(&mut salt).map_err(|error| failed(&error))?;
        let hash: Result<String, HashError> = self.run(move || password.hash(salt)).await?;
        hash.map_err(|error| failed(&error))
    }

    /// Whether a password has this hash. Without a hash, the answer is no and takes as long.
    ///
    /// # Errors
    /// `rate_limited` if too many requests wait.
    pub async fn matches(
        &self,
        password: NormalPassword,
        hash: Option<String>,
    ) -> Result<bool, Problem> {
        self.run(move || {
            let matches = password.matches(hash.as_deref().unwrap_or_else(|| hash_of_nobody()));
            matches && hash.is_some()
        })
        .await
    }

    async fn run<T: Send + 'static>(
        &self,
        work: impl FnOnce() -> T + Send + 'static,
    ) -> Result<T, Problem> {
        let place = Arc::clone(&self.queue).try_acquire_owned().map_err(|_| {
            let message = "Too many people are signing in; try again in a few seconds.";
            Problem::from(Failure::new(ErrorCode::RateLimited, message).after(RETRY_MS))
        })?;
        // The semaphore is never closed.
        let thread = Arc::clone(&self.threads).acquire_owned().await.ok();
        let done = tokio::task::spawn_blocking(move || {
            let result = work();
            // Held until now, although the caller may be gone.
            drop((place, thread));
            result
        });
        done.await.map_err(|error| failed(&error))
    }
}

fn failed(error: &dyn std::fmt::Display) -> Problem {
    tracing::error!(%error, "a password could not be hashed");
    let message = "The server could not check the password. Nothing was changed; try again later.";
    Problem::new(ErrorCode::Internal, message)
}

#[cfg(test)]
mod tests {
    use std::sync::mpsc;

    use super::*;

    #[tokio::test]
    async fn a_full_queue_refuses_and_a_dropped_request_keeps_its_place_until_it_is_served() {
        let pool = PasswordPool::new(1, 2);
        let (release, released) = mpsc::channel::<()>();
        let (started, mut has_started) = tokio::sync::mpsc::channel(1);
        let first = tokio::spawn({
            let pool = pool.clone();
            async move {
                pool.run(move || {
                    started.blocking_send(()).ok();
                    released.recv().ok();
                })
                .await
            }
        });
        has_started.recv().await.unwrap();
        let mut second = Box::pin(pool.run(|| 2));
        assert!(futures_util::poll!(&mut second).is_pending());
        let refused = pool.run(|| 3).await.unwrap_err();
        assert_eq!(refused.failure.code, ErrorCode::RateLimited);
        first.abort();
        assert!(pool.run(|| 4).await.is_err(), "the work of the dropped request goes on");
        release.send(()).unwrap();
        assert_eq!(second.await.unwrap(), 2);
    }
}
