//! `record`: a real call becomes a test of the action.

use std::sync::Arc;

use clap::Args;
use clap::builder::FalseyValueParser;

use super::Exit;
use super::arguments::{DefinitionArguments, NetworkArguments};
use super::call_input::{find_action, read_input};
use super::definitions::{catalog, network, operator};
use super::terminal::{complain, say};
use crate::authoring::{Map, TestDraft, Yaml, with_test};
use crate::call::{CallContext, Conditions, Envelope, SharedState, Trace, execute};
use crate::catalog::{Action, Operator};
use crate::server::answer_of;
use crate::state::State;
use crate::template::CallClock;
use crate::testing::{RealCall, RecordError, Recording, recorded};
use crate::upstream::Network;

#[derive(Debug, Args)]
pub(super) struct RecordArguments {
    /// The route, for example /zendesk/create_ticket.
    #[arg(value_name = "ROUTE")]
    pub(super) route: String,
    /// A JSON file with `auth`, `data` and `meta`; `-` for standard input.
    #[arg(long, value_name = "FILE|-", default_value = "-", env = "ACTION_EXECUTOR_INPUT")]
    pub(super) input: String,
    /// What the test is called.
    #[arg(long, value_name = "TEXT", default_value = "as recorded", env = "ACTION_EXECUTOR_NAME")]
    pub(super) name: String,
    /// Put the test into the action's file instead of printing it.
    #[arg(long, value_parser = FalseyValueParser::new(), env = "ACTION_EXECUTOR_WRITE")]
    pub(super) write: bool,
    #[command(flatten)]
    pub(super) definitions: DefinitionArguments,
    #[command(flatten)]
    pub(super) network: NetworkArguments,
}

pub(super) fn record(arguments: &RecordArguments) -> Exit {
    match recorded_test(arguments) {
        Ok(exit) => exit,
        Err(reason) => {
            complain(format_args!("error: {reason}"));
            Exit::Definitions
        }
    }
}

fn recorded_test(arguments: &RecordArguments) -> Result<Exit, String> {
    let operator = operator(&arguments.definitions, &arguments.network).map_err(|error| error.to_string())?;
    let catalog = catalog(&arguments.definitions, &operator).map_err(|error| error.to_string())?;
    let action = find_action(&catalog, &arguments.route)?;
    if action.tests().iter().any(|test| test.name == arguments.name) {
        return Err(format!("{} has a test `{}` already; `--name` gives another", action.route(), arguments.name));
    }
    let envelope = read_input(&arguments.input)?;
    let network = network(&arguments.network).map_err(|error| error.to_string())?;
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build();
    let runtime = runtime.map_err(|error| format!("the runtime cannot start: {error}"))?;
    let test = runtime.block_on(run_and_record(action, &envelope, (&operator, network), arguments));
    match test {
        Ok(test) => keep(action, &test, arguments),
        Err(error) => {
            complain(format_args!("error: {error}"));
            Ok(Exit::Failed)
        }
    }
}

async fn run_and_record(
    action: &Arc<Action>,
    envelope: &Envelope,
    (operator, network): (&Operator, Network),
    arguments: &RecordArguments,
) -> Result<TestDraft, RecordError> {
    let (recording, trace) = (Arc::new(Recording::new(Arc::new(network))), Trace::on());
    let secrets = Arc::new(operator.secrets_root());
    let context = CallContext {
        sender: Arc::clone(&recording),
        shared: Arc::new(SharedState::new(State::memory())),
        secrets: Arc::clone(&secrets),
        bounds: arguments.network.call_bounds,
    };
    let conditions = Conditions::from_now(CallClock::now(), arguments.network.deadline, &trace);
    let (outcome, _) = execute(&context, &conditions, action, envelope.clone()).await;
    let (status, body) = answer_of(&outcome);
    complain(format_args!("{status} {body}"));
    let call = RealCall { recording, secrets: &secrets, learned: trace.secrets(), status };
    recorded(action, &arguments.name, envelope, call).await
}

/// Writes the test behind the others, or prints it.
fn keep(action: &Action, test: &TestDraft, arguments: &RecordArguments) -> Result<Exit, String> {
    let file = action.source().name();
    let printed = Map::new().with("tests", Yaml::Lines(vec![test.to_yaml()])).to_text();
    if !arguments.write {
        say(printed.trim_end());
        complain("`--write` puts it into the action's file; look through it for personal data first");
        return Ok(Exit::Ok);
    }
    let Some(text) = with_test(action.source().text(), test) else {
        say(printed.trim_end());
        return Err(format!(
            "`tests:` is not the last key of {file}, or no list with a line for each: put the test in by hand"
        ));
    };
    std::fs::write(file, text).map_err(|error| format!("{file}: {error}"))?;
    complain(format_args!("wrote the test `{}` into {file}; look through it for personal data", test.name));
    Ok(Exit::Ok)
}
