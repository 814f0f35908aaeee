//! Processor time of processes, from `/proc` (`man 5 proc_pid_stat`).

use std::collections::BTreeMap;
use std::fs;
use std::time::Duration;

use rustix::param::clock_ticks_per_second;

use crate::error::LoadgenError;

/// Processor time that processes have used since their start.
#[derive(Clone, Debug, Default)]
pub struct CpuTime {
    /// Clock ticks, including ended threads and children.
    ticks: u64,
    /// Nanoseconds of each living thread, by thread id.
    threads: BTreeMap<u64, u64>,
}

impl CpuTime {
    /// The time of one process, without its children.
    ///
    /// # Errors
    /// [`LoadgenError::CpuTime`], if the process is gone or the system is not Linux.
    pub fn of_process(process: u32) -> Result<Self, LoadgenError> {
        let mut time = Self::default();
        time.add(process.into())?;
        Ok(time)
    }

    /// The time of a process and all its descendants.
    ///
    /// # Errors
    /// As [`Self::of_process`].
    pub fn of_process_tree(process: u32) -> Result<Self, LoadgenError> {
        let mut time = Self::of_process(process)?;
        let parents = parents();
        let mut pending = vec![u64::from(process)];
        while let Some(parent) = pending.pop() {
            let children = parents.iter().filter(|(_, its)| **its == parent).map(|(id, _)| *id);
            for child in children {
                // The child may have exited; its parent's ticks then include its own.
                time.add(child).ok();
                pending.push(child);
            }
        }
        Ok(time)
    }

    fn add(&mut self, process: u64) -> Result<(), LoadgenError> {
        let path = format!("/proc/{process}/stat");
        let ticks = fs::read_to_string(&path).ok().and_then(|stat| ticks(&stat));
        self.ticks += ticks.ok_or(LoadgenError::CpuTime { path })?;
        let tasks = fs::read_dir(format!("/proc/{process}/task"));
        for task in tasks.into_iter().flatten().flatten() {
            let id = task.file_name().to_string_lossy().parse();
            let schedstat = fs::read_to_string(task.path().join("schedstat"));
            if let (Ok(id), Ok(schedstat)) = (id, schedstat) {
                let nanos = schedstat.split(' ').next().and_then(|first| first.parse().ok());
                self.threads.insert(id, nanos.unwrap_or_default());
            }
        }
        Ok(())
    }

    /// The time used since `earlier`: in nanoseconds if no thread has ended in between, otherwise in ticks.
    #[must_use]
    pub fn since(&self, earlier: &Self) -> Duration {
        let no_thread_ended = earlier.threads.keys().all(|id| self.threads.contains_key(id));
        if no_thread_ended {
            let nanos = self.threads.iter().map(|(id, now)| {
                now.saturating_sub(earlier.threads.get(id).copied().unwrap_or_default())
            });
            return Duration::from_nanos(nanos.sum());
        }
        let ticks = self.ticks.saturating_sub(earlier.ticks);
        Duration::from_nanos(ticks * 1_000_000_000 / clock_ticks_per_second().max(1))
    }
}

/// User and system time, including ended children. The process name may contain any character, so the fields
/// are counted from its last parenthesis.
fn ticks(stat: &str) -> Option<u64> {
    let (_, rest) = stat.rsplit_once(") ")?;
    let fields: Vec<&str> = rest.split(' ').collect();
    fields.get(11..15)?.iter().map(|field| field.parse::<u64>().ok()).sum()
}

/// The process ids of the children.
pub fn children_of(process: u64) -> Vec<u64> {
    let is_child = |(child, parent)| (parent == process).then_some(child);
    parents().into_iter().filter_map(is_child).collect()
}

/// The parent of every process, by process id.
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
    fn parentheses_in_a_process_name_are_no_field_separators() {
        let stat = "42 (a) b (c) S 1 42 42 0 -1 4194304 100 0 0 0 10 20 3 4 20 0 1 0 99";
        assert_eq!(ticks(stat), Some(37));
        assert_eq!(ticks("42 (short) S 1"), None);
    }

    #[test]
    fn used_time_is_counted_in_nanoseconds_and_in_ticks_after_a_thread_ended() {
        let before = CpuTime::of_process_tree(std::process::id()).unwrap();
        let began = std::time::Instant::now();
        let mut sum = 0_u64;
        while began.elapsed() < Duration::from_millis(50) {
            sum = std::hint::black_box(sum.wrapping_add(1));
        }
        let used = CpuTime::of_process_tree(std::process::id()).unwrap().since(&before);
        assert!(used > Duration::ZERO);
        let earlier = CpuTime { ticks: 0, threads: BTreeMap::from([(1, 5_000_000)]) };
        let later = CpuTime { ticks: 3, threads: BTreeMap::from([(1, 7_000_000), (2, 500_000)]) };
        assert_eq!(later.since(&earlier), Duration::from_micros(2_500));
        let ended = CpuTime { ticks: 5, threads: BTreeMap::from([(2, 600_000)]) };
        let tick = Duration::from_secs(1) / u32::try_from(clock_ticks_per_second()).unwrap();
        assert_eq!(ended.since(&later), tick * 2);
    }
}
