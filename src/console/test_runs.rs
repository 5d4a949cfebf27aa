//! What the tests of actions come to: run once for each version of an action, since some take seconds.

use std::collections::HashMap;
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

use tokio::sync::OnceCell;
use tokio::time::timeout;

use crate::catalog::Action;
use crate::testing::run_case;

/// A page waits so long for results, and is shown without them then.
const PATIENCE: Duration = Duration::from_millis(80);

/// Differences of each test, in their order; none where it passed.
pub(super) type Results = Vec<Vec<String>>;

/// An action as it was looked at, and what its tests came to once they have run.
type Known = (Arc<Action>, Arc<OnceCell<Results>>);

/// Results of the actions that somebody looked at.
#[derive(Debug, Default)]
pub struct TestRuns {
    known: Mutex<HashMap<String, Known>>,
}

impl TestRuns {
    /// The results of an action's tests; nothing while they run.
    pub(super) async fn of(&self, action: &Arc<Action>) -> Option<Results> {
        let cell = self.cell(action);
        if !cell.initialized() {
            let (own, action) = (Arc::clone(&cell), Arc::clone(action));
            // Goes on when the page is shown without it; whoever looks again waits for the same run.
            let run = tokio::spawn(async move {
                own.get_or_init(|| run(&action)).await;
            });
            let _ = timeout(PATIENCE, run).await;
        }
        cell.get().cloned()
    }

    fn cell(&self, action: &Arc<Action>) -> Arc<OnceCell<Results>> {
        let mut known = self.known.lock().unwrap_or_else(PoisonError::into_inner);
        if let Some((_, cell)) = known.get(action.route()).filter(|(same, _)| Arc::ptr_eq(same, action)) {
            return Arc::clone(cell);
        }
        // What nobody else holds is not served any more.
        known.retain(|_, (action, _)| Arc::strong_count(action) > 1);
        let cell = Arc::default();
        known.insert(action.route().to_owned(), (Arc::clone(action), Arc::clone(&cell)));
        cell
    }
}

async fn run(action: &Arc<Action>) -> Results {
    let mut results = Vec::new();
    for case in action.tests() {
        results.push(run_case(action, case).await.differences);
    }
    results
}
