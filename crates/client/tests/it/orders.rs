//! The orders of the restaurant.

use madang_client::{Action, Input};
use madang_shared::frames::LogPosition;
use madang_shared::orders::{
    Cancellation, MenuEvent, MenuItem, MenuSnapshot, Order, OrderLine, OrderStatus, OrdersCommand,
    OrdersEvent, OrdersSnapshot, OwnOrdersEvent, OwnOrdersSnapshot,
};
use madang_shared::workspace::Workspace;
use madang_shared::{
    ClientFrame, CommandId, ErrorCode, ErrorContext, Failure, MenuItemId, OrderId, Seq,
    ServerFrame, Timestamp, Topic, UserId,
};

use crate::support::{TestClient, me, other};

fn order(id: u64, status: OrderStatus) -> Order {
    Order {
        id: OrderId(id),
        customer: other(),
        status,
        lines: vec![OrderLine { item: MenuItemId(1), quantity: 2, price_won: 7_000 }],
        note: String::new(),
        placed_at: Timestamp(1),
        rider: None,
        destination: None,
        ready_at: None,
        cancellation: None,
    }
}

fn watching() -> TestClient {
    let mut driver = TestClient::in_room(0);
    driver.input(Input::Act(Action::FollowTopics(&[Topic::Orders])));
    let orders = vec![order(1, OrderStatus::Pending)];
    driver.state(Topic::Orders, 3, OrdersSnapshot { orders, ..OrdersSnapshot::default() }.into());
    driver
}

fn changed(driver: &mut TestClient, seq: u64, was: Option<OrderStatus>, order: Order) {
    let event = OrdersEvent::Changed { at: Timestamp(2), was, order }.into();
    driver.frame(&ServerFrame::Event { topic: Topic::Orders, seq: Seq(seq), event });
}

fn status(driver: &TestClient, id: u64) -> Option<OrderStatus> {
    driver.client.features().orders().list()?.order(OrderId(id)).map(|order| order.status)
}

fn ask(driver: &mut TestClient, command: OrdersCommand) -> CommandId {
    driver.input(Input::Command(command.into()));
    driver.client.outbox().items().last().unwrap().id
}

#[test]
fn t3_2_every_status_change_is_counted_once() {
    let mut driver = watching();
    changed(&mut driver, 4, None, order(2, OrderStatus::Pending));
    changed(&mut driver, 5, Some(OrderStatus::Pending), order(1, OrderStatus::Accepted));
    // A repeated event is a duplicate, and a changed note is no change of status.
    changed(&mut driver, 5, Some(OrderStatus::Pending), order(1, OrderStatus::Accepted));
    changed(&mut driver, 6, Some(OrderStatus::Accepted), order(1, OrderStatus::Accepted));
    let orders = driver.client.features().orders();
    assert_eq!((orders.status_changes_received(), orders.list().unwrap().changes.len()), (2, 2));
    assert_eq!((status(&driver, 1), status(&driver, 2)).0, Some(OrderStatus::Accepted));
}

#[test]
fn a_snapshot_in_place_of_events_counts_changed_orders() {
    let mut driver = watching();
    let orders = vec![order(1, OrderStatus::Ready), order(2, OrderStatus::Pending)];
    driver.state(Topic::Orders, 900, OrdersSnapshot { orders, ..OrdersSnapshot::default() }.into());
    assert_eq!(driver.client.features().orders().status_changes_received(), 2);
}

#[test]
fn a_command_completes_when_the_stream_passes_its_position() {
    let mut driver = watching();
    let to = OrderStatus::Accepted;
    let id = ask(&mut driver, OrdersCommand::Advance { order: OrderId(1), to });
    let asked = |driver: &TestClient| {
        driver.client.features().orders().requested_status(OrderId(1), driver.client.outbox())
    };
    assert_eq!((asked(&driver), status(&driver, 1)), (Some(to), Some(OrderStatus::Pending)));
    let at = Some(LogPosition { topic: Topic::Orders, seq: Seq(4) });
    driver.frame(&ServerFrame::Ack { id, at });
    assert_eq!(asked(&driver), Some(to), "its event has not arrived yet");
    changed(&mut driver, 4, Some(OrderStatus::Pending), order(1, to));
    assert_eq!((asked(&driver), status(&driver, 1)), (None, Some(to)));

    // In the other order the event overtakes the acknowledgement.
    let id = ask(&mut driver, OrdersCommand::Take { order: OrderId(1) });
    let rider = Some(me());
    let taken = Order { rider, ..order(1, OrderStatus::Delivering) };
    changed(&mut driver, 5, Some(OrderStatus::Ready), taken);
    let at = Some(LogPosition { topic: Topic::Orders, seq: Seq(5) });
    driver.frame(&ServerFrame::Ack { id, at });
    assert!(driver.client.outbox().items().is_empty());
}

