//! Waits until a directory of definitions changes, by comparing its files.

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};
use std::time::{Duration, SystemTime};

/// How often the files are compared.
const EVERY: Duration = Duration::from_millis(300);

/// When each file was changed last, and how long it is.
pub(super) type Stamps = BTreeMap<PathBuf, (Option<SystemTime>, u64)>;

/// Returns once the files differ from these.
pub(super) fn wait_for_change(directory: &Path, before: &Stamps) {
    while stamps(directory) == *before {
        std::thread::sleep(EVERY);
    }
}

/// The files as they are now.
pub(super) fn stamps(directory: &Path) -> Stamps {
    let (mut found, mut left) = (BTreeMap::new(), vec![directory.to_owned()]);
    while let Some(path) = left.pop() {
        for entry in std::fs::read_dir(&path).into_iter().flatten().flatten() {
            match std::fs::metadata(entry.path()) {
                Ok(data) if data.is_dir() => left.push(entry.path()),
                Ok(data) => {
                    found.insert(entry.path(), (data.modified().ok(), data.len()));
                }
                // Gone again: a change that the next look sees.
                Err(_) => {}
            }
        }
    }
    found
}
