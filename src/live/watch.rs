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
        match self.watch_all() {
            Ok(watcher) => {
                self.watcher = Some(watcher);
                self.complained = false;
            }
            Err(error) => {
                self.watcher = None;
                if !self.complained {
                    tracing::warn!(%error, "file events are not available, changes are found by polling");
                    self.complained = true;
                }
            }
        }
    }

    fn watch_all(&self) -> notify::Result<RecommendedWatcher> {
        let (changed, directory) = (Arc::clone(&self.changed), self.directory.clone());
        let mut watcher = notify::recommended_watcher(move |event: notify::Result<Event>| {
            if event.as_ref().map_or(true, |event| concerns(event, &directory)) {
                changed.notify_one();
            }
        })?;
        // The directory itself may be replaced as a whole, or be away for a while.
        let above = self.directory.parent().map(|parent| watcher.watch(parent, RecursiveMode::NonRecursive));
        match watcher.watch(&self.directory, RecursiveMode::NonRecursive) {
            Err(_) if !self.directory.exists() && matches!(above, Some(Ok(()))) => return Ok(watcher),
            watched => watched?,
        }
        for entry in std::fs::read_dir(&self.directory)?.flatten() {
            if entry.path().is_dir() && !entry.file_name().to_string_lossy().starts_with('.') {
                // One that goes away meanwhile is reported by the watch above it.
                let _ = watcher.watch(&entry.path(), RecursiveMode::NonRecursive);
            }
        }
        Ok(watcher)
    }
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
