//! Schedules in paused time, with a database in memory: no test waits for a real second.

use madang_hub::ports::{NewUser, Write};
use madang_shared::notices::DEMO_NOTICES;
use madang_shared::notices::{NoticeContent, NoticesCommand, NoticesSnapshot};
use madang_shared::{CommandId, User};
use madang_store::InlineSqlite;
use tokio::sync::broadcast::Sender;
use tokio::task::JoinHandle;

use super::*;
use crate::test_clock::{START, TestClock};

struct ScheduleTest {
    store: InlineSqlite,
    clock: Arc<TestClock>,
    bus: Sender<TopicAdvanced>,
    mina: User,
}

impl ScheduleTest {
    fn new() -> Self {
        let store = InlineSqlite::open_in_memory(START, 7).expect("opens");
        let new =
            NewUser { name: "Mina".into(), name_key: "mina".into(), token: [1; 32], at: START };
        let mina = store.sign_up_now(new).expect("free");
        Self { store, clock: Arc::new(TestClock::start()), bus: Sender::new(16), mina }
    }

    /// Starts the task, with the token that stops it.
    fn start(&self, schedules: &[Schedule]) -> (JoinHandle<Result<()>>, CancellationToken) {
        let stopping = CancellationToken::new();
        let (store, clock) = (Arc::new(self.store.clone()), self.clock.clone());
        let (alone, advances) = (Leadership::alone(), self.bus.subscribe());
        let task = run(schedules.to_vec(), (store, clock), alone, advances, stopping.clone());
        (tokio::spawn(task), stopping)
    }

    fn state(&self) -> NoticesSnapshot {
        let shared = SharedStateRead::uncached(Topic::Notices);
        let opened = self.store.open_now(SERVER, shared, None);
        let Ok(Recovery::State(state)) = opened else { panic!("{opened:?}") };
        match state.snapshot() {
            Ok(Snapshot::Notices(notices)) => notices,
            other => panic!("{other:?}"),
        }
    }

    /// When each notice was sent, in seconds after the start.
    fn sent_at(&self) -> Vec<u64> {
        self.state().notices.iter().map(|notice| notice.at.since(START) / 1_000).collect()
    }

    fn demo(&self, number: u128, on: bool) {
        let (author, at) = (self.mina.clone(), self.clock.now());
        let id = CommandId::new(at, number);
        let write = Write::of_command(author, id, at, NoticesCommand::Demo { on }.into());
        let outcomes = self.store.commit_now(vec![write.expect("acceptable")]);
        assert!(outcomes[0].is_ok());
        let seq = madang_shared::Seq(0);
        self.bus.send(TopicAdvanced { topic: Topic::Notices, seq }).expect("there is a receiver");
    }
}

fn every(seconds: u64) -> Vec<Schedule> {
    let text = format!("ko = \"쉬어요\"\nen = \"A break\"\nevery_seconds = {seconds}");
    schedules(&[toml::from_str(&text).expect("testht")]).expect("testht")
}

async fn seconds(count: u64) {
    tokio::time::sleep(Duration::from_secs(count)).await;
}

#[tokio::test(start_paused = true)]
async fn t2_2_a_scheduled_notice_is_sent_when_it_is_due_and_not_before() {
    let test = ScheduleTest::new();
    let (_task, _stopping) = test.start(&every(60));
    seconds(19).await;
    assert!(test.sent_at().is_empty(), "a new schedule does not begin in the past");
    seconds(182).await;
    assert_eq!(test.sent_at(), [20, 80, 140, 200]);
}

#[tokio::test(start_paused = true)]
async fn t2_2_after_a_restart_the_latest_missed_notice_is_sent_once() {
    let test = ScheduleTest::new();
    let (task, stopping) = test.start(&every(60));
    seconds(30).await;
    stopping.cancel();
    task.await.expect("no panic").expect("no error");
    // Down while three came due; then a restart, and one more at once.
    seconds(180).await;
    for _ in 0..2 {
        let (task, stopping) = test.start(&every(60));
        seconds(5).await;
        stopping.cancel();
        task.await.expect("no panic").expect("no error");
    }
    assert_eq!(test.sent_at(), [20, 210], "not three, and not twice");
    // A crash between two notices loses none, and another schedule begins with its own first start.
    let both: Vec<Schedule> = every(60).into_iter().chain(every(30)).collect();
    let (task, _) = test.start(&both);
    seconds(55).await;
    task.abort();
    assert_eq!(test.sent_at(), [20, 210, 230, 260, 260]);
}

#[tokio::test(start_paused = true)]
async fn t2_2_a_notice_due_while_the_store_fails_is_sent_when_it_is_back() {
    let test = ScheduleTest::new();
    let (_task, _stopping) = test.start(&every(60));
    seconds(10).await;
    test.store.set_unavailable(true);
    seconds(100).await;
    test.store.set_unavailable(false);
    seconds(10).await;
    let sent = test.sent_at();
    assert_eq!(sent.len(), 1, "only the latest: {sent:?}");
    assert!((110..=115).contains(&sent[0]), "{sent:?}");
}

#[tokio::test(start_paused = true)]
async fn t2_2_the_demonstration_ends_after_its_last_notice() {
    let test = ScheduleTest::new();
    let (_task, _stopping) = test.start(&[]);
    seconds(3).await;
    test.demo(1, true);
    seconds(600).await;
    let expected: Vec<u64> = (1..=u64::from(DEMO_NOTICES)).map(|n| 3 + 10 * n).collect();
    assert_eq!(test.sent_at(), expected);
    assert_eq!(test.state().demo, None);

    test.demo(2, true);
    seconds(25).await;
    test.demo(3, false);
    seconds(600).await;
    let numbers: Vec<_> = test.state().notices.into_iter().map(|it| it.what).skip(12).collect();
    let demonstrated = |number| NoticeContent::Demonstrated { number, of: DEMO_NOTICES };
    assert_eq!(numbers, [demonstrated(1), demonstrated(2)], "anybody may stop it");
}

#[tokio::test(start_paused = true)]
async fn t2_2_a_demonstration_continues_after_a_restart_without_a_burst() {
    let test = ScheduleTest::new();
    let (task, stopping) = test.start(&[]);
    test.demo(1, true);
    seconds(25).await;
    stopping.cancel();
    task.await.expect("no panic").expect("no error");
    seconds(50).await;
    let (_task, _stopping) = test.start(&[]);
    seconds(10).await;
    assert_eq!(test.sent_at(), [10, 20, 75, 80]);
    seconds(300).await;
    assert_eq!(test.state().demo, None);
}

#[tokio::test(start_paused = true)]
async fn a_node_without_the_lease_sends_nothing() {
    let test = ScheduleTest::new();
    let (_lease, leadership) =
        crate::leases::LeaseTask::new("notices", madang_hub::nodes::NodeId(1));
    let stopping = CancellationToken::new();
    let (store, clock) = (Arc::new(test.store.clone()), test.clock.clone());
    let schedules = every(60);
    let task = run(schedules, (store, clock), leadership, test.bus.subscribe(), stopping.clone());
    let task = tokio::spawn(task);
    tokio::time::sleep(Duration::from_mins(10)).await;
    assert!(test.state().notices.is_empty());
    stopping.cancel();
    task.await.expect("ends").expect("without an error");
}
