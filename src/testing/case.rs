//! One example of an action, run against the answers it brings along.

use std::path::Path;
use std::time::Duration;

use serde_json::Value;

use super::difference::differences;
use super::mock_transport::MockTransport;
use crate::call::{CallContext, Envelope, Event, SharedState, Trace, execute};
use crate::catalog::{Action, TestCase};
use crate::server::answer_of;
use crate::state::State;
use crate::template::CallClock;
use crate::value::FieldMap;

/// The instant of a test that does not say one.
const NOW: jiff::Timestamp = jiff::Timestamp::UNIX_EPOCH;

/// What came of a test.
#[derive(Debug)]
pub struct Ran {
    /// Where the call was not as expected, one line per place; empty if it passed.
    pub differences: Vec<String>,
    /// What happened, step by step.
    pub events: Vec<Event>,
}

/// Runs a test.
pub async fn run_case(action: &Action, case: &TestCase) -> Ran {
    let directory = Path::new(action.source().name()).parent().unwrap_or(Path::new("."));
    let canned = MockTransport::new(&case.calls, directory);
    let moment = CallClock::fixed(case.now.unwrap_or(NOW), [0; 16]);
    let secrets = Value::Object(case.secrets.clone());
    // Every test begins without tokens and without a past.
    let commons = SharedState::new(State::memory());
    let trace = Trace::on();
    let context = CallContext {
        sender: &canned,
        commons: &commons,
        secrets: &secrets,
        moment: &moment,
        deadline: Duration::from_secs(8),
        context: None,
        trace: &trace,
    };
    let (outcome, _) = execute(action, envelope(&case.input), context).await;
    let (status, body) = answer_of(&outcome);
    let mut problems = canned.problems();
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
