//! The real client and the real hub over a simulated network.
//!
//! A seed determines each run. One to three nodes share a log. Sockets break, frames are late, nodes are killed and
//! restarted over the same store, their clients continue on other nodes, and tabs are reloaded. The bus between the
//! nodes loses, delays, repeats and reorders messages, and a store's event stream goes to the node that committed. For a while the store is unavailable, fails to commit, or is full in the
//! middle of a batch. In every second run frames also get lost and repeated, which a TCP connection never
//! does, but a proxy might. Then the faults end, and the state of every client is compared with the store,
//! which is the SQLite engine over a database in memory.
//!
//! `MADANG_SIM_SEEDS=10000` runs 10,000 seeds; `MADANG_SIM_FIRST=17 MADANG_SIM_SEEDS=1` runs seed 17.

mod checks;
mod clients;
mod cluster;
mod network;
mod peer;
mod random;
mod redactions;
mod server;
mod users;
mod world;

use std::sync::atomic::{AtomicU64, Ordering};

use cluster::Defect;
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
                        // The message names the seed, so that it can be run alone.
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
    assert!(total.deleted > seeds, "too few messages were deleted: {total}");
    assert!(total.edited > seeds, "too few messages were changed: {total}");
    assert!(
        total.acknowledged > seeds,
        "too few messages were acknowledged for the run to mean anything"
    );
}

#[test]
fn a_seed_always_gives_the_same_run() {
    assert_eq!(World::new(7).run(), World::new(7).run());
}

#[test]
fn the_checks_find_a_node_with_a_defect() {
    for defect in [Defect::IgnoresOthers, Defect::AppliesTwice, Defect::SkipsRedaction] {
        let is_found =
            |seed| std::panic::catch_unwind(|| World::with_defect(seed, defect).run()).is_err();
        assert!((1..=5).any(is_found), "{defect:?}");
    }
}