#[test]
fn leaving_the_orders_page_clears_the_orders() {
    let mut driver = watching();
    driver.input(Input::Act(Action::FollowTopics(&[])));
    assert!(driver.client.features().orders().list().is_none());
}

#[test]
fn reopening_shows_the_status_before_the_cancellation() {
    let mut driver = watching();
    let requested = |driver: &TestClient| {
        driver.client.features().orders().requested_status(OrderId(1), driver.client.outbox())
    };
    ask(&mut driver, OrdersCommand::Accept { order: OrderId(1), minutes: 20 });
    assert_eq!(requested(&driver), Some(OrderStatus::Accepted));
    ask(&mut driver, OrdersCommand::Cancel { order: OrderId(1), reason: "sold_out".into() });
    assert_eq!(requested(&driver), Some(OrderStatus::Cancelled));

    let mut driver = watching();
    let (at, was, reason) = (Timestamp(2), OrderStatus::Cooking, String::new());
    let cancellation = Some(Cancellation { at, was, reason });
    let cancelled = Order { cancellation, ..order(1, OrderStatus::Cancelled) };
    changed(&mut driver, 4, Some(was), cancelled);
    ask(&mut driver, OrdersCommand::Reopen(OrderId(1)));
    assert_eq!(requested(&driver), Some(was));
}

#[test]
fn an_undone_cancellation_that_was_not_sent_is_not_sent() {
    let mut driver = TestClient::new();
    let order = OrderId(1);
    let cancel = |order| OrdersCommand::Cancel { order, reason: String::new() };
    driver.input(Input::Command(cancel(order).into()));
    driver.input(Input::Command(cancel(OrderId(2)).into()));
    driver.input(Input::Command(OrdersCommand::Reopen(order).into()));
    driver.connect();
    let sent: Vec<_> = driver.take_commands().into_iter().map(|(_, command)| command).collect();
    assert_eq!(sent, [cancel(OrderId(2)).into(), OrdersCommand::Reopen(order).into()]);
}

#[test]
fn a_customer_sees_the_menu_and_the_own_orders_once_both_have_arrived() {
    let mut driver = TestClient::in_room(0);
    let own = Topic::OwnOrders(me().id);
    driver.input(Input::Act(Action::FollowTopics(&[Topic::Menu, Topic::OwnOrders(UserId(0))])));
    let orders = vec![order(1, OrderStatus::Pending)];
    let orders = OrdersSnapshot { orders, ..OrdersSnapshot::default() };
    driver.state(own, 3, OwnOrdersSnapshot(orders).into());
    assert!(driver.client.features().orders().list().is_none(), "without the menu");
    let dish = |price_won| MenuItem {
        id: MenuItemId(1),
        name_ko: "국수".into(),
        name_en: "Noodles".into(),
        price_won,
        available: true,
    };
    // An event before the menu has arrived is applied to the part that is there.
    let accepted = order(1, OrderStatus::Accepted);
    let was = Some(OrderStatus::Pending);
    let event = OrdersEvent::Changed { at: Timestamp(2), was, order: accepted };
    let event = OwnOrdersEvent(event).into();
    driver.frame(&ServerFrame::Event { topic: own, seq: Seq(4), event });
    let menu = OrdersSnapshot { menu: vec![dish(7_000)], ..OrdersSnapshot::default() };
    driver.state(Topic::Menu, 1, MenuSnapshot(menu).into());
    assert_eq!(status(&driver, 1), Some(OrderStatus::Accepted));

    let event = MenuEvent(OrdersEvent::Offered(dish(8_000))).into();
    driver.frame(&ServerFrame::Event { topic: Topic::Menu, seq: Seq(2), event });
    // A new state of one part leaves the other one.
    driver.state(own, 9, OwnOrdersSnapshot::default().into());
    let list = driver.client.features().orders().list().unwrap();
    assert_eq!((list.menu[0].price_won, list.orders.len()), (8_000, 0));
}

#[test]
fn a_refused_topic_is_subscribed_again_when_the_rights_may_have_changed() {
    let mut driver = watching();
    let about = ErrorContext::Topic(Topic::Orders);
    let failure = Failure::new(ErrorCode::Forbidden, "no");
    driver.frame(&ServerFrame::Error { about, failure });
    let checks = driver.client.rights_checks();
    driver.sent.clear();
    driver.frame(&ServerFrame::Workspace(Workspace::default()));
    let subscribed: Vec<Topic> = driver
        .sent
        .iter()
        .filter_map(|frame| match frame {
            ClientFrame::Subscribe(subscription) => Some(subscription.topic),
            _ => None,
        })
        .collect();
    assert_eq!(subscribed, [Topic::Orders]);
    assert_eq!(driver.client.rights_checks(), checks + 1);
    driver.sent.clear();
    driver.frame(&ServerFrame::Workspace(Workspace::default()));
    assert!(driver.sent.is_empty(), "an answer is awaited");
}
