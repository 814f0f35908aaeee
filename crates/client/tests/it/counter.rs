//! The shared counter.

use madang_client::{Action, Input};
use madang_shared::counter::{CounterCommand, CounterEvent, CounterSnapshot};
use madang_shared::{ClientFrame, CommandId, Event, Seq, ServerFrame, Topic, User};

use crate::support::{TestClient, me, other};

fn watching() -> TestClient {
    let mut driver = TestClient::in_room(0);
    driver.input(Input::Act(Action::FollowTopics(&[Topic::Counter])));
    driver.state(Topic::Counter, 3, CounterSnapshot { value: 40 }.into());
    driver
}

fn add(driver: &mut TestClient, amount: i32) -> CommandId {
    driver.input(Input::Command(CounterCommand::Add { amount }.into()));
    driver.client.outbox().items().last().unwrap().id
}

fn added(driver: &mut TestClient, seq: u64, by: User, amount: i32, value: i64, command: CommandId) {
    let event: Event = CounterEvent::Added { by, amount, value, command }.into();
    driver.frame(&ServerFrame::Event { topic: Topic::Counter, seq: Seq(seq), event });
}

fn numbers(driver: &TestClient) -> (Option<i64>, Option<i64>) {
    let counter = driver.client.features().counter();
    (counter.stored(), counter.expected(driver.client.outbox()))
}

#[test]
fn t2_6_an_own_addition_shows_at_once_and_counts_once() {
    let mut driver = watching();
    let (two, three) = (add(&mut driver, 2), add(&mut driver, 3));
    assert_eq!(numbers(&driver), (Some(40), Some(45)));
    let theirs = CommandId::new(driver.now, 9);
    added(&mut driver, 4, other(), 100, 140, theirs);
    assert_eq!(numbers(&driver), (Some(140), Some(145)));
    added(&mut driver, 5, me(), 2, 142, two);
    assert_eq!(numbers(&driver), (Some(142), Some(145)));
    added(&mut driver, 6, me(), 3, 145, three);
    assert_eq!(numbers(&driver), (Some(145), Some(145)));
    assert!(driver.client.outbox().items().is_empty());
}

#[test]
fn leaving_the_page_unsubscribes_and_clears_the_view() {
    let mut driver = watching();
    driver.sent.clear();
    driver.input(Input::Act(Action::FollowTopics(&[])));
    assert_eq!(driver.sent, [ClientFrame::Unsubscribe { topic: Topic::Counter }]);
    assert_eq!(numbers(&driver), (None, None));
}
