//! The time from an external change of the orders to its event at a subscriber: `just orders-latency`.

use std::time::{Duration, Instant};

use anyhow::{Result, ensure};
use madang_shared::orders::OrdersEvent;
use madang_shared::{Event, Topic};

use crate::support::test_client::TestClient;
use crate::support::test_server::TestServer;

const ROUNDS: usize = 1_000;

#[tokio::test]
#[ignore = "a measurement: `just orders-latency`"]
async fn external_orders_latency() -> Result<()> {
    let server = TestServer::start(&[]).await?;
    let mut client = TestClient::connect(&server, "Mina").await?;
    client.subscribe(Topic::Orders).await?;
    let database = server.database()?;
    database.execute("INSERT INTO orders (customer_id) VALUES (1)")?;
    client.next_event().await?;
    let mut after_commit = Vec::new();
    for round in 0..ROUNDS {
        // The pauses are spread over the interval at which the server polls the database.
        let pause = u64::try_from(round * 7_919 % 10_000)?;
        tokio::time::sleep(Duration::from_micros(pause)).await;
        database.execute(&format!("UPDATE orders SET note = '{round}'"))?;
        let committed = Instant::now();
        let event = client.next_event().await?;
        after_commit.push(committed.elapsed());
        let Event::Orders(OrdersEvent::Changed { order, .. }) = event else {
            anyhow::bail!("{event:?}")
        };
        ensure!(order.note == round.to_string(), "{order:?} in round {round}");
    }
    after_commit.sort_unstable();
    let at = |share: usize| after_commit.get(ROUNDS * share / 1_000).copied().unwrap_or_default();
    println!("| rounds | p50 | p99 | worst |");
    println!("| --- | --- | --- | --- |");
    let [p50, p99, worst] =
        [at(500), at(990), at(999)].map(|it| format!("{:.1} ms", it.as_secs_f64() * 1_000.0));
    println!("| {ROUNDS} | {p50} | {p99} | {worst} |");
    Ok(())
}
