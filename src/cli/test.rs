//! `test`: every action's examples, offline.

use std::path::Path;
use std::time::Duration;

use serde_json::{Map, Value};

use super::Exit;
use super::arguments::{NetworkArguments, TestArguments};
use super::canned::Canned;
use super::definitions::{catalog, operator, print_problems};
use super::difference::differences;
use crate::catalog::{Action, TestCase};
use crate::engine::{Circumstances, Envelope, execute};
use crate::server::answer_of;
use crate::template::Moment;

/// The instant of a test that does not say one.
const NOW: jiff::Timestamp = jiff::Timestamp::UNIX_EPOCH;

pub(super) fn test(arguments: &TestArguments) -> Exit {
    let definitions = &arguments.definitions;
    let catalog =
        operator(definitions, &NetworkArguments::default()).and_then(|operator| catalog(definitions, &operator));
    let catalog = match catalog {
        Ok(catalog) => catalog,
        Err(error) => {
            eprintln!("error: {error}");
            return Exit::Definitions;
        }
    };
    if catalog.has_errors() {
        print_problems(&catalog.diagnostics());
        return Exit::Definitions;
    }
    let runtime = match tokio::runtime::Builder::new_current_thread().enable_all().build() {
        Ok(runtime) => runtime,
        Err(error) => {
            eprintln!("error: the runtime cannot start: {error}");
            return Exit::Failed;
        }
    };
    let (mut passed, mut failed) = (0, 0);
    for action in catalog.actions() {
        let wanted =
            arguments.routes.is_empty() || arguments.routes.iter().any(|part| action.route().contains(part.as_str()));
        for case in action.tests().iter().filter(|_| wanted) {
            if arguments.name.as_ref().is_some_and(|name| !case.name.contains(name.as_str())) {
                continue;
            }
            let problems = runtime.block_on(run_case(action, case));
            if problems.is_empty() {
                passed += 1;
                println!("ok      {} · {}", action.route(), case.name);
            } else {
                failed += 1;
                println!("FAILED  {} · {} ({}:{})", action.route(), case.name, action.source().name(), case.line);
                problems.iter().for_each(|problem| println!("          {problem}"));
            }
        }
    }
    if passed + failed == 0 {
        println!("no tests match");
        return Exit::Failed;
    }
    println!("{passed} passed, {failed} failed");
    if failed == 0 { Exit::Ok } else { Exit::Failed }
}

/// Where a test's call was not as expected; empty if it passed.
pub(super) async fn run_case(action: &Action, case: &TestCase) -> Vec<String> {
    let directory = Path::new(action.source().name()).parent().unwrap_or(Path::new("."));
    let canned = Canned::new(&case.calls, directory);
    let moment = Moment::fixed(case.now.unwrap_or(NOW), [0; 16]);
    let secrets = Value::Object(case.secrets.clone());
    let circumstances =
        Circumstances { sender: &canned, secrets: &secrets, moment: &moment, deadline: Duration::from_secs(8) };
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
    problems
}

fn envelope([auth, data, meta]: &[Value; 3]) -> Envelope {
    let part = |value: &Value| value.as_object().cloned().unwrap_or_else(Map::new);
    Envelope { auth: part(auth), data: part(data), meta: part(meta) }
}
