//! What the fan-out writes itself, and what it leaves to a connection's task.

use std::pin::pin;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::task::{Context, Waker};

use madang_hub::FrameSink;
use madang_hub::sink::{FrameBatch, TrySend};
use madang_shared::{ClientFrame, ServerFrame, Topic, codec};
use parking_lot::Mutex;
use proptest::prelude::*;

use crate::test_client::{House, ROOM, TestClient};

const TIMELINE: Topic = Topic::Room(ROOM);

/// A socket that takes everything, or nothing.
#[derive(Default)]
struct Tray {
    busy: AtomicBool,
    /// The places that were written, and how many writes it took.
    written: Mutex<(Vec<u64>, usize)>,
}

impl FrameSink for Tray {
    fn try_send(&self, batch: &FrameBatch) -> TrySend {
        if self.busy.load(Ordering::Relaxed) {
            return TrySend::Busy;
        }
        let mut written = self.written.lock();
        written.1 += 1;
        for frame in batch.frames() {
            let text = std::str::from_utf8(frame.bytes()).unwrap();
            match codec::decode_server(text) {
                Ok(ServerFrame::Event { seq, .. }) => written.0.push(seq.0),
                other => unreachable!("only events are told to many: {other:?}"),
            }
        }
        TrySend::Accepted
    }
}

/// A reader with such a socket.
struct Subscriber {
    client: TestClient,
    tray: Arc<Tray>,
}

impl Subscriber {
    fn new(house: &House, name: &str) -> Self {
        let tray = Arc::new(Tray::default());
        let mut client = house.desk_with(&house.user(name), Some(tray.clone()));
        client.subscribe(house, TIMELINE, None);
        client.take();
        Self { client, tray }
    }

    /// The connection's task does what there is to do.
    fn task(&mut self, house: &House) {
        self.client.settle(house);
        let places = self.client.take_places(TIMELINE);
        self.tray.written.lock().0.extend(places);
    }

    fn places(&self) -> Vec<u64> {
        self.tray.written.lock().0.clone()
    }

    fn writes(&self) -> usize {
        self.tray.written.lock().1
    }
}

/// Lets the fan-out take that many turns.
fn fan_out(house: &House, turns: usize) {
    let mut writing = pin!(house.hub.run_fan_out());
    let mut context = Context::from_waker(Waker::noop());
    for _ in 0..turns {
        assert!(writing.as_mut().poll(&mut context).is_pending());
    }
}

fn say(house: &House, writer: &mut TestClient, count: usize) {
    for _ in 0..count {
        // The writer's allowance fills up meanwhile.
        writer.now = writer.now.plus(1_000);
        writer.post("news");
        writer.settle(house);
    }
    writer.take();
}

#[test]
fn what_was_said_meanwhile_is_written_at_once_and_wakes_no_task() {
    let house = House::new();
    let mut writer = house.client(&house.user("w"));
    let subscriber = Subscriber::new(&house, "r");
    say(&house, &mut writer, 3);
    fan_out(&house, 1);
    assert_eq!(subscriber.places(), [1, 2, 3]);
    assert_eq!(subscriber.writes(), 1);
    assert!(!subscriber.client.session.wakeups().has_pending());
}

#[test]
fn a_busy_socket_is_left_to_its_task_until_it_has_caught_up() {
    let house = House::new();
    let mut writer = house.client(&house.user("w"));
    let (mut slow, quick) = (Subscriber::new(&house, "s"), Subscriber::new(&house, "q"));
    slow.tray.busy.store(true, Ordering::Relaxed);
    say(&house, &mut writer, 2);
    fan_out(&house, 1);
    assert_eq!((slow.places(), quick.places()), (Vec::new(), vec![1, 2]));

    // What comes before the task has run is left to it too.
    slow.tray.busy.store(false, Ordering::Relaxed);
    say(&house, &mut writer, 1);
    fan_out(&house, 1);
    assert_eq!(slow.places(), [0_u64; 0]);
    slow.task(&house);
    assert_eq!(slow.places(), [1, 2, 3]);

    say(&house, &mut writer, 1);
    fan_out(&house, 1);
    assert_eq!(slow.places(), [1, 2, 3, 4]);
    assert_eq!(slow.writes(), 1);
}

#[test]
fn nothing_is_written_after_the_topic_was_left() {
    let house = House::new();
    let mut writer = house.client(&house.user("w"));
    let mut subscriber = Subscriber::new(&house, "r");
    say(&house, &mut writer, 1);
    subscriber.client.say(&ClientFrame::Unsubscribe { topic: TIMELINE });
    fan_out(&house, 2);
    assert_eq!(subscriber.places(), [0_u64; 0]);
}

#[test]
fn a_small_room_does_not_wait_for_all_of_a_huge_one() {
    let house = House::new();
    let mut writer = house.client(&house.user("w"));
    let user = house.user("r");
    let crowd: Vec<Arc<Tray>> = (0..1_000).map(|_| Arc::<Tray>::default()).collect();
    let mut desks: Vec<TestClient> =
        crowd.iter().map(|tray| house.desk_with(&user, Some(tray.clone()))).collect();
    for client in &mut desks {
        client.subscribe(&house, TIMELINE, None);
    }
    let counter = Arc::new(Tray::default());
    let mut watcher = house.desk_with(&user, Some(counter.clone()));
    watcher.subscribe(&house, Topic::Counter, None);

    say(&house, &mut writer, 1);
    watcher.command(madang_shared::counter::CounterCommand::Add { amount: 1 }.into());
    watcher.settle(&house);
    fan_out(&house, 4);
    let reached = || crowd.iter().filter(|tray| !tray.written.lock().0.is_empty()).count();
    assert_eq!(counter.written.lock().0, [1]);
    assert!(reached() < 300, "{}", reached());
    fan_out(&house, 30);
    assert_eq!(reached(), 1_000);
}

#[derive(Clone, Debug)]
enum Step {
    Say(usize),
    FanOut(usize),
    Task,
    Busy(bool),
}

fn steps() -> impl Strategy<Value = Vec<Step>> {
    let step = prop_oneof![
        (1..4_usize).prop_map(Step::Say),
        (1..3_usize).prop_map(Step::FanOut),
        Just(Step::Task),
        any::<bool>().prop_map(Step::Busy),
    ];
    prop::collection::vec(step, 0..40)
}

proptest! {
    #[test]
    fn every_event_is_written_once_and_in_order_by_whomever(steps in steps(), ring in 1..8_usize) {
        let house = House::with_ring(ring);
        let mut writer = house.client(&house.user("w"));
        let mut subscriber = Subscriber::new(&house, "r");
        let mut said = 0;
        for step in steps {
            match step {
                Step::Say(count) => {
                    said += count as u64;
                    say(&house, &mut writer, count);
                }
                Step::FanOut(turns) => fan_out(&house, turns),
                Step::Task => subscriber.task(&house),
                Step::Busy(busy) => subscriber.tray.busy.store(busy, Ordering::Relaxed),
            }
        }
        // The fan-out first: whatever it cannot write it must have left to the task.
        fan_out(&house, 3);
        subscriber.task(&house);
        prop_assert_eq!(subscriber.places(), (1..=said).collect::<Vec<_>>());
    }
}
