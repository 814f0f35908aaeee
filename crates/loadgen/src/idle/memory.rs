//! The memory of a process, as Linux tells it (`man 5 proc_pid_status`).

use anyhow::{Context, Result};

/// In KiB, which the system calls kB.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Memory {
    /// `VmRSS`: all of it that is in memory, the program's own code included.
    pub(crate) resident: u64,
    /// `RssAnon`: of that, what the program allocated.
    pub(crate) anonymous: u64,
}

impl Memory {
    pub(crate) fn of(process: u32) -> Result<Self> {
        let path = format!("/proc/{process}/status");
        let status = std::fs::read_to_string(&path)
            .with_context(|| format!("{path} cannot be read; this scenario needs Linux"))?;
        Self::read(&status).with_context(|| format!("{path} does not tell VmRSS and RssAnon"))
    }

    fn read(status: &str) -> Option<Self> {
        let field = |name: &str| -> Option<u64> {
            let line =
                status.lines().find_map(|line| line.strip_prefix(name)?.strip_prefix(':'))?;
            line.trim().strip_suffix("kB")?.trim().parse().ok()
        };
        Some(Self { resident: field("VmRSS")?, anonymous: field("RssAnon")? })
    }

    /// What each of `count` added, in KiB.
    #[expect(clippy::cast_precision_loss, reason = "kibibytes of one process: far below 2^52")]
    pub(crate) fn since(self, earlier: Self, count: usize) -> (f64, f64) {
        let each = |now: u64, before: u64| (now as f64 - before as f64) / count as f64;
        (each(self.resident, earlier.resident), each(self.anonymous, earlier.anonymous))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_fields_are_found_by_their_whole_names() {
        let status = "Name:\tmadang\nVmRSS:\t   20480 kB\nRssAnon:\t    8192 kB\nRssFile:\t 1 kB\n";
        let memory = Memory { resident: 20_480, anonymous: 8_192 };
        assert_eq!(Memory::read(status), Some(memory));
        assert_eq!(Memory::read("VmRSSx:\t1 kB\nRssAnon:\t1 kB\n"), None);
        let earlier = Memory { resident: 20_470, anonymous: 8_192 };
        assert_eq!(memory.since(earlier, 4), (2.5, 0.0));
    }
}
