use madang_hub::ports::{StoreError, Write};
use madang_shared::frames::LogPosition;
use madang_shared::orders::{MAX_OPEN_ORDERS, MAX_OPEN_ORDERS_PER_USER, RECENT_CLOSED_ORDERS};
use madang_shared::orders::{
    Order, OrderLine, OrderStatus, OrdersCommand, OrdersEvent, OrdersSnapshot,
};
use madang_shared::{ErrorCode, Event, MenuItemId, OrderId, Seq, Snapshot, Topic, User};

use crate::support::{NOW, TestStore, refusal, write};

on_every_engine! {
    an_order_goes_through_its_states_with_one_event_each,
    an_order_has_one_rider,
    an_order_with_a_missing_item_or_another_price_is_refused,
    a_forbidden_change_of_status_is_refused,
    the_snapshot_has_all_open_orders_and_the_last_closed_ones,
    the_number_of_open_orders_is_limited,
    one_user_cannot_use_up_the_open_orders,
    the_events_make_the_list_of_orders,
}

fn place(author: &User, number: u128, lines: &[(u64, u32, u32)]) -> Write {
    let line = |(item, quantity, price_won): &(u64, u32, u32)| OrderLine {
        item: MenuItemId(*item),
        quantity: *quantity,
        price_won: *price_won,
    };
    let lines = lines.iter().map(line).collect();
    write(author, number, OrdersCommand::Place { lines, note: "덜 \"맵게\"\n".into() })
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
        LogPosition { topic: Topic::Orders, seq: Seq(1) },
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
    };
    assert_eq!(order.total_won(), 22_000);
    let Event::Orders(OrdersEvent::Changed { was: None, order: made, .. }) = &log[0] else {
        panic!("{:?}", log[0]);
    };
    assert_eq!(made, &order);
    order.rider = Some(theo);
    order.status = OrderStatus::Delivered;
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
