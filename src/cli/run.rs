//! `run`: one call from the terminal; `--dry-run` shows what would be sent, `--explain` what happens.

use std::path::Path;
use std::sync::Arc;

use serde_json::Value;

use clap::Args;
use clap::builder::FalseyValueParser;

use super::Exit;
use super::arguments::{DefinitionArguments, NetworkArguments};
use super::call_input::{find_action, find_test, read_input};
use super::definitions::{catalog, network, operator};
use super::explanation::{explanation, request_text};
use super::terminal::{complain, say};
use crate::call::{CallContext, Conditions, Envelope, Event, Outcome, SharedState, Trace, execute};
use crate::catalog::{Act, Action, Authentication, Operator};
use crate::server::answer_of;
use crate::state::State;
use crate::template::CallClock;
use crate::testing::{MockTransport, NoTransport};
use crate::upstream::Sender;

#[derive(Debug, Args)]
pub(super) struct RunArguments {
    /// The route, for example /zendesk/create_ticket.
    #[arg(value_name = "ROUTE")]
    pub(super) route: String,
    /// A JSON file with `auth`, `data` and `meta`; `-` for standard input.
    #[arg(long, value_name = "FILE|-", default_value = "-", env = "ACTION_EXECUTOR_INPUT")]
    pub(super) input: String,
    /// Send nothing: print the requests, secrets masked.
    #[arg(long, value_parser = FalseyValueParser::new(), env = "ACTION_EXECUTOR_DRY_RUN")]
    pub(super) dry_run: bool,
    /// Say what happens: each request and answer, the rule that matched, where each value was found, waits and times.
    #[arg(long, value_parser = FalseyValueParser::new(), conflicts_with = "dry_run", env = "ACTION_EXECUTOR_EXPLAIN")]
    pub(super) explain: bool,
    /// Send nothing: take the service's answers from this test of the action.
    #[arg(long, value_name = "TEST", env = "ACTION_EXECUTOR_ANSWERS_OF")]
    pub(super) answers_of: Option<String>,
    #[command(flatten)]
    pub(super) definitions: DefinitionArguments,
    #[command(flatten)]
    pub(super) network: NetworkArguments,
}

pub(super) fn run(arguments: &RunArguments) -> Exit {
    let prepared = operator(&arguments.definitions, &arguments.network)
        .and_then(|operator| catalog(&arguments.definitions, &operator).map(|catalog| (operator, catalog)));
    let (operator, catalog) = match prepared {
        Ok(prepared) => prepared,
        Err(error) => return refuse(&error.to_string()),
    };
    let action = match find_action(&catalog, &arguments.route) {
        Ok(action) => action,
        Err(reason) => return refuse(&reason),
    };
    let envelope = match read_input(&arguments.input) {
        Ok(envelope) => envelope,
        Err(reason) => {
            complain(format_args!("error: {reason}"));
            return Exit::Usage;
        }
    };
    let runtime = match tokio::runtime::Builder::new_current_thread().enable_all().build() {
        Ok(runtime) => runtime,
        Err(error) => return refuse(&format!("the runtime cannot start: {error}")),
    };
    let case = match arguments.answers_of.as_deref().map(|name| find_test(action, name)).transpose() {
        Ok(case) => case,
        Err(reason) => return refuse(&reason),
    };
    let trace = if arguments.dry_run || arguments.explain { Trace::on() } else { Trace::OFF };
    let directory = Path::new(action.source().name()).parent().unwrap_or(Path::new("."));
    let outcome = match case {
        Some(case) => {
            let transport = Arc::new(MockTransport::new(case.calls.clone(), directory));
            runtime.block_on(call(action, envelope, &operator, transport, (arguments, &trace)))
        }
        None if arguments.dry_run => {
            runtime.block_on(call(action, envelope, &operator, Arc::new(NoTransport), (arguments, &trace)))
        }
        None => {
            let network = match network(&arguments.network) {
                Ok(network) => network,
                Err(error) => return refuse(&error.to_string()),
            };
            runtime.block_on(call(action, envelope, &operator, Arc::new(network), (arguments, &trace)))
        }
    };
    let (status, body) = answer_of(&outcome);
    if arguments.dry_run {
        return show_requests(&trace, action, case.is_some(), (status, &body));
    }
    if arguments.explain {
        complain(explanation(&trace.events()).trim_end());
    }
    complain(format_args!("{status}"));
    say(format_args!("{body:#}"));
    if matches!(outcome, Outcome::Done(_) | Outcome::Verified(_)) { Exit::Ok } else { Exit::Failed }
}

async fn call<S: Sender + 'static>(
    action: &Arc<Action>,
    envelope: Envelope,
    operator: &Operator,
    sender: Arc<S>,
    (arguments, trace): (&RunArguments, &Trace),
) -> Outcome {
    let context = CallContext {
        sender,
        shared: Arc::new(SharedState::new(State::memory())),
        secrets: Arc::new(operator.secrets_root()),
        bounds: arguments.network.call_bounds,
    };
    let conditions = Conditions::from_now(CallClock::now(), arguments.network.deadline, trace);
    execute(&context, &conditions, action, envelope).await.0
}

/// Every request up to the first whose answer the rest depends on; with a test's answers, all.
fn show_requests(trace: &Trace, action: &Action, answered: bool, (status, body): (u16, &Value)) -> Exit {
    let events = trace.events();
    let mut requests = events.iter().filter_map(|event| if let Event::Sent(sent) = event { Some(sent) } else { None });
    let Some(first) = requests.next() else {
        say(format_args!("nothing would be sent: {}", body.get("message").and_then(Value::as_str).unwrap_or_default()));
        return Exit::Failed;
    };
    std::iter::once(first).chain(requests).for_each(|request| say(request_text(request)));
    if answered {
        say(format_args!("{status}\n{body:#}"));
    } else if action.steps().len() > 1 || fetches_token(action) {
        say(format_args!("what follows depends on the answer; `--answers-of TEST` takes it from a test of the action"));
    }
    Exit::Ok
}

/// Whether the first request is one for a token.
fn fetches_token(action: &Action) -> bool {
    action.steps().iter().any(|step| match &step.act {
        Act::Exchange(exchange) => matches!(exchange.request.authentication.as_ref(), Authentication::Token(_)),
        Act::Fail(_) | Act::Set(_) => false,
    })
}

fn refuse(reason: &str) -> Exit {
    complain(format_args!("error: {reason}"));
    Exit::Definitions
}
