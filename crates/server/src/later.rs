//! Acts that are due for users: reminders of saved messages, and messages that wait for their time. The store knows the
//! times, and settles each act once, so a restart repeats none. After downtime, all that were missed are settled late.

use std::sync::Arc;
use std::time::Duration;

use anyhow::Result;
use futures_util::FutureExt;
use madang_hub::Hub;
use madang_hub::bus::TopicAdvanced;
use madang_hub::ports::{Clock, Store};
use madang_shared::Topic;
use tokio::sync::broadcast;
use tokio_util::sync::CancellationToken;

use crate::leases::Leadership;
use crate::lifecycle::Lifecycle;
use crate::timetable::{NextDue, Timetable};

/// See [`Timetable::max_sleep`]. It bounds the delay of what a user of another node has set, too.
const MAX_SLEEP: Duration = Duration::from_secs(20);
/// Acts that are read at once.
const PAGE: usize = 100;

/// Starts the task that settles due acts.
pub(crate) fn spawn(
    lifecycle: &Lifecycle,
    ports: (Arc<dyn Store>, Arc<dyn Clock>),
    hub: &Arc<Hub>,
    leadership: Leadership,
) {
    let (workspace, advances) = (hub.clone(), hub.advances());
    let moods = move || workspace.workspace().moods;
    lifecycle.spawn("later", run(ports, moods, leadership, advances, lifecycle.stopping()));
}

/// Settles due acts, until the process stops. `moods` tells whether messages get their sentiments.
async fn run(
    (store, clock): (Arc<dyn Store>, Arc<dyn Clock>),
    moods: impl Fn() -> bool + Clone + Send + Sync + 'static,
    leadership: Leadership,
    advances: broadcast::Receiver<TopicAdvanced>,
    stopping: CancellationToken,
) -> Result<()> {
    let timetable = Timetable {
        work: "reminders and scheduled messages",
        clock: clock.clone(),
        leadership,
        advances,
        wakes: |topic| matches!(topic, Topic::Later(_)),
        max_sleep: MAX_SLEEP,
    };
    let settle = move || {
        let (store, clock, moods) = (store.clone(), clock.clone(), moods.clone());
        async move { settle_due(&*store, &*clock, &moods).await }.boxed()
    };
    timetable.run(settle, stopping).await
}

/// Settles at most one page of due acts. Returns the time of the next one, which may have passed.
async fn settle_due(
    store: &dyn Store,
    clock: &dyn Clock,
    moods: &(impl Fn() -> bool + Sync),
) -> NextDue {
    for due in store.next_due(PAGE).await? {
        let now = clock.now();
        if due.at > now {
            return Ok(Some(due.at));
        }
        store.settle_due(due, now, moods()).await?;
    }
    Ok(store.next_due(1).await?.first().map(|next| next.at))
}

#[cfg(test)]
mod tests {
    use std::sync::atomic::{AtomicU64, Ordering};

    use madang_hub::ports::{NewUser, Recovery, Write};
    use madang_hub::rooms::FIRST_ROOM;
    use madang_hub::shared_state::SharedStateRead;
    use madang_shared::chat::ChatCommand;
    use madang_shared::later::LaterCommand;
    use madang_shared::notices::NoticeContent;
    use madang_shared::{Command, CommandId, Seq, Snapshot, User};
    use madang_store::InlineSqlite;
    use tokio::sync::broadcast::Sender;
    use tokio::task::JoinHandle;

    use super::*;
    use crate::test_clock::{START, TestClock};

    struct LaterTest {
        store: InlineSqlite,
        clock: Arc<TestClock>,
        bus: Sender<TopicAdvanced>,
        mina: User,
        commands: AtomicU64,
    }

    impl LaterTest {
        /// A user who has written two messages.
        fn new() -> Self {
            let store = InlineSqlite::open_in_memory(START, 7).expect("opens");
            let new =
                NewUser { name: "Mina".into(), name_key: "mina".into(), token: [1; 32], at: START };
            let mina = store.sign_up_now(new).expect("free");
            let (clock, bus) = (Arc::new(TestClock::start()), Sender::new(16));
            let test = Self { store, clock, bus, mina, commands: AtomicU64::new(0) };
            for text in ["first", "second"] {
                test.command(ChatCommand::post(FIRST_ROOM, text));
            }
            test
        }

