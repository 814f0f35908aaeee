//! The schedule, in paused time and against the engine in memory: nothing here waits for a real second.

use madang_hub::features::{Change, decide};
use madang_hub::ports::{NewUser, Write};
use madang_shared::notices::DEMO_NOTICES;
use madang_shared::notices::{NoticeContent, NoticesCommand, NoticesSnapshot};
use madang_shared::{CommandId, User};
use madang_store::memory::Memory;
use tokio::sync::broadcast::Sender;
use tokio::task::JoinHandle;
use tokio::time::Instant;

use super::*;

/// 2025-06-15T15:06:40Z: no multiple of a minute.
const START: Timestamp = Timestamp(1_750_000_000_000);

/// Goes as the paused time does.
struct TestClock(Instant);

impl Clock for TestClock {
    fn now(&self) -> Timestamp {
        START.plus(u64::try_from(self.0.elapsed().as_millis()).expect("short"))
    }
}

struct Rig {
    store: Memory,
    clock: Arc<TestClock>,
    bus: Sender<TopicAdvanced>,
    mina: User,
}

impl Rig {
    fn new() -> Self {
        let store = Memory::new(START, 7);
        let new =
            NewUser { name: "Mina".into(), name_key: "mina".into(), token: [1; 32], at: START };
        let mina = store.sign_up_now(new).expect("free");
        Self { store, clock: Arc::new(TestClock(Instant::now())), bus: Sender::new(16), mina }
    }

    /// A server's task, from its start to its end.
    fn start(&self, schedules: &[Schedule]) -> (JoinHandle<Result<()>>, CancellationToken) {
        let stopping = CancellationToken::new();
        let (store, clock) = (Arc::new(self.store.clone()), self.clock.clone());
        let task = run(schedules.to_vec(), store, clock, self.bus.subscribe(), stopping.clone());
        (tokio::spawn(task), stopping)
    }

    fn state(&self) -> NoticesSnapshot {
        match self.store.open_now(READER, Topic::Notices, None) {
            Ok(Recovery::State { snapshot: Snapshot::Notices(notices), .. }) => notices,
            other => panic!("{other:?}"),
        }
    }

    /// When each notice was told, in seconds after the start.
    fn told(&self) -> Vec<u64> {
        self.state().notices.iter().map(|notice| notice.at.since(START) / 1_000).collect()
    }

    fn demo(&self, number: u128, on: bool) {
        let change: Change = decide(NoticesCommand::Demo { on }.into()).expect("acceptable");
        let (author, at) = (self.mina.clone(), self.clock.now());
        let command = CommandId::new(at, number);
        let made = self.store.commit_now(vec![Write { author, command, at, change }]);
        assert!(made[0].is_ok());
        let seq = madang_shared::Seq(0);
        self.bus.send(TopicAdvanced { topic: Topic::Notices, seq }).expect("somebody listens");
    }
}

fn every(seconds: u64) -> Vec<Schedule> {
    let text = format!("ko = \"쉬어요\"\nen = \"A break\"\nevery_seconds = {seconds}");
    schedules(&[toml::from_str(&text).expect("right")]).expect("right")
}

async fn seconds(count: u64) {
    tokio::time::sleep(Duration::from_secs(count)).await;
}

#[tokio::test(start_paused = true)]
async fn t2_2_a_scheduled_notice_is_told_when_it_is_due_and_not_before() {
    let rig = Rig::new();
    let (_task, _stopping) = rig.start(&every(60));
    seconds(19).await;
    assert!(rig.told().is_empty(), "a new schedule does not begin in the past");
    seconds(182).await;
    assert_eq!(rig.told(), [20, 80, 140, 200]);
}

#[tokio::test(start_paused = true)]
async fn t2_2_after_a_restart_the_latest_missed_notice_is_told_once() {
    let rig = Rig::new();
    let (task, stopping) = rig.start(&every(60));
    seconds(30).await;
    stopping.cancel();
    task.await.expect("it lives").expect("it ends well");
    // Down while three came due; then a restart, and one more at once.
    seconds(180).await;
    for _ in 0..2 {
        let (task, stopping) = rig.start(&every(60));
        seconds(5).await;
        stopping.cancel();
        task.await.expect("it lives").expect("it ends well");
    }
    assert_eq!(rig.told(), [20, 210], "not three, and not twice");
    // A crash between two notices loses none, and another schedule begins with its own first start.
    let both: Vec<Schedule> = every(60).into_iter().chain(every(30)).collect();
    let (task, _) = rig.start(&both);
    seconds(55).await;
    task.abort();
    assert_eq!(rig.told(), [20, 210, 230, 260, 260]);
}

#[tokio::test(start_paused = true)]
async fn t2_2_what_comes_due_while_the_store_is_away_is_told_when_it_is_back() {
    let rig = Rig::new();
    let (_task, _stopping) = rig.start(&every(60));
    seconds(10).await;
    rig.store.set_unavailable(true);
    seconds(100).await;
    rig.store.set_unavailable(false);
    seconds(10).await;
    let told = rig.told();
    assert_eq!(told.len(), 1, "the latest, once: {told:?}");
    assert!((110..=115).contains(&told[0]), "{told:?}");
}

#[tokio::test(start_paused = true)]
async fn t2_2_the_demonstration_runs_its_course_and_no_longer() {
    let rig = Rig::new();
    let (_task, _stopping) = rig.start(&[]);
    seconds(3).await;
    rig.demo(1, true);
    seconds(600).await;
    let expected: Vec<u64> = (1..=u64::from(DEMO_NOTICES)).map(|n| 3 + 10 * n).collect();
    assert_eq!(rig.told(), expected);
    assert_eq!(rig.state().demo, None);

    rig.demo(2, true);
    seconds(25).await;
    rig.demo(3, false);
    seconds(600).await;
    let numbers: Vec<_> = rig.state().notices.into_iter().map(|it| it.what).skip(12).collect();
    let demonstrated = |number| NoticeContent::Demonstrated { number, of: DEMO_NOTICES };
    assert_eq!(numbers, [demonstrated(1), demonstrated(2)], "anybody may stop it");
}

#[tokio::test(start_paused = true)]
async fn t2_2_a_demonstration_goes_on_after_a_restart_without_a_burst() {
    let rig = Rig::new();
    let (task, stopping) = rig.start(&[]);
    rig.demo(1, true);
    seconds(25).await;
    stopping.cancel();
    task.await.expect("it lives").expect("it ends well");
    seconds(50).await;
    let (_task, _stopping) = rig.start(&[]);
    seconds(10).await;
    assert_eq!(rig.told(), [10, 20, 75, 80]);
    seconds(300).await;
    assert_eq!(rig.state().demo, None);
}
