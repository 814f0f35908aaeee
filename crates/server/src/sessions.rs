//! The end of sign-in sessions: connections close when any program has ended their session in the
//! database, and sessions that are unused or too old are ended.
//!
//! A session is the only way back to its user. So no session is ended before the clock has run steadily
//! for an hour: a clock that starts wrong, or jumps, would end them all.

use std::sync::Arc;
use std::time::Duration;

use anyhow::Result;
use madang_hub::ports::{Clock, SessionLimits, Store, StoreError, TokenHash};
use madang_shared::Timestamp;
use madang_shared::ids::MAX_CLOCK_CORRECTION_MS;
use madang_web::OpenSessions;
use tokio::sync::broadcast::{self, error::RecvError};
use tokio::time::Instant;
use tokio_util::sync::CancellationToken;

use crate::leases::Leadership;

/// The time after which a session that was ended in the database has no connection left.
const CHECK_INTERVAL: Duration = Duration::from_secs(10);
/// The interval between two records of the sessions in use, and between two searches for old ones.
const EXPIRY_INTERVAL: Duration = Duration::from_mins(10);
/// The time for which the clock must have run steadily before a session is ended.
const STEADY_TIME: Duration = Duration::from_hours(1);
/// Sessions in one request to the store.
const BATCH: usize = 512;

/// Ends sessions, until the process stops.
///
/// `session_ends` announces the sessions that users end on other nodes; the check of the database finds those that are
/// not announced. One node ends old sessions for all.
pub(crate) async fn run(
    (store, clock): (Arc<dyn Store>, Arc<dyn Clock>),
    open_sessions: OpenSessions,
    (limits, leadership): (SessionLimits, Leadership),
    mut session_ends: Option<broadcast::Receiver<TokenHash>>,
    stopping: CancellationToken,
) -> Result<()> {
    let mut steady =
        SteadyTime { since: Instant::now(), wall: clock.now(), checked: Instant::now() };
    let mut recorded = Instant::now();
    let mut is_healthy = true;
    loop {
        let next_check = Instant::now() + CHECK_INTERVAL;
        let is_stopping = loop {
            tokio::select! {
                () = tokio::time::sleep_until(next_check) => break false,
                () = stopping.cancelled() => break true,
                ended = next_end(&mut session_ends) => {
                    open_sessions.end(&ended);
                }
            }
        };
        let now = clock.now();
        steady.check(now);
        let open = open_sessions.all();
        let mut outcome = close_ended(&*store, &open_sessions, &open, now).await;
        if outcome.is_ok() && (is_stopping || recorded.elapsed() >= EXPIRY_INTERVAL) {
            recorded = Instant::now();
            let ends_old = leadership.is_leader() && steady.since.elapsed() >= STEADY_TIME;
            outcome = match current_limits(&*store, limits).await {
                Ok(limits) => expire(&*store, open, now, Some(limits).filter(|_| ends_old)).await,
                Err(error) => Err(error),
            };
        }
        if let Err(error) = &outcome
            && is_healthy
        {
            tracing::warn!(%error, "the store failed; the end of sessions is delayed");
        }
        is_healthy = outcome.is_ok();
        if is_stopping {
            return Ok(());
        }
    }
}

/// The limits, after the settings that an administrator has changed.
async fn current_limits(
    store: &dyn Store,
    configured: SessionLimits,
) -> Result<SessionLimits, StoreError> {
    Ok(configured.with_settings(&store.settings().await?))
}

/// The next session that has ended on another node. Without end, if there is no other node.
async fn next_end(session_ends: &mut Option<broadcast::Receiver<TokenHash>>) -> TokenHash {
    loop {
        let Some(receiver) = session_ends else { return std::future::pending().await };
        match receiver.recv().await {
            Ok(session) => return session,
            // The check of the database finds the lost ones.
            Err(RecvError::Lagged(_)) => {}
            Err(RecvError::Closed) => *session_ends = None,
        }
    }
}

/// Closes the connections of sessions and access tokens that have ended.
async fn close_ended(
    store: &dyn Store,
    open_sessions: &OpenSessions,
    open: &[TokenHash],
    now: Timestamp,
) -> Result<(), StoreError> {
    for batch in open.chunks(BATCH) {
        for ended in store.ended_sessions(batch.to_vec(), now).await? {
            tracing::debug!("a session has ended in the database; its connections close");
            open_sessions.end(&ended);
        }
    }
    Ok(())
}

async fn expire(
    store: &dyn Store,
    open: Vec<TokenHash>,
    now: Timestamp,
    limits: Option<SessionLimits>,
) -> Result<(), StoreError> {
    for batch in open.chunks(BATCH) {
        store.expire_sessions(batch.to_vec(), now, None).await?;
    }
    let ended = store.expire_sessions(Vec::new(), now, limits).await?;
    if ended > 0 {
        tracing::info!(ended, "sessions have expired");
    }
    Ok(())
}

