//! A price that nobody pays, for development and for tests.

use std::time::Duration;

use futures_util::future::BoxFuture;
use tokio::sync::mpsc;

use crate::{Currency, Decimal, Percent, Reading, Source, SourceError, SourceName};

/// How often it moves: as often as the stream that it stands for.
const EVERY: Duration = Duration::from_secs(1);
/// Where it starts, in cents.
const START: u64 = 7_035_236;
/// How far it may go, in cents.
const BOUNDS: (u64, u64) = (1_000_000, 99_999_999);

/// A random walk around 70,352.36 dollars. The same seed always gives the same prices. Everybody who
/// sees one of its prices can see that it is simulated: its name says so, in every quote.
#[derive(Clone, Copy, Debug)]
pub struct Simulated {
    seed: u64,
}

impl Simulated {
    /// With a seed.
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
                    return SourceError::Malformed("the simulation left its bounds");
                };
                if readings.send(reading).await.is_err() {
                    return SourceError::Closed;
                }
                tokio::time::sleep(EVERY).await;
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
        Some(Reading { price, currency: Currency::Usd, change_24h })
    }

    /// Up or down by at most 0.05 percent of the start.
    fn step(&mut self) {
        let reach = START / 2_000;
        let moved = self.cents.saturating_add(self.next() % (2 * reach + 1)).saturating_sub(reach);
        self.cents = moved.clamp(BOUNDS.0, BOUNDS.1);
    }

    /// `SplitMix64`, as Sebastiano Vigna published it (<https://prng.di.unimi.it/splitmix64.c>): ten
    /// lines that give the same prices on every machine and with every version of a library.
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
