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
        Self { directory: directory.to_owned(), changed, watcher: None, complained: false }
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
        let changed = Arc::clone(&self.changed);
        let mut watcher = notify::recommended_watcher(move |event: notify::Result<Event>| {
            // Reading a file is an event too; reacting to it would never end.
            if !matches!(event, Ok(Event { kind: EventKind::Access(_), .. })) {
                changed.notify_one();
            }
        })?;
        // The directory itself may be replaced as a whole.
        if let Some(parent) = self.directory.parent().filter(|parent| !parent.as_os_str().is_empty()) {
            let _ = watcher.watch(parent, RecursiveMode::NonRecursive);
        }
        watcher.watch(&self.directory, RecursiveMode::NonRecursive)?;
        for entry in std::fs::read_dir(&self.directory)?.flatten() {
            if entry.path().is_dir() && !entry.file_name().to_string_lossy().starts_with('.') {
                // One that goes away meanwhile is reported by the watch above it.
                let _ = watcher.watch(&entry.path(), RecursiveMode::NonRecursive);
            }
        }
        Ok(watcher)
    }
}
