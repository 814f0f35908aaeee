use madang_hub::ports::{StoreError, Write};
use madang_shared::frames::LogPosition;
use madang_shared::orders::{
    Cancellation, Destination, Order, OrderLine, OrderStatus, OrdersCommand, OrdersEvent,
    OrdersSnapshot,
};
use madang_shared::orders::{
    MAX_OPEN_ORDERS, MAX_OPEN_ORDERS_PER_USER, RECENT_CLOSED_ORDERS, REOPEN_MS,
};
use madang_shared::{ErrorCode, Event, MenuItemId, OrderId, Seq, Snapshot, Topic, User};

use crate::support::{NOW, TestStore, refusal, write};

const MINUTE: u64 = 60_000;

on_every_engine! {
    an_order_goes_through_its_states_with_one_event_each,
    an_order_has_one_rider,
    an_order_with_a_missing_item_or_another_price_is_refused,
    a_forbidden_change_of_status_is_refused,
    an_order_at_a_table_is_served_without_a_rider,
    the_snapshot_has_all_open_orders_and_the_last_closed_ones,
    the_number_of_open_orders_is_limited,
    one_user_cannot_use_up_the_open_orders,
    the_events_make_the_list_of_orders,
    an_accepted_order_has_an_estimate,
    a_cancelled_order_has_its_reason_and_can_be_reopened,
    a_reopened_order_counts_among_the_open_ones,
}

fn place(author: &User, number: u128, lines: &[(u64, u32, u32)]) -> Write {
    let line = |(item, quantity, price_won): &(u64, u32, u32)| OrderLine {
        item: MenuItemId(*item),
        quantity: *quantity,
        price_won: *price_won,
    };
    let lines = lines.iter().map(line).collect();
    let note = "덜 \"맵게\"\n".into();
    write(author, number, OrdersCommand::Place { lines, note, destination: delivery() })
}

fn delivery() -> Destination {
    Destination::Delivery {
        address: "서울 \"마포구\" 1".into(),
        phone: "+82 (10) 1234.5678".into(),
    }
}

fn at_table(author: &User, number: u128) -> Write {
    let lines = vec![OrderLine { item: MenuItemId(1), quantity: 1, price_won: 7_000 }];
    let destination = Destination::Table(4);
    write(author, number, OrdersCommand::Place { lines, note: String::new(), destination })
}

fn noodles(author: &User, number: u128) -> Write {
    place(author, number, &[(2, 1, 8_000), (1, 2, 7_000)])
}

fn advance(author: &User, number: u128, order: u64, to: OrderStatus) -> Write {
    write(author, number, OrdersCommand::Advance { order: OrderId(order), to })
}

fn take(author: &User, number: u128, order: u64) -> Write {
    write(author, number, OrdersCommand::Take { order: OrderId(order) })
}

async fn orders(test_store: &TestStore, reader: &User) -> (Seq, OrdersSnapshot) {
    match test_store.snapshot(reader, Topic::Orders).await {
        (position, Snapshot::Orders(snapshot)) => (position.seq, snapshot),
        other => panic!("{other:?}"),
    }
}

/// Advances an order until a rider can take it.
async fn cook(test_store: &TestStore, cook: &User, number: u128, order: u64) {
    for (step, to) in (0..).zip([OrderStatus::Accepted, OrderStatus::Cooking, OrderStatus::Ready]) {
        test_store.commit(advance(cook, number + step, order, to)).await;
    }
}

