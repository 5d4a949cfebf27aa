//! The parts of the program that the pages show.

use std::sync::Arc;

use super::history::History;
use super::test_runs::TestRuns;
use super::try_runner::TryRunner;
use crate::operations::Operations;

/// Shows pages to operators.
pub struct Console {
    /// What operators may ask and order.
    pub operations: Arc<Operations>,
    /// Tries actions out.
    pub try_runner: Arc<TryRunner>,
    /// Results of the tests of actions.
    pub test_runs: TestRuns,
    /// What was served since the start.
    pub history: Arc<History>,
    /// Connections that the public listener takes.
    pub most_connections: usize,
    /// Where actions are called, for example `http://127.0.0.1:8080`, with the base path.
    pub address: String,
}
