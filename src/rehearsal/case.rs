//! One example of an action, run against the answers it brings along.

use std::path::Path;
use std::time::Duration;

use serde_json::Value;

use super::canned::Canned;
use super::difference::differences;
use crate::catalog::{Action, TestCase};
use crate::engine::{Circumstances, Commons, Envelope, Event, Trace, execute};
use crate::server::answer_of;
use crate::state::State;
use crate::template::Moment;
use crate::value::Members;

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
    let canned = Canned::new(&case.calls, directory);
    let moment = Moment::fixed(case.now.unwrap_or(NOW), [0; 16]);
    let secrets = Value::Object(case.secrets.clone());
    // Every test begins without tokens and without a past.
    let commons = Commons::new(State::memory());
    let trace = Trace::on();
    let circumstances = Circumstances {
        sender: &canned,
        commons: &commons,
        secrets: &secrets,
        moment: &moment,
        deadline: Duration::from_secs(8),
        context: None,
        trace: &trace,
    };
    let (outcome, _) = execute(action, envelope(&case.input), circumstances).await;
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
    let part = |value: &Value| value.as_object().cloned().map(Members::from).unwrap_or_default();
    Envelope { auth: part(auth), data: part(data), meta: part(meta) }
}