        fn command(&self, command: impl Into<Command>) {
            let number = self.commands.fetch_add(1, Ordering::Relaxed);
            let (author, now) = (self.mina.clone(), self.clock.now());
            let id = CommandId::new(now, u128::from(number) << 64);
            let write = Write::of_command(author, id, now, command.into()).expect("valid");
            self.store.commit_now(vec![write]).remove(0).expect("stored");
        }

        fn remind(&self, message: u64, seconds: u64) {
            let at = Some(START.plus(seconds * 1_000));
            self.command(LaterCommand::Remind { room: FIRST_ROOM, message: Seq(message), at });
            let (topic, seq) = (Topic::Later(self.mina.id), Seq(1));
            self.bus.send(TopicAdvanced { topic, seq }).ok();
        }

        /// Starts the task, with the token that stops it.
        fn start(&self) -> (JoinHandle<Result<()>>, CancellationToken) {
            let stopping = CancellationToken::new();
            let (store, clock) = (Arc::new(self.store.clone()), self.clock.clone());
            let (alone, advances) = (Leadership::alone(), self.bus.subscribe());
            let task = run((store, clock), || true, alone, advances, stopping.clone());
            (tokio::spawn(task), stopping)
        }

        /// The messages of the sent reminders, with the seconds at which they were sent.
        fn sent(&self) -> Vec<(u64, u64)> {
            let shared = SharedStateRead::uncached(Topic::Inbox(self.mina.id));
            let opened = self.store.open_now(self.mina.id, shared, None);
            let Ok(Recovery::State(state)) = opened else { panic!("{opened:?}") };
            let Ok(Snapshot::Inbox(inbox)) = state.snapshot() else { panic!("an inbox") };
            let sent = inbox.notices.into_iter().map(|notice| match notice.what {
                NoticeContent::Reminded { message, .. } => {
                    (message.0, notice.at.since(START) / 1_000)
                }
                other => panic!("{other:?}"),
            });
            sent.collect()
        }
    }

    async fn until(seconds: u64, test: &LaterTest) {
        tokio::time::sleep_until(test.clock.0 + Duration::from_millis(seconds * 1_000 + 500)).await;
    }

    #[tokio::test(start_paused = true)]
    async fn a_reminder_is_sent_at_its_time_and_an_earlier_one_wakes_the_task() {
        let test = LaterTest::new();
        let (task, stopping) = test.start();
        until(1, &test).await;
        test.remind(1, 50);
        until(2, &test).await;
        test.remind(2, 5);
        until(4, &test).await;
        assert_eq!(test.sent(), []);
        until(5, &test).await;
        assert_eq!(test.sent(), [(2, 5)]);
        until(60, &test).await;
        assert_eq!(test.sent(), [(2, 5), (1, 50)]);
        stopping.cancel();
        task.await.expect("ends").expect("without an error");
    }

    #[tokio::test(start_paused = true)]
    async fn a_restart_repeats_no_reminder_and_sends_a_missed_one_late() {
        let test = LaterTest::new();
        test.remind(1, 5);
        test.remind(2, 30);
        let (task, stopping) = test.start();
        until(6, &test).await;
        stopping.cancel();
        task.await.expect("ends").expect("without an error");
        until(100, &test).await;
        assert_eq!(test.sent(), [(1, 5)]);
        let (_task, _stopping) = test.start();
        until(101, &test).await;
        assert_eq!(test.sent(), [(1, 5), (2, 100)]);
    }

    #[tokio::test(start_paused = true)]
    async fn a_store_that_fails_delays_a_reminder() {
        let test = LaterTest::new();
        test.remind(1, 5);
        test.store.set_unavailable(true);
        let (_task, _stopping) = test.start();
        until(20, &test).await;
        test.store.set_unavailable(false);
        until(26, &test).await;
        assert_eq!(test.sent().len(), 1);
    }
}