/// The time for which the clock has agreed with the passing of time.
struct SteadyTime {
    since: Instant,
    wall: Timestamp,
    checked: Instant,
}

impl SteadyTime {
    fn check(&mut self, now: Timestamp) {
        let passed = u64::try_from(self.checked.elapsed().as_millis()).unwrap_or(u64::MAX);
        let expected = self.wall.plus(passed);
        let difference = now.since(expected).max(expected.since(now));
        (self.wall, self.checked) = (now, Instant::now());
        if difference > MAX_CLOCK_CORRECTION_MS {
            self.since = Instant::now();
        }
    }
}

#[cfg(test)]
mod tests {
    use std::sync::atomic::{AtomicU64, Ordering};

    use madang_hub::ports::NewUser;
    use madang_store::InlineSqlite;

    use super::*;

    const START: Timestamp = Timestamp(1_750_000_000_000);
    const HOUR: u64 = 3_600_000;
    const DAY: u64 = 24 * HOUR;

    /// Follows the paused time, and can be set ahead.
    struct TestClock(Instant, AtomicU64);

    impl Clock for TestClock {
        fn now(&self) -> Timestamp {
            let passed = u64::try_from(self.0.elapsed().as_millis()).expect("short");
            START.plus(passed + self.1.load(Ordering::Relaxed))
        }
    }

    struct SessionTest {
        store: InlineSqlite,
        clock: Arc<TestClock>,
        open: OpenSessions,
        ends: broadcast::Sender<TokenHash>,
    }

    impl SessionTest {
        fn start() -> Self {
            let store = InlineSqlite::open_in_memory(START, 7).expect("opens");
            for (name, token) in [("Mina", [1; 32]), ("Theo", [2; 32])] {
                let (name, name_key) = (name.to_owned(), name.to_lowercase());
                store.sign_up_now(NewUser { name, name_key, token, at: START }).expect("free");
            }
            let clock = Arc::new(TestClock(Instant::now(), AtomicU64::new(0)));
            let open = OpenSessions::default();
            let limits = SessionLimits { idle_ms: 3 * HOUR, max_ms: 400 * DAY };
            let stopping = CancellationToken::new();
            let ends = broadcast::Sender::new(8);
            let task = run(
                (Arc::new(store.clone()), clock.clone()),
                open.clone(),
                (limits, Leadership::alone()),
                Some(ends.subscribe()),
                stopping,
            );
            tokio::spawn(task);
            Self { store, clock, open, ends }
        }

        fn ended(&self) -> Vec<u8> {
            let ended = self
                .store
                .ended_sessions_now(vec![[1; 32], [2; 32]], self.clock.now())
                .expect("readable");
            ended.into_iter().map(|token| token[0]).collect()
        }
    }

    async fn minutes(count: u64) {
        tokio::time::sleep(Duration::from_mins(count)).await;
    }

    #[tokio::test(start_paused = true)]
    async fn a_session_that_ends_in_the_database_closes_its_connections_within_seconds() {
        let test = SessionTest::start();
        let (mina, theo) = (test.open.open([1; 32]), test.open.open([2; 32]));
        test.store.sign_out_now([1; 32]).expect("stored");
        let deadline = CHECK_INTERVAL + Duration::from_secs(1);
        tokio::time::timeout(deadline, mina.ended()).await.expect("closed");
        assert!(tokio::time::timeout(deadline, theo.ended()).await.is_err(), "the other stays");
    }

    #[tokio::test(start_paused = true)]
    async fn a_session_that_ends_on_another_node_closes_its_connections_at_once() {
        let test = SessionTest::start();
        let (mina, theo) = (test.open.open([1; 32]), test.open.open([2; 32]));
        tokio::task::yield_now().await;
        test.ends.send([1; 32]).expect("the task listens");
        let at_once = Duration::from_millis(10);
        tokio::time::timeout(at_once, mina.ended()).await.expect("closed");
        assert!(tokio::time::timeout(at_once, theo.ended()).await.is_err(), "the other stays");
    }

    #[tokio::test(start_paused = true)]
    async fn a_connected_session_stays_and_an_unused_one_expires() {
        let test = SessionTest::start();
        let _mina = test.open.open([1; 32]);
        minutes(179).await;
        assert!(test.ended().is_empty());
        minutes(20).await;
        assert_eq!(test.ended(), [2]);
        minutes(24 * 60).await;
        assert_eq!(test.ended(), [2]);
    }

    #[tokio::test(start_paused = true)]
    async fn a_clock_that_jumps_ends_no_session_until_it_has_run_steadily() {
        let test = SessionTest::start();
        minutes(90).await;
        test.clock.1.store(DAY, Ordering::Relaxed);
        minutes(50).await;
        test.clock.1.store(0, Ordering::Relaxed);
        minutes(35).await;
        assert!(test.ended().is_empty(), "neither during the jump nor after it");
        minutes(60).await;
        assert_eq!(test.ended(), [1, 2], "in their time");
    }
}
