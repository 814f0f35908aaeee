//! Simulated prices.

use madang_prices::{QuoteCurrency, Simulated, Source, SourceName};
use tokio::sync::mpsc;

async fn walk(seed: u64, steps: usize) -> Vec<String> {
    let source = Simulated::new(seed);
    assert_eq!(source.name(), SourceName::Simulated);
    let (readings, mut read) = mpsc::channel(1);
    let mut prices = Vec::new();
    let following = source.follow(readings);
    tokio::pin!(following);
    while prices.len() < steps {
        tokio::select! {
            error = &mut following => panic!("{error}"),
            reading = read.recv() => {
                let reading = reading.unwrap();
                assert_eq!(reading.currency, QuoteCurrency::Usd);
                assert!(reading.change_24h.is_some());
                prices.push(reading.price.to_string());
            }
        }
    }
    prices
}

#[tokio::test(start_paused = true)]
async fn a_simulated_price_moves_and_the_same_seed_gives_the_same_prices() {
    let prices = walk(7, 500).await;
    assert_eq!(prices[0], "70352.36");
    assert_eq!(prices, walk(7, 500).await);
    assert_ne!(prices, walk(8, 500).await);
    let distinct: std::collections::BTreeSet<_> = prices.iter().collect();
    assert!(distinct.len() > 400);
}
