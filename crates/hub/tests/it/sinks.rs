//! The division of work between the fan-out and the task of a connection.

use std::pin::pin;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::task::{Context, Waker};

use madang_hub::FrameSink;
use madang_hub::frame::FrameBatch;
use madang_hub::sink::TrySend;
use madang_shared::{ClientFrame, ServerFrame, Topic, codec};
use parking_lot::Mutex;
use proptest::prelude::*;

use crate::test_server::{ROOM, TestConnection, TestServer};

const TIMELINE: Topic = Topic::Room(ROOM);

/// A sink that accepts every batch or none, and records the accepted seqs.
#[derive(Default)]
struct RecordingSink {
    busy: AtomicBool,
    /// The seqs of the written events, and the number of writes.
    written: Mutex<(Vec<u64>, usize)>,
}

impl FrameSink for RecordingSink {
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
                other => unreachable!("the fan-out writes only events: {other:?}"),
            }
        }
        TrySend::Accepted
    }
}

/// A subscriber with such a sink.
struct TestSubscriber {
    connection: TestConnection,
    sink: Arc<RecordingSink>,
}

impl TestSubscriber {
    fn new(server: &TestServer, name: &str) -> Self {
        let sink = Arc::new(RecordingSink::default());
        let mut connection = server.connect_with_sink(&server.user(name), Some(sink.clone()));
        connection.subscribe(server, TIMELINE, None);
        connection.take();
        Self { connection, sink }
    }

    /// Runs the task of the connection once.
    fn run_task(&mut self, server: &TestServer) {
        self.connection.settle(server);
        let seqs = self.connection.take_seqs(TIMELINE);
        self.sink.written.lock().0.extend(seqs);
    }

    fn seqs(&self) -> Vec<u64> {
        self.sink.written.lock().0.clone()
    }

    fn writes(&self) -> usize {
        self.sink.written.lock().1
    }
}

/// Runs that many passes of the fan-out.
fn fan_out(server: &TestServer, passes: usize) {
    let mut writing = pin!(server.hub.run_fan_out());
    let mut context = Context::from_waker(Waker::noop());
    for _ in 0..passes {
        assert!(writing.as_mut().poll(&mut context).is_pending());
    }
}

fn post_messages(server: &TestServer, author: &mut TestConnection, count: usize) {
    for _ in 0..count {
        // Refills the rate limit of the author.
        author.now = author.now.plus(1_000);
        author.post("news");
        author.settle(server);
    }
    author.take();
}

#[test]
fn waiting_events_are_written_as_one_batch_and_wake_no_task() {
    let server = TestServer::new();
    let mut author = server.connect(&server.user("w"));
    let subscriber = TestSubscriber::new(&server, "r");
    post_messages(&server, &mut author, 3);
    fan_out(&server, 1);
    assert_eq!(subscriber.seqs(), [1, 2, 3]);
    assert_eq!(subscriber.writes(), 1);
    assert!(!subscriber.connection.session.wakeups().has_pending());
}

#[test]
fn a_busy_sink_is_left_to_its_task_until_the_subscriber_has_caught_up() {
    let server = TestServer::new();
    let mut author = server.connect(&server.user("w"));
    let (mut slow, quick) = (TestSubscriber::new(&server, "s"), TestSubscriber::new(&server, "q"));
    slow.sink.busy.store(true, Ordering::Relaxed);
    post_messages(&server, &mut author, 2);
    fan_out(&server, 1);
    assert_eq!((slow.seqs(), quick.seqs()), (Vec::new(), vec![1, 2]));

    // Events before the next run of the task are left to the task, too.
    slow.sink.busy.store(false, Ordering::Relaxed);
    post_messages(&server, &mut author, 1);
    fan_out(&server, 1);
    assert_eq!(slow.seqs(), [0_u64; 0]);
    slow.run_task(&server);
    assert_eq!(slow.seqs(), [1, 2, 3]);

    post_messages(&server, &mut author, 1);
    fan_out(&server, 1);
    assert_eq!(slow.seqs(), [1, 2, 3, 4]);
    assert_eq!(slow.writes(), 1);
}

#[test]
fn nothing_is_written_after_an_unsubscribe() {
    let server = TestServer::new();
    let mut author = server.connect(&server.user("w"));
    let mut subscriber = TestSubscriber::new(&server, "r");
    post_messages(&server, &mut author, 1);
    subscriber.connection.send(&ClientFrame::Unsubscribe { topic: TIMELINE });
    fan_out(&server, 2);
    assert_eq!(subscriber.seqs(), [0_u64; 0]);
}

#[test]
fn a_small_room_waits_for_a_few_writes_of_a_huge_one() {
    let server = TestServer::new();
    let mut author = server.connect(&server.user("w"));
    let user = server.user("r");
    let sinks: Vec<Arc<RecordingSink>> =
        (0..1_000).map(|_| Arc::<RecordingSink>::default()).collect();
    let mut connections: Vec<TestConnection> =
        sinks.iter().map(|sink| server.connect_with_sink(&user, Some(sink.clone()))).collect();
    for connection in &mut connections {
        connection.subscribe(&server, TIMELINE, None);
    }
    let counter = Arc::new(RecordingSink::default());
    let mut other = server.connect_with_sink(&user, Some(counter.clone()));
    other.subscribe(&server, Topic::Counter, None);

    post_messages(&server, &mut author, 1);
    other.command(madang_shared::counter::CounterCommand::Add { amount: 1 }.into());
    other.settle(&server);
    fan_out(&server, 4);
    let reached = || sinks.iter().filter(|sink| !sink.written.lock().0.is_empty()).count();
    assert_eq!(counter.written.lock().0, [1]);
    assert!(reached() < 300, "{}", reached());
    fan_out(&server, 30);
    assert_eq!(reached(), 1_000);
}

#[derive(Clone, Debug)]
enum Step {
    Post(usize),
    FanOut(usize),
    Task,
    Busy(bool),
}

fn steps() -> impl Strategy<Value = Vec<Step>> {
    let step = prop_oneof![
        (1..4_usize).prop_map(Step::Post),
        (1..3_usize).prop_map(Step::FanOut),
        Just(Step::Task),
        any::<bool>().prop_map(Step::Busy),
    ];
    prop::collection::vec(step, 0..40)
}

proptest! {
    #[test]
    fn every_event_is_written_once_and_in_order_by_the_fan_out_or_the_task(steps in steps(), ring in 1..8_usize) {
        let server = TestServer::with_ring(ring);
        let mut author = server.connect(&server.user("w"));
        let mut subscriber = TestSubscriber::new(&server, "r");
        let mut posted = 0;
        for step in steps {
            match step {
                Step::Post(count) => {
                    posted += count as u64;
                    post_messages(&server, &mut author, count);
                }
                Step::FanOut(passes) => fan_out(&server, passes),
                Step::Task => subscriber.run_task(&server),
                Step::Busy(busy) => subscriber.sink.busy.store(busy, Ordering::Relaxed),
            }
        }
        // The fan-out first: it must leave to the task every event that it cannot write.
        fan_out(&server, 3);
        subscriber.run_task(&server);
        prop_assert_eq!(subscriber.seqs(), (1..=posted).collect::<Vec<_>>());
    }
}