async fn an_order_goes_through_its_states_with_one_event_each(mut test_store: TestStore) {
    let (mina, theo) = (test_store.user("Mina").await, test_store.user("Theo").await);
    test_store.receive(2).await;
    let (seq, empty) = orders(&test_store, &mina).await;
    assert_eq!((seq, empty.menu.len(), empty.orders.len()), (Seq(0), 7, 0));

    let log_position = test_store.commit(noodles(&mina, 1)).await;
    assert_eq!(
        log_position,
        LogPosition { topic: Topic::OwnOrders(mina.id), seq: Seq(1) },
        "one event holds the order with its lines"
    );
    assert_eq!(
        test_store.commit(noodles(&mina, 1)).await,
        log_position,
        "a repeated command places one order"
    );
    cook(&test_store, &theo, 1, 1).await;
    test_store.commit(take(&theo, 4, 1)).await;
    let end = test_store.commit(advance(&theo, 5, 1, OrderStatus::Delivered)).await;
    assert_eq!(end.seq, Seq(6));

    let log = test_store.log(Topic::Orders).await;
    let mut order = Order {
        id: OrderId(1),
        customer: mina.clone(),
        status: OrderStatus::Pending,
        lines: vec![
            OrderLine { item: MenuItemId(1), quantity: 2, price_won: 7_000 },
            OrderLine { item: MenuItemId(2), quantity: 1, price_won: 8_000 },
        ],
        note: "덜 \"맵게\"".into(),
        placed_at: NOW.plus(1),
        rider: None,
        destination: Some(delivery()),
        ready_at: None,
        cancellation: None,
    };
    assert_eq!(order.total_won(), 22_000);
    let Event::Orders(OrdersEvent::Changed { was: None, order: made, .. }) = &log[0] else {
        panic!("{:?}", log[0]);
    };
    assert_eq!(made, &order);
    order.rider = Some(theo);
    order.status = OrderStatus::Delivered;
    order.ready_at = Some(NOW.plus(1 + 15 * MINUTE));
    let (seq, list) = orders(&test_store, &mina).await;
    assert_eq!((seq, &list.orders), (Seq(6), &vec![order]));
    let went: Vec<_> = list.changes.iter().filter_map(|change| change.now).collect();
    assert_eq!(went, OrderStatus::ALL[..6]);
    let received: Vec<Seq> =
        test_store.receive(6).await.iter().map(|event| event.entry.seq).collect();
    assert_eq!(received, (1..=6).map(Seq).collect::<Vec<_>>());
}

async fn an_order_has_one_rider(test_store: TestStore) {
    let (mina, theo) = (test_store.user("Mina").await, test_store.user("Theo").await);
    test_store.commit(noodles(&mina, 1)).await;
    assert_eq!(
        refusal(test_store.try_commit(take(&theo, 1, 1)).await),
        ErrorCode::Invalid,
        "not ready"
    );
    cook(&test_store, &mina, 2, 1).await;
    test_store.commit(take(&theo, 1, 1)).await;
    assert_eq!(test_store.try_commit(take(&theo, 2, 1)).await.expect("accepted").at, None);
    assert_eq!(refusal(test_store.try_commit(take(&mina, 9, 1)).await), ErrorCode::Forbidden);
}

async fn an_order_with_a_missing_item_or_another_price_is_refused(test_store: TestStore) {
    let mina = test_store.user("Mina").await;
    for (number, (lines, code)) in (1..).zip([
        ([(1, 1, 7_000), (99, 1, 7_000)], ErrorCode::NotFound),
        ([(1, 1, 7_000), (2, 1, 7_999)], ErrorCode::Invalid),
    ]) {
        assert_eq!(refusal(test_store.try_commit(place(&mina, number, &lines)).await), code);
    }
    assert_eq!(test_store.log(Topic::Orders).await, []);
    test_store.commit(noodles(&mina, 9)).await;
    let (_, list) = orders(&test_store, &mina).await;
    assert_eq!(list.orders[0].lines.len(), 2, "a refused order leaves no lines");
}

async fn a_forbidden_change_of_status_is_refused(test_store: TestStore) {
    let mina = test_store.user("Mina").await;
    test_store.commit(noodles(&mina, 1)).await;
    let delivered = advance(&mina, 2, 1, OrderStatus::Delivered);
    assert_eq!(refusal(test_store.try_commit(delivered).await), ErrorCode::Invalid);
    let unknown = advance(&mina, 3, 2, OrderStatus::Accepted);
    assert_eq!(refusal(test_store.try_commit(unknown).await), ErrorCode::NotFound);
    let beyond = advance(&mina, 4, u64::MAX, OrderStatus::Accepted);
    assert_eq!(refusal(test_store.try_commit(beyond).await), ErrorCode::NotFound);
    let same = advance(&mina, 5, 1, OrderStatus::Pending);
    assert_eq!(test_store.try_commit(same).await.expect("accepted").at, None);
    test_store.commit(advance(&mina, 6, 1, OrderStatus::Cancelled)).await;
    let again = advance(&mina, 7, 1, OrderStatus::Accepted);
    assert_eq!(refusal(test_store.try_commit(again).await), ErrorCode::Invalid);
    assert_eq!(test_store.log(Topic::Orders).await.len(), 2);
}

