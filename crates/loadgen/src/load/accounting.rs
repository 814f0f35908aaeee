//! Processor time, by the accounts that the system keeps (`man 5 proc_pid_stat`).

use std::collections::BTreeMap;
use std::fs;
use std::time::Duration;

use anyhow::{Context, Result};
use rustix::param::clock_ticks_per_second;

/// What processes have used.
#[derive(Clone, Debug, Default)]
pub(super) struct Account {
    /// In whole ticks, ended threads and children included.
    ticks: u64,
    /// By threads that live, in nanoseconds.
    threads: BTreeMap<u64, u64>,
}

impl Account {
    /// Of one process, without those that it started.
    pub(super) fn of_one(process: u32) -> Result<Self> {
        let mut account = Self::default();
        account.add(process.into())?;
        Ok(account)
    }

    /// Of a process and all that it started.
    pub(super) fn of(process: u32) -> Result<Self> {
        let mut account = Self::of_one(process)?;
        let parents = parents();
        let mut found = vec![u64::from(process)];
        while let Some(parent) = found.pop() {
            let children = parents.iter().filter(|(_, its)| **its == parent).map(|(id, _)| *id);
            for child in children {
                // It may have ended by now; then its parent has its ticks.
                let _gone = account.add(child).is_err();
                found.push(child);
            }
        }
        Ok(account)
    }

    fn add(&mut self, process: u64) -> Result<()> {
        let path = format!("/proc/{process}/stat");
        let stat = fs::read_to_string(&path)
            .with_context(|| format!("{path} cannot be read; measuring needs Linux"))?;
        self.ticks += ticks(&stat).with_context(|| format!("{path} is not understood"))?;
        for task in fs::read_dir(format!("/proc/{process}/task"))?.flatten() {
            let id = task.file_name().to_string_lossy().parse();
            let spent = fs::read_to_string(task.path().join("schedstat"));
            if let (Ok(id), Ok(spent)) = (id, spent) {
                let nanos = spent.split(' ').next().and_then(|first| first.parse().ok());
                self.threads.insert(id, nanos.unwrap_or_default());
            }
        }
        Ok(())
    }

    /// What was used in between: to the nanosecond if no thread has ended, to the tick otherwise.
    pub(super) fn since(&self, earlier: &Self) -> Duration {
        let complete = earlier.threads.keys().all(|id| self.threads.contains_key(id));
        if complete {
            let spent = self.threads.iter().map(|(id, now)| {
                now.saturating_sub(earlier.threads.get(id).copied().unwrap_or_default())
            });
            return Duration::from_nanos(spent.sum());
        }
        let ticks = self.ticks.saturating_sub(earlier.ticks);
        Duration::from_nanos(ticks * 1_000_000_000 / clock_ticks_per_second().max(1))
    }
}

/// User and system time, that of children who have ended included. The name may hold anything, so
/// what counts begins after its last parenthesis.
fn ticks(stat: &str) -> Option<u64> {
    let (_, rest) = stat.rsplit_once(") ")?;
    let fields: Vec<&str> = rest.split(' ').collect();
    fields.get(11..15)?.iter().map(|field| field.parse::<u64>().ok()).sum()
}

/// Those that a process has started itself.
pub(super) fn children_of(process: u64) -> Vec<u64> {
    let of_it = |(child, parent)| (parent == process).then_some(child);
    parents().into_iter().filter_map(of_it).collect()
}

/// The parent of each process there is.
fn parents() -> BTreeMap<u64, u64> {
    let processes = fs::read_dir("/proc").into_iter().flatten().flatten();
    let parent = |entry: fs::DirEntry| {
        let id = entry.file_name().to_string_lossy().parse().ok()?;
        let stat = fs::read_to_string(entry.path().join("stat")).ok()?;
        let (_, rest) = stat.rsplit_once(") ")?;
        Some((id, rest.split(' ').nth(1)?.parse().ok()?))
    };
    processes.filter_map(parent).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_process_name_cannot_confuse_the_account() {
        let stat = "42 (a) b (c) S 1 42 42 0 -1 4194304 100 0 0 0 10 20 3 4 20 0 1 0 99";
        assert_eq!(ticks(stat), Some(37));
        assert_eq!(ticks("42 (short) S 1"), None);
    }

    #[test]
    fn work_is_accounted_for() {
        let before = Account::of(std::process::id()).unwrap();
        let began = std::time::Instant::now();
        let mut sum = 0_u64;
        while began.elapsed() < Duration::from_millis(50) {
            sum = std::hint::black_box(sum.wrapping_add(1));
        }
        let used = Account::of(std::process::id()).unwrap().since(&before);
        assert!(used > Duration::ZERO);
        let exact = Account { ticks: 0, threads: BTreeMap::from([(1, 5_000_000)]) };
        let later = Account { ticks: 3, threads: BTreeMap::from([(1, 7_000_000), (2, 500_000)]) };
        assert_eq!(later.since(&exact), Duration::from_micros(2_500));
        let ended = Account { ticks: 5, threads: BTreeMap::from([(2, 600_000)]) };
        let tick = Duration::from_secs(1) / u32::try_from(clock_ticks_per_second()).unwrap();
        assert_eq!(ended.since(&later), tick * 2);
    }
}
