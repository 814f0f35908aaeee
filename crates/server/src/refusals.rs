//! The log of refusals: one line for each interval in which a budget was exceeded. The same task forgets idle payers.

use std::collections::BTreeMap;
use std::sync::Arc;
use std::time::Duration;

use anyhow::Result;
use madang_hub::Hub;
use madang_hub::budgets::resource::Resource;
use madang_hub::ports::Clock;

use crate::clock::SteadyClock;

/// The interval between two lines.
const INTERVAL: Duration = Duration::from_secs(10);

/// Logs the refusals of each interval, until the process stops. A flood costs one line per interval. Payers with a full
/// budget are forgotten, so that an attack from many addresses leaves no memory behind.
pub(crate) async fn report(hub: Arc<Hub>, clock: Arc<SteadyClock>) -> Result<()> {
    let mut logged = BTreeMap::new();
    let mut ticks = tokio::time::interval(INTERVAL);
    loop {
        ticks.tick().await;
        hub.budgets().forget_idle_payers(clock.now());
        if let Some(counts) = new_refusals(&mut logged, hub.budgets().refusals()) {
            tracing::warn!(%counts, "requests above a budget were refused");
        }
    }
}

/// The refusals that were not logged yet: `commands 12, reads 3`.
fn new_refusals(
    logged: &mut BTreeMap<&'static str, u64>,
    refusals: impl Iterator<Item = (Resource, u64)>,
) -> Option<String> {
    let mut counts = Vec::new();
    for (resource, count) in refusals {
        let before = logged.insert(resource.name(), count).unwrap_or_default();
        if count > before {
            counts.push(format!("{} {}", resource.name(), count - before));
        }
    }
    (!counts.is_empty()).then(|| counts.join(", "))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_new_refusals_are_logged() {
        let mut logged = BTreeMap::new();
        let mut report = |commands, reads| {
            let refusals = [(Resource::Commands, commands), (Resource::Reads, reads)];
            new_refusals(&mut logged, refusals.into_iter())
        };
        assert_eq!(report(0, 0), None);
        assert_eq!(report(12, 3).as_deref(), Some("commands 12, reads 3"));
        assert_eq!(report(12, 3), None);
        assert_eq!(report(12, 4).as_deref(), Some("reads 1"));
    }
}