async fn an_order_at_a_table_is_served_without_a_rider(test_store: TestStore) {
    let (mina, theo) = (test_store.user("Mina").await, test_store.user("Theo").await);
    test_store.commit(at_table(&mina, 1)).await;
    cook(&test_store, &theo, 1, 1).await;
    assert_eq!(refusal(test_store.try_commit(take(&theo, 4, 1)).await), ErrorCode::Invalid);
    test_store.commit(advance(&theo, 6, 1, OrderStatus::Delivered)).await;
    let served = only_order(&test_store, &mina).await;
    assert_eq!((served.status, served.rider), (OrderStatus::Delivered, None));

    test_store.commit(noodles(&mina, 2)).await;
    cook(&test_store, &theo, 7, 2).await;
    let delivered = advance(&theo, 10, 2, OrderStatus::Delivered);
    assert_eq!(refusal(test_store.try_commit(delivered).await), ErrorCode::Invalid);
    test_store.commit(take(&theo, 11, 2)).await;
}

async fn the_snapshot_has_all_open_orders_and_the_last_closed_ones(test_store: TestStore) {
    let mina = test_store.user("Mina").await;
    let closed = RECENT_CLOSED_ORDERS as u64 + 2;
    for id in 1..=closed + 1 {
        test_store.commit(noodles(&mina, u128::from(id))).await;
        if id > 1 {
            test_store
                .commit(advance(&mina, 1_000 + u128::from(id), id, OrderStatus::Cancelled))
                .await;
        }
    }
    let (_, list) = orders(&test_store, &mina).await;
    let ids: Vec<u64> = list.orders.iter().map(|order| order.id.0).collect();
    assert_eq!(ids, std::iter::once(1).chain(4..=closed + 1).collect::<Vec<_>>());
}

async fn the_number_of_open_orders_is_limited(test_store: TestStore) {
    let customers = MAX_OPEN_ORDERS.div_ceil(MAX_OPEN_ORDERS_PER_USER);
    let mut number = 0;
    for customer in 0..customers {
        let customer = test_store.user(&format!("customer {customer}")).await;
        let batch = (0..MAX_OPEN_ORDERS_PER_USER).map(|_| {
            number += 1;
            noodles(&customer, number)
        });
        let results = test_store.store.commit(batch.collect()).await;
        assert!(results.iter().all(Result::is_ok));
    }
    let mina = test_store.user("Mina").await;
    assert_eq!(refusal(test_store.try_commit(noodles(&mina, 1)).await), ErrorCode::Forbidden);
    test_store.commit(advance(&mina, 2, 7, OrderStatus::Cancelled)).await;
    test_store.commit(noodles(&mina, 3)).await;
}

async fn one_user_cannot_use_up_the_open_orders(test_store: TestStore) {
    let (mina, theo) = (test_store.user("Mina").await, test_store.user("Theo").await);
    let most = MAX_OPEN_ORDERS_PER_USER as u128;
    for number in 1..=most {
        test_store.commit(noodles(&mina, number)).await;
    }
    let refused = test_store.try_commit(noodles(&mina, most + 1)).await;
    let Err(StoreError::Refused(failure)) = &refused else { panic!("{refused:?}") };
    assert!(failure.message.starts_with("You have 20 open orders"), "{failure}");
    assert_eq!(refusal(refused), ErrorCode::Forbidden);
    test_store.commit(noodles(&theo, 1)).await;
    // Each order that is done makes room for the next one.
    test_store.commit(advance(&theo, 2, 1, OrderStatus::Cancelled)).await;
    test_store.commit(noodles(&mina, most + 2)).await;
    assert_eq!(
        refusal(test_store.try_commit(noodles(&mina, most + 3)).await),
        ErrorCode::Forbidden
    );
}

async fn the_events_make_the_list_of_orders(test_store: TestStore) {
    let mina = test_store.user("Mina").await;
    let (_, mut list) = orders(&test_store, &mina).await;
    for id in 1..=20 {
        let number = u128::from(id) * 100;
        test_store.commit(noodles(&mina, number)).await;
        if id % 2 == 0 {
            cook(&test_store, &mina, number + 1, id).await;
        }
        if id % 4 == 0 {
            test_store.commit(take(&mina, number + 5, id)).await;
        }
        if id % 5 == 0 {
            test_store
                .try_commit(advance(&mina, number + 6, id, OrderStatus::Cancelled))
                .await
                .ok();
        }
    }
    for event in test_store.log(Topic::Orders).await {
        match event {
            Event::Orders(event) => list.apply(event),
            other => panic!("{other:?}"),
        }
    }
    assert_eq!(orders(&test_store, &mina).await.1, list);
}

