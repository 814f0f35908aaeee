//! The shared number.

use madang_client::{Action, Input};
use madang_shared::counter::{CounterCommand, CounterEvent, CounterSnapshot};
use madang_shared::{ClientFrame, CommandId, Event, Seq, ServerFrame, Topic, User};

use crate::support::{Bench, me, other};

fn watching() -> Bench {
    let mut bench = Bench::in_room(0);
    bench.input(Input::Act(Action::Watch(&[Topic::Counter])));
    bench.state(Topic::Counter, 3, CounterSnapshot { value: 40 }.into());
    bench
}

fn add(bench: &mut Bench, amount: i32) -> CommandId {
    bench.input(Input::Command(CounterCommand::Add { amount }.into()));
    bench.client.outbox().items().last().unwrap().id
}

fn added(bench: &mut Bench, seq: u64, by: User, amount: i32, value: i64, command: CommandId) {
    let event: Event = CounterEvent::Added { by, amount, value, command }.into();
    bench.frame(&ServerFrame::Event { topic: Topic::Counter, seq: Seq(seq), event });
}

fn numbers(bench: &Bench) -> (Option<i64>, Option<i64>) {
    let counter = bench.client.features().counter();
    (counter.stored(), counter.expected(bench.client.outbox()))
}

#[test]
fn t2_6_what_one_adds_shows_at_once_and_counts_once() {
    let mut bench = watching();
    let (two, three) = (add(&mut bench, 2), add(&mut bench, 3));
    assert_eq!(numbers(&bench), (Some(40), Some(45)));
    let theirs = CommandId::new(bench.now, 9);
    added(&mut bench, 4, other(), 100, 140, theirs);
    assert_eq!(numbers(&bench), (Some(140), Some(145)));
    added(&mut bench, 5, me(), 2, 142, two);
    assert_eq!(numbers(&bench), (Some(142), Some(145)));
    added(&mut bench, 6, me(), 3, 145, three);
    assert_eq!(numbers(&bench), (Some(145), Some(145)));
    assert!(bench.client.outbox().items().is_empty());
}

#[test]
fn a_page_that_is_left_is_not_followed_any_more() {
    let mut bench = watching();
    bench.sent.clear();
    bench.input(Input::Act(Action::Watch(&[])));
    assert_eq!(bench.sent, [ClientFrame::Unsubscribe { topic: Topic::Counter }]);
    assert_eq!(numbers(&bench), (None, None));
}
