//! File system → "something may have changed".
//!
//! A trigger only: what changed is found by reading. Directories are watched, never files, since a
//! watch on a file is lost when editors and ConfigMaps replace it.

use std::path::{Path, PathBuf};
use std::sync::Arc;

use notify::{Event, EventKind, RecommendedWatcher, RecursiveMode, Watcher};
use tokio::sync::Notify;

/// Watches a directory of definitions and the directories in it.
pub(super) struct Watch {
    directory: PathBuf,
    changed: Arc<Notify>,
    watcher: Option<RecommendedWatcher>,
    complained: bool,
}

impl Watch {
    /// Begins nothing yet; [`Self::renew`] does.
    pub(super) fn new(directory: &Path, changed: Arc<Notify>) -> Self {
        // Absolute, so that a bare `actions.d` has a parent too. Only an empty path has no absolute form.
        let directory = std::path::absolute(directory).unwrap_or_else(|_| directory.to_owned());
        Self { directory, changed, watcher: None, complained: false }
    }

    /// Watches what is there now. Done before every reading, so that nothing changes unseen after it,
    /// and because a directory that was deleted and made again is silent under its old watch.
    pub(super) fn renew(&mut self) {
        let (watcher, error) = match self.watch_all() {
            Ok((watcher, missed)) => (Some(watcher), missed),
            Err(error) => (None, Some(error)),
        };
        self.watcher = watcher;
        if let Some(error) = error.as_ref().filter(|_| !self.complained) {
            tracing::warn!(%error, "not all file events are available, the other changes are found by polling");
        }
        self.complained = error.is_some();
    }

    /// The watcher, and why it misses a directory, if it does.
    fn watch_all(&self) -> notify::Result<(RecommendedWatcher, Option<notify::Error>)> {
        let (changed, directory) = (Arc::clone(&self.changed), self.directory.clone());
        let mut watcher = notify::recommended_watcher(move |event: notify::Result<Event>| {
            if event.as_ref().map_or(true, |event| concerns(event, &directory)) {
                changed.notify_one();
            }
        })?;
        // The directory itself may be replaced as a whole, or be away for a while.
        let above = self.directory.parent().map(|parent| watcher.watch(parent, RecursiveMode::NonRecursive));
        match watcher.watch(&self.directory, RecursiveMode::NonRecursive) {
            Err(_) if !self.directory.exists() && matches!(above, Some(Ok(()))) => return Ok((watcher, None)),
            watched => watched?,
        }
        // Gone, or not to be listed: the reading that follows tells, and the watches above tell when that changes.
        let Ok(entries) = std::fs::read_dir(&self.directory) else { return Ok((watcher, None)) };
        let mut missed = None;
        for path in entries.flatten().map(|entry| entry.path()).filter(|path| is_watched(path)) {
            // One that goes away meanwhile is reported by the watch above it.
            missed = watcher.watch(&path, RecursiveMode::NonRecursive).err().filter(|_| path.is_dir()).or(missed);
        }
        Ok((watcher, missed))
    }
}

fn is_watched(path: &Path) -> bool {
    path.is_dir() && path.file_name().is_some_and(|name| !name.to_string_lossy().starts_with('.'))
}

/// Whether an event can mean that definitions changed.
fn concerns(event: &Event, directory: &Path) -> bool {
    // Reading a file is an event too; reacting to it would never end.
    if matches!(event.kind, EventKind::Access(_)) {
        return false;
    }
    // The directory above holds other things as well. Events without a path tell that some were lost.
    event.paths.is_empty() || event.paths.iter().any(|path| path.starts_with(directory))
}
