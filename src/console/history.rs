//! The history of the catalog since the start: one entry for every reload that changed something or failed.

use std::collections::{BTreeMap, VecDeque};
use std::sync::{Arc, Mutex, PoisonError};
use std::time::SystemTime;

use crate::catalog::{Action, Catalog};
use crate::live::{Live, ReloadReport};

const MOST: usize = 200;

/// The last changes of what is served.
#[derive(Debug, Default)]
pub struct History {
    entries: Mutex<VecDeque<Entry>>,
}

/// One of them.
#[derive(Clone, Debug)]
pub(super) struct Entry {
    pub(super) at: SystemTime,
    pub(super) report: Arc<ReloadReport>,
    pub(super) added: Vec<String>,
    pub(super) changed: Vec<String>,
    pub(super) removed: Vec<String>,
}

impl History {
    /// Follows what is served until that ends.
    pub async fn follow(self: Arc<Self>, live: Live) {
        let mut reports = live.reports();
        let mut before = live.snapshot();
        let mut failed = None;
        self.note(Entry::between(&Catalog::default(), &before, live.report()));
        while reports.changed().await.is_ok() {
            let report = Arc::clone(&reports.borrow_and_update());
            if report.changed || report.failed != failed {
                let now = live.snapshot();
                failed.clone_from(&report.failed);
                self.note(Entry::between(&before, &now, report));
                before = now;
            }
        }
    }

    fn note(&self, entry: Entry) {
        let mut entries = self.entries.lock().unwrap_or_else(PoisonError::into_inner);
        entries.push_front(entry);
        entries.truncate(MOST);
    }

    /// The newest first.
    pub(super) fn entries(&self) -> Vec<Entry> {
        self.entries.lock().unwrap_or_else(PoisonError::into_inner).iter().cloned().collect()
    }
}

impl Entry {
    fn between(before: &Catalog, now: &Catalog, report: Arc<ReloadReport>) -> Self {
        let by_route = |catalog: &Catalog| -> BTreeMap<String, Arc<Action>> {
            catalog.actions().into_iter().map(|action| (action.route().to_owned(), Arc::clone(action))).collect()
        };
        let (before, now) = (by_route(before), by_route(now));
        let is_changed =
            |(route, action): &(&String, &Arc<Action>)| before.get(*route).is_some_and(|old| !Arc::ptr_eq(old, action));
        Self {
            at: SystemTime::now(),
            report,
            added: now.keys().filter(|route| !before.contains_key(*route)).cloned().collect(),
            changed: now.iter().filter(is_changed).map(|(route, _)| route.clone()).collect(),
            removed: before.keys().filter(|route| !now.contains_key(*route)).cloned().collect(),
        }
    }
}
