//! The memory of a process, from `/proc/<pid>/status` (`man 5 proc_pid_status`).

use crate::error::LoadgenError;

/// The memory of a process in KiB, which `/proc` calls kB.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct ProcessMemory {
    /// `VmRSS`: all resident memory, the program's code included.
    pub resident: u64,
    /// `RssAnon`: the allocated part of the resident memory.
    pub anonymous: u64,
}

impl ProcessMemory {
    /// Reads the memory of the process with this id.
    ///
    /// # Errors
    /// [`LoadgenError::Memory`], if the process is gone or the system is not Linux.
    pub fn of(process: u32) -> Result<Self, LoadgenError> {
        let path = format!("/proc/{process}/status");
        let status = std::fs::read_to_string(&path).ok();
        status.and_then(|status| Self::parse(&status)).ok_or(LoadgenError::Memory { path })
    }

    fn parse(status: &str) -> Option<Self> {
        let field = |name: &str| -> Option<u64> {
            let line =
                status.lines().find_map(|line| line.strip_prefix(name)?.strip_prefix(':'))?;
            line.trim().strip_suffix("kB")?.trim().parse().ok()
        };
        Some(Self { resident: field("VmRSS")?, anonymous: field("RssAnon")? })
    }

    /// The growth since `earlier` divided by `count`, in KiB: (resident, anonymous).
    #[expect(clippy::cast_precision_loss, reason = "kibibytes of one process: far below 2^52")]
    pub fn growth_per(self, count: usize, earlier: Self) -> (f64, f64) {
        let each = |now: u64, before: u64| (now as f64 - before as f64) / count as f64;
        (each(self.resident, earlier.resident), each(self.anonymous, earlier.anonymous))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn fields_are_matched_by_their_whole_names() {
        let status = "Name:\tmadang\nVmRSS:\t   20480 kB\nRssAnon:\t    8192 kB\nRssFile:\t 1 kB\n";
        let memory = ProcessMemory { resident: 20_480, anonymous: 8_192 };
        assert_eq!(ProcessMemory::parse(status), Some(memory));
        assert_eq!(ProcessMemory::parse("VmRSSx:\t1 kB\nRssAnon:\t1 kB\n"), None);
        let earlier = ProcessMemory { resident: 20_470, anonymous: 8_192 };
        assert_eq!(memory.growth_per(4, earlier), (2.5, 0.0));
    }
}
