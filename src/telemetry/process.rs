//! The memory and open files of the process, as Linux reports them. Other systems report nothing.

/// Figures of this process.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(super) struct Process {
    /// Memory in bytes that is in use and not swapped out.
    pub(super) resident: Option<i64>,
    /// Open file descriptors.
    pub(super) open: Option<i64>,
    /// How many may be open.
    pub(super) most: Option<i64>,
}

impl Process {
    /// As it is now (proc(5)).
    pub(super) fn now() -> Self {
        let read = |file: &str| std::fs::read_to_string(format!("/proc/self/{file}")).ok();
        Self {
            resident: read("status").and_then(|text| resident(&text)),
            // The directory itself is open while it is read.
            open: std::fs::read_dir("/proc/self/fd")
                .ok()
                .and_then(|fds| i64::try_from(fds.count()).ok())
                .map(|n| n - 1),
            most: read("limits").and_then(|text| most(&text)),
        }
    }
}

fn resident(status: &str) -> Option<i64> {
    let line = status.lines().find_map(|line| line.strip_prefix("VmRSS:"))?;
    line.split_whitespace().next()?.parse::<i64>().ok()?.checked_mul(1024)
}

fn most(limits: &str) -> Option<i64> {
    let line = limits.lines().find_map(|line| line.strip_prefix("Max open files"))?;
    line.split_whitespace().next()?.parse().ok()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_files_of_proc_are_read() {
        assert_eq!(resident("Name:\tx\nVmRSS:\t    2048 kB\n"), Some(2048 * 1024));
        assert_eq!(most("Limit  Soft  Hard\nMax open files            1024   4096   files\n"), Some(1024));
        assert_eq!((resident(""), most("Max open files unlimited unlimited files")), (None, None));
    }
}
