//! The orders of the restaurant.

use madang_client::{Action, Input};
use madang_shared::frames::LogPosition;
use madang_shared::orders::{
    Order, OrderLine, OrderStatus, OrdersCommand, OrdersEvent, OrdersSnapshot,
};
use madang_shared::{CommandId, MenuItemId, OrderId, Seq, ServerFrame, Timestamp, Topic};

use crate::support::{Bench, me, other};

fn order(id: u64, status: OrderStatus) -> Order {
    Order {
        id: OrderId(id),
        customer: other(),
        status,
        lines: vec![OrderLine { item: MenuItemId(1), quantity: 2, price_won: 7_000 }],
        note: String::new(),
        placed_at: Timestamp(1),
        rider: None,
    }
}

fn watching() -> Bench {
    let mut bench = Bench::in_room(0);
    bench.input(Input::Act(Action::Watch(&[Topic::Orders])));
    let orders = vec![order(1, OrderStatus::Pending)];
    bench.state(Topic::Orders, 3, OrdersSnapshot { orders, ..OrdersSnapshot::default() }.into());
    bench
}

fn changed(bench: &mut Bench, seq: u64, was: Option<OrderStatus>, order: Order) {
    let event = OrdersEvent::Changed { at: Timestamp(2), was, order }.into();
    bench.frame(&ServerFrame::Event { topic: Topic::Orders, seq: Seq(seq), event });
}

fn status(bench: &Bench, id: u64) -> Option<OrderStatus> {
    bench.client.features().orders().list()?.order(OrderId(id)).map(|order| order.status)
}

fn ask(bench: &mut Bench, command: OrdersCommand) -> CommandId {
    bench.input(Input::Command(command.into()));
    bench.client.outbox().items().last().unwrap().id
}

#[test]
fn t3_2_what_anybody_changes_is_heard_and_counted_once() {
    let mut bench = watching();
    changed(&mut bench, 4, None, order(2, OrderStatus::Pending));
    changed(&mut bench, 5, Some(OrderStatus::Pending), order(1, OrderStatus::Accepted));
    // Sent again, it is known; and a note is no news.
    changed(&mut bench, 5, Some(OrderStatus::Pending), order(1, OrderStatus::Accepted));
    changed(&mut bench, 6, Some(OrderStatus::Accepted), order(1, OrderStatus::Accepted));
    let orders = bench.client.features().orders();
    assert_eq!((orders.status_changes_received(), orders.list().unwrap().changes.len()), (2, 2));
    assert_eq!((status(&bench, 1), status(&bench, 2)).0, Some(OrderStatus::Accepted));
}

#[test]
fn a_state_in_place_of_events_counts_what_is_elsewhere() {
    let mut bench = watching();
    let orders = vec![order(1, OrderStatus::Ready), order(2, OrderStatus::Pending)];
    bench.state(Topic::Orders, 900, OrdersSnapshot { orders, ..OrdersSnapshot::default() }.into());
    assert_eq!(bench.client.features().orders().status_changes_received(), 2);
}

#[test]
fn a_command_is_settled_when_the_stream_has_passed_its_place() {
    let mut bench = watching();
    let to = OrderStatus::Accepted;
    let id = ask(&mut bench, OrdersCommand::Advance { order: OrderId(1), to });
    let asked = |bench: &Bench| {
        bench.client.features().orders().requested_status(OrderId(1), bench.client.outbox())
    };
    assert_eq!((asked(&bench), status(&bench, 1)), (Some(to), Some(OrderStatus::Pending)));
    let at = Some(LogPosition { topic: Topic::Orders, seq: Seq(4) });
    bench.frame(&ServerFrame::Ack { id, at });
    assert_eq!(asked(&bench), Some(to), "its event has not come yet");
    changed(&mut bench, 4, Some(OrderStatus::Pending), order(1, to));
    assert_eq!((asked(&bench), status(&bench, 1)), (None, Some(to)));

    // The other way round: the event overtakes the acknowledgement.
    let id = ask(&mut bench, OrdersCommand::Take { order: OrderId(1) });
    let rider = Some(me());
    let taken = Order { rider, ..order(1, OrderStatus::Delivering) };
    changed(&mut bench, 5, Some(OrderStatus::Ready), taken);
    let at = Some(LogPosition { topic: Topic::Orders, seq: Seq(5) });
    bench.frame(&ServerFrame::Ack { id, at });
    assert!(bench.client.outbox().items().is_empty());
}

#[test]
fn orders_that_nobody_looks_at_are_not_kept() {
    let mut bench = watching();
    bench.input(Input::Act(Action::Watch(&[])));
    assert!(bench.client.features().orders().list().is_none());
}
