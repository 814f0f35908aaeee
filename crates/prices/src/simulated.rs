//! Simulated prices, for development and tests.

use std::time::Duration;

use futures_util::future::BoxFuture;
use tokio::sync::mpsc;

use crate::decimal::{Decimal, Percent};
use crate::error::SourceError;
use crate::quote::{QuoteCurrency, Reading, SourceName};
use crate::source::Source;

/// The interval of prices: that of the stream that it replaces.
const INTERVAL: Duration = Duration::from_secs(1);
/// The first price, in cents.
const START: u64 = 7_035_236;
/// The lowest and the highest price, in cents.
const BOUNDS: (u64, u64) = (1_000_000, 99_999_999);

/// A random walk around 70,352.36 dollars. The same seed always gives the same prices. The name of
/// the source in each quote says that the price is simulated.
#[derive(Clone, Copy, Debug)]
pub struct Simulated {
    seed: u64,
}

impl Simulated {
    /// A simulation with this seed.
    pub fn new(seed: u64) -> Self {
        Self { seed }
    }
}

impl Source for Simulated {
    fn name(&self) -> SourceName {
        SourceName::Simulated
    }

    fn follow(&self, readings: mpsc::Sender<Reading>) -> BoxFuture<'_, SourceError> {
        Box::pin(async move {
            let mut walk = Walk { random: self.seed, cents: START };
            loop {
                let Some(reading) = walk.reading() else {
                    return SourceError::Malformed("the simulated price is out of bounds");
                };
                if readings.send(reading).await.is_err() {
                    return SourceError::Closed;
                }
                tokio::time::sleep(INTERVAL).await;
                walk.step();
            }
        })
    }
}

struct Walk {
    random: u64,
    cents: u64,
}

impl Walk {
    fn reading(&self) -> Option<Reading> {
        let price = dollars(self.cents)?;
        let change_24h = Percent::between(&dollars(START)?, &price);
        Some(Reading { price, currency: QuoteCurrency::Usd, change_24h })
    }

    /// Moves by at most 0.05 percent of the first price.
    fn step(&mut self) {
        let max_step = START / 2_000;
        let moved =
            self.cents.saturating_add(self.next() % (2 * max_step + 1)).saturating_sub(max_step);
        self.cents = moved.clamp(BOUNDS.0, BOUNDS.1);
    }

    /// `SplitMix64` by Sebastiano Vigna (<https://prng.di.unimi.it/splitmix64.c>): the same prices
    /// on every machine, independent of library versions.
    fn next(&mut self) -> u64 {
        self.random = self.random.wrapping_add(0x9e37_79b9_7f4a_7c15);
        let mixed = (self.random ^ (self.random >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
        let mixed = (mixed ^ (mixed >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
        mixed ^ (mixed >> 31)
    }
}

fn dollars(cents: u64) -> Option<Decimal> {
    Decimal::parse(&format!("{}.{:02}", cents / 100, cents % 100))
}
