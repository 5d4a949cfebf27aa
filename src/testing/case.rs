//! One example of an action, run against the answers it brings along.

use std::path::Path;
use std::sync::Arc;
use std::time::Duration;

use serde_json::Value;

use super::difference::differences;
use super::mock_transport::MockTransport;
use crate::budget::BudgetBounds;
use crate::call::{CallContext, Conditions, Envelope, Event, SharedState, Trace, execute};
use crate::catalog::{Action, TestCase};
use crate::server::answer_of;
use crate::state::State;
use crate::template::CallClock;
use crate::value::FieldMap;

/// The instant of a test that does not say one.
const NOW: jiff::Timestamp = jiff::Timestamp::UNIX_EPOCH;

/// The deadline of a call of a test.
pub(super) const DEADLINE: Duration = Duration::from_secs(8);

/// What came of a test.
#[derive(Debug)]
pub struct Ran {
    /// Where the call was not as expected, one line per place; empty if it passed.
    pub differences: Vec<String>,
    /// What happened, step by step.
    pub events: Vec<Event>,
}

/// Runs a test.
pub async fn run_case(action: &Arc<Action>, case: &TestCase) -> Ran {
    let directory = Path::new(action.source().name()).parent().unwrap_or(Path::new("."));
    let transport = Arc::new(MockTransport::new(case.calls.clone(), directory));
    let trace = Trace::on();
    let clock = CallClock::fixed(case.now.unwrap_or(NOW), [0; 16]);
    let context = CallContext {
        sender: Arc::clone(&transport),
        // Every test begins without tokens and without a past.
        shared: Arc::new(SharedState::new(State::memory())),
        secrets: Arc::new(Value::Object(case.secrets.clone())),
        bounds: BudgetBounds::default(),
    };
    let conditions = Conditions::from_now(clock, DEADLINE, &trace);
    let (outcome, _) = execute(&context, &conditions, action, envelope(&case.input)).await;
    let (status, body) = answer_of(&outcome);
    let mut problems = transport.problems();
    if status != case.status {
        problems.push(format!("result.status: expected {}, found {status}", case.status));
    }
    match &case.body {
        Some(expected) => problems.extend(differences("result.body", expected, Some(&body))),
        None if status != case.status => problems.push(format!("result.body: found {body}")),
        None => {}
    }
    Ran { differences: problems, events: trace.events() }
}

fn envelope([auth, data, meta]: &[Value; 3]) -> Envelope {
    let part = |value: &Value| value.as_object().cloned().map(FieldMap::from).unwrap_or_default();
    Envelope { auth: part(auth), data: part(data), meta: part(meta) }
}
