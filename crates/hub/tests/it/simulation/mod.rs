//! The real client and the real hub over a simulated network.
//!
//! Every run follows from one number. Sockets break, frames are late, servers are killed and started
//! again over the same store, the store fails for a while, tabs are reloaded; in every second run
//! frames are also lost and doubled, which no TCP connection does, but a proxy might. Then the
//! faults end, and what everybody sees is compared with the store.
//!
//! `MADANG_SIM_SEEDS=10000` runs that many; `MADANG_SIM_FIRST=17 MADANG_SIM_SEEDS=1` runs seed 17.

mod checks;
mod network;
mod peer;
mod people;
mod random;
mod server;
mod world;

use std::sync::atomic::{AtomicU64, Ordering};

use world::World;

const SEEDS_BY_DEFAULT: u64 = 300;

fn number(name: &str, default: u64) -> u64 {
    std::env::var(name).map_or(default, |text| text.parse().expect("a number"))
}

#[test]
fn acknowledged_messages_are_in_every_timeline_once_and_in_the_same_order() {
    let first = number("MADANG_SIM_FIRST", 1);
    let seeds = number("MADANG_SIM_SEEDS", SEEDS_BY_DEFAULT);
    let next = AtomicU64::new(first);
    let totals: Vec<checks::Tally> = std::thread::scope(|scope| {
        let threads = std::thread::available_parallelism().map_or(1, usize::from);
        let workers: Vec<_> = (0..threads)
            .map(|_| {
                scope.spawn(|| {
                    let mut tally = checks::Tally::default();
                    loop {
                        let seed = next.fetch_add(1, Ordering::Relaxed);
                        if seed >= first + seeds {
                            return tally;
                        }
                        // A failing assertion names its seed, so that it can be run alone.
                        let run = std::panic::catch_unwind(|| World::new(seed).run());
                        tally.add(&run.unwrap_or_else(|_| panic!("seed {seed} failed: run it with MADANG_SIM_FIRST={seed} MADANG_SIM_SEEDS=1")));
                    }
                })
            })
            .collect();
        workers.into_iter().map(|worker| worker.join().expect("every seed passes")).collect()
    });
    let mut total = checks::Tally::default();
    for tally in &totals {
        total.add(tally);
    }
    println!("{seeds} seeds from {first}: {total}");
    assert!(total.acknowledged > seeds, "the simulation did next to nothing");
}

#[test]
fn a_seed_always_gives_the_same_run() {
    assert_eq!(World::new(7).run(), World::new(7).run());
}
