//! Results of the tests of actions. Tests run once for each version of an action, since some take seconds, and on threads
//! for blocking work, so that other pages and operations go on meanwhile.

use std::collections::HashMap;
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

use tokio::runtime::Handle;
use tokio::sync::OnceCell;
use tokio::time::timeout;

use crate::catalog::Action;
use crate::testing::run_case;

/// A page waits for results at most this long; then it is shown without them.
const PATIENCE: Duration = Duration::from_millis(80);

/// Differences of each test, in their order; none where it passed.
pub(super) type Results = Vec<Vec<String>>;

/// An action as a page showed it, and the results of its tests once they have run.
type Known = (Arc<Action>, Arc<OnceCell<Results>>);

/// Results of the actions that pages showed.
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
            // The run goes on when the page is shown without it; the next page waits for the same run.
            let run = tokio::task::spawn_blocking(move || {
                Handle::current().block_on(own.get_or_init(|| run(&action)));
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
        // An action that only this map holds is not served any more.
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

#[cfg(all(test, unix))]
mod tests {
    use std::fs::OpenOptions;
    use std::io::Write as _;
    use std::process::Command;
    use std::sync::mpsc;

    use super::*;
    use crate::catalog::{Operator, build, load};

    const ACTION: &str = "version: 1
base_url: https://a.example
request: { path: /x }
response: { message: Done }
tests:
  - name: it is done
    calls: [ { answer: { file: answer.json } } ]
    result: { status: 201, body: { message: Done } }
";

    /// The test's answer comes from a pipe, so that it runs until something is written there.
    #[tokio::test]
    async fn a_page_and_its_runtime_do_not_wait_for_tests() {
        let definitions = tempfile::tempdir().unwrap();
        std::fs::write(definitions.path().join("act.yaml"), ACTION).unwrap();
        let pipe = definitions.path().join("answer.json");
        assert!(Command::new("mkfifo").arg(&pipe).status().unwrap().success());
        let catalog = build(&load(definitions.path()).unwrap(), &Operator::default(), None);
        let action = Arc::clone(catalog.find("/act").unwrap());
        let (shown, is_shown) = mpsc::channel::<()>();
        let writer = std::thread::spawn(move || {
            // Written at last even if the page waits for the test, so that this test fails instead of hanging.
            let _ = is_shown.recv_timeout(Duration::from_secs(5));
            OpenOptions::new().write(true).open(pipe).unwrap().write_all(b"{}").unwrap();
        });
        let runs = TestRuns::default();
        assert_eq!(runs.of(&action).await, None, "the page is shown without results");
        shown.send(()).unwrap();
        writer.join().unwrap();
        let cell = runs.cell(&action);
        while !cell.initialized() {
            tokio::task::yield_now().await;
        }
        assert_eq!(runs.of(&action).await, Some(vec![Vec::new()]));
    }
}