async fn only_order(test_store: &TestStore, reader: &User) -> Order {
    let (_, mut list) = orders(test_store, reader).await;
    assert_eq!(list.orders.len(), 1);
    list.orders.remove(0)
}

async fn an_accepted_order_has_an_estimate(test_store: TestStore) {
    let (mina, theo) = (test_store.user("Mina").await, test_store.user("Theo").await);
    test_store.commit(at_table(&mina, 1)).await;
    let accept = |number, minutes| {
        write(&theo, number, OrdersCommand::Accept { order: OrderId(1), minutes })
    };
    let log_position = test_store.commit(accept(2, 20)).await;
    assert_eq!(log_position.seq, Seq(2), "one event holds status and estimate");
    let again = test_store.try_commit(accept(3, 30)).await.expect("accepted");
    assert_eq!(again.at, None, "an accepted order keeps its estimate");
    let order = only_order(&test_store, &mina).await;
    let expected =
        (OrderStatus::Accepted, Some(NOW.plus(1 + 20 * MINUTE)), Some(Destination::Table(4)));
    assert_eq!((order.status, order.ready_at, order.destination), expected);
    test_store.commit(advance(&theo, 4, 1, OrderStatus::Cooking)).await;
    assert_eq!(refusal(test_store.try_commit(accept(5, 20)).await), ErrorCode::Invalid);
    assert_eq!(only_order(&test_store, &mina).await.ready_at, order.ready_at);
}

async fn a_cancelled_order_has_its_reason_and_can_be_reopened(test_store: TestStore) {
    let (mina, theo) = (test_store.user("Mina").await, test_store.user("Theo").await);
    test_store.commit(noodles(&mina, 1)).await;
    let order = OrderId(1);
    test_store.commit(advance(&theo, 1, 1, OrderStatus::Accepted)).await;
    let cancel = |number, reason: &str| {
        write(&theo, number, OrdersCommand::Cancel { order, reason: reason.to_owned() })
    };
    let reopen = |number| write(&theo, number, OrdersCommand::Reopen(order));
    let before = only_order(&test_store, &mina).await;
    for (number, reason) in [(2, "sold_out"), (4, "재료가 \"없어요\"")] {
        let log_position = test_store.commit(cancel(number, reason)).await;
        let found = only_order(&test_store, &mina).await;
        let (at, was, reason) = (NOW.plus(1), OrderStatus::Accepted, reason.to_owned());
        let cancellation = Some(Cancellation { at, was, reason });
        let expected = Order { status: OrderStatus::Cancelled, cancellation, ..before.clone() };
        assert_eq!(found, expected);
        let again = test_store.try_commit(cancel(number + 100, "closing")).await;
        assert_eq!(again.expect("accepted").at, None, "the first reason counts");
        let reopened = test_store.commit(reopen(number + 1)).await;
        assert_eq!(reopened.seq, log_position.seq.next());
        assert_eq!(only_order(&test_store, &mina).await, before);
        let again = test_store.try_commit(reopen(number + 200)).await;
        assert_eq!(again.expect("accepted").at, None);
    }
    test_store.commit(cancel(6, "")).await;
    let late = Write { at: NOW.plus(1 + REOPEN_MS), ..reopen(7) };
    assert_eq!(refusal(test_store.try_commit(late).await), ErrorCode::Invalid);
    let unknown = write(&theo, 8, OrdersCommand::Reopen(OrderId(9)));
    assert_eq!(refusal(test_store.try_commit(unknown).await), ErrorCode::NotFound);
}

async fn a_reopened_order_counts_among_the_open_ones(test_store: TestStore) {
    let mina = test_store.user("Mina").await;
    let most = MAX_OPEN_ORDERS_PER_USER as u128;
    test_store.commit(noodles(&mina, 1)).await;
    test_store.commit(advance(&mina, 2, 1, OrderStatus::Cancelled)).await;
    for number in 3..3 + most {
        test_store.commit(noodles(&mina, number)).await;
    }
    let reopen = |number| write(&mina, number, OrdersCommand::Reopen(OrderId(1)));
    assert_eq!(refusal(test_store.try_commit(reopen(900)).await), ErrorCode::Forbidden);
    test_store.commit(advance(&mina, 901, 2, OrderStatus::Cancelled)).await;
    test_store.commit(reopen(902)).await;
    let (_, list) = orders(&test_store, &mina).await;
    assert_eq!(list.order(OrderId(1)).expect("open").status, OrderStatus::Pending);
}
