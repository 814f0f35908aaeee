use madang_hub::ports::Write;
use madang_shared::frames::LogPosition;
use madang_shared::orders::{MAX_OPEN_ORDERS, RECENT_CLOSED_ORDERS};
use madang_shared::orders::{
    Order, OrderLine, OrderStatus, OrdersCommand, OrdersEvent, OrdersSnapshot,
};
use madang_shared::{ErrorCode, Event, MenuItemId, OrderId, Seq, Snapshot, Topic, User};

use crate::support::{NOW, Rig, refusal, write};

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

async fn orders(rig: &Rig, reader: &User) -> (Seq, OrdersSnapshot) {
    match rig.state(reader, Topic::Orders).await {
        (position, Snapshot::Orders(snapshot)) => (position.seq, snapshot),
        other => panic!("{other:?}"),
    }
}

/// Brings an order to where a rider can take it.
async fn cook(rig: &Rig, cook: &User, number: u128, order: u64) {
    for (step, to) in (0..).zip([OrderStatus::Accepted, OrderStatus::Cooking, OrderStatus::Ready]) {
        rig.place(advance(cook, number + step, order, to)).await;
    }
}

pub(super) async fn an_order_goes_its_way_and_everybody_is_told(mut rig: Rig) {
    let (mina, theo) = (rig.user("Mina").await, rig.user("Theo").await);
    rig.appended(2).await;
    let (seq, empty) = orders(&rig, &mina).await;
    assert_eq!((seq, empty.menu.len(), empty.orders.len()), (Seq(0), 7, 0));

    let placed = rig.place(noodles(&mina, 1)).await;
    assert_eq!(
        placed,
        LogPosition { topic: Topic::Orders, seq: Seq(1) },
        "one event, lines and all"
    );
    assert_eq!(rig.place(noodles(&mina, 1)).await, placed, "sent again, it is made once");
    cook(&rig, &theo, 1, 1).await;
    rig.place(take(&theo, 4, 1)).await;
    let end = rig.place(advance(&theo, 5, 1, OrderStatus::Delivered)).await;
    assert_eq!(end.seq, Seq(6));

    let log = rig.log(Topic::Orders).await;
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
    let (seq, list) = orders(&rig, &mina).await;
    assert_eq!((seq, &list.orders), (Seq(6), &vec![order]));
    let went: Vec<_> = list.changes.iter().filter_map(|change| change.now).collect();
    assert_eq!(went, OrderStatus::ALL[..6]);
    let handed: Vec<Seq> = rig.appended(6).await.iter().map(|event| event.entry.seq).collect();
    assert_eq!(handed, (1..=6).map(Seq).collect::<Vec<_>>());
}

pub(super) async fn an_order_is_taken_by_one_rider(rig: Rig) {
    let (mina, theo) = (rig.user("Mina").await, rig.user("Theo").await);
    rig.place(noodles(&mina, 1)).await;
    assert_eq!(refusal(rig.one(take(&theo, 1, 1)).await), ErrorCode::Invalid, "not ready");
    cook(&rig, &mina, 2, 1).await;
    rig.place(take(&theo, 1, 1)).await;
    assert_eq!(rig.one(take(&theo, 2, 1)).await.expect("his already").at, None);
    assert_eq!(refusal(rig.one(take(&mina, 9, 1)).await), ErrorCode::Forbidden);
}

pub(super) async fn what_is_not_on_the_menu_or_costs_something_else_is_not_ordered(rig: Rig) {
    let mina = rig.user("Mina").await;
    for (number, (lines, code)) in (1..).zip([
        ([(1, 1, 7_000), (99, 1, 7_000)], ErrorCode::NotFound),
        ([(1, 1, 7_000), (2, 1, 7_999)], ErrorCode::Invalid),
    ]) {
        assert_eq!(refusal(rig.one(place(&mina, number, &lines)).await), code);
    }
    assert_eq!(rig.log(Topic::Orders).await, []);
    rig.place(noodles(&mina, 9)).await;
    let (_, list) = orders(&rig, &mina).await;
    assert_eq!(list.orders[0].lines.len(), 2, "nothing is left of what was refused");
}

pub(super) async fn no_order_goes_where_no_way_leads(rig: Rig) {
    let mina = rig.user("Mina").await;
    rig.place(noodles(&mina, 1)).await;
    let delivered = advance(&mina, 2, 1, OrderStatus::Delivered);
    assert_eq!(refusal(rig.one(delivered).await), ErrorCode::Invalid);
    let unknown = advance(&mina, 3, 2, OrderStatus::Accepted);
    assert_eq!(refusal(rig.one(unknown).await), ErrorCode::NotFound);
    let beyond = advance(&mina, 4, u64::MAX, OrderStatus::Accepted);
    assert_eq!(refusal(rig.one(beyond).await), ErrorCode::NotFound);
    let same = advance(&mina, 5, 1, OrderStatus::Pending);
    assert_eq!(rig.one(same).await.expect("it is there already").at, None);
    rig.place(advance(&mina, 6, 1, OrderStatus::Cancelled)).await;
    let again = advance(&mina, 7, 1, OrderStatus::Accepted);
    assert_eq!(refusal(rig.one(again).await), ErrorCode::Invalid);
    assert_eq!(rig.log(Topic::Orders).await.len(), 2);
}

pub(super) async fn open_orders_are_all_there_and_closed_ones_the_last(rig: Rig) {
    let mina = rig.user("Mina").await;
    let closed = RECENT_CLOSED_ORDERS as u64 + 2;
    for id in 1..=closed + 1 {
        rig.place(noodles(&mina, u128::from(id))).await;
        if id > 1 {
            rig.place(advance(&mina, 1_000 + u128::from(id), id, OrderStatus::Cancelled)).await;
        }
    }
    let (_, list) = orders(&rig, &mina).await;
    let ids: Vec<u64> = list.orders.iter().map(|order| order.id.0).collect();
    assert_eq!(ids, std::iter::once(1).chain(4..=closed + 1).collect::<Vec<_>>());
}

pub(super) async fn no_more_orders_are_taken_than_can_be_shown(rig: Rig) {
    let mina = rig.user("Mina").await;
    let most = MAX_OPEN_ORDERS as u128;
    let batch = (1..=most).map(|number| noodles(&mina, number)).collect();
    assert!(rig.store.commit(batch).await.iter().all(Result::is_ok));
    assert_eq!(refusal(rig.one(noodles(&mina, most + 1)).await), ErrorCode::Forbidden);
    rig.place(advance(&mina, most + 2, 7, OrderStatus::Cancelled)).await;
    rig.place(noodles(&mina, most + 3)).await;
}

pub(super) async fn what_the_log_says_makes_the_list(rig: Rig) {
    let mina = rig.user("Mina").await;
    let (_, mut list) = orders(&rig, &mina).await;
    for id in 1..=20 {
        let number = u128::from(id) * 100;
        rig.place(noodles(&mina, number)).await;
        if id % 2 == 0 {
            cook(&rig, &mina, number + 1, id).await;
        }
        if id % 4 == 0 {
            rig.place(take(&mina, number + 5, id)).await;
        }
        if id % 5 == 0 {
            rig.one(advance(&mina, number + 6, id, OrderStatus::Cancelled)).await.ok();
        }
    }
    for event in rig.log(Topic::Orders).await {
        match event {
            Event::Orders(event) => list.apply(event),
            other => panic!("{other:?}"),
        }
    }
    assert_eq!(orders(&rig, &mina).await.1, list);
}
