//! `run`: one call from the terminal; `--dry-run` shows what would be sent, `--explain` what happens.

use std::io::Read;
use std::path::Path;
use std::sync::Arc;

use serde_json::Value;

use super::Exit;
use super::arguments::RunArguments;
use super::definitions::{catalog, network_settings, operator, print_problems};
use super::explanation::{explanation, request_text};
use super::terminal::{complain, say};
use crate::budget::BudgetBounds;
use crate::call::{CallContext, Conditions, Envelope, Event, Outcome, SharedState, Trace, decode_envelope, execute};
use crate::catalog::{Act, Action, Authentication, Catalog, Operator, TestCase};
use crate::server::answer_of;
use crate::state::State;
use crate::template::CallClock;
use crate::testing::{MockTransport, NoTransport};
use crate::upstream::{Network, Sender};

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
    let case = match arguments.answers_of.as_deref().map(|name| named(action, name)).transpose() {
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
            let network = match Network::new(&network_settings(&arguments.network)) {
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

/// The action of a route, with or without its first slash.
pub(super) fn find_action<'c>(catalog: &'c Catalog, route: &str) -> Result<&'c Arc<Action>, String> {
    let route = format!("/{}", route.trim_matches('/'));
    if let Some(action) = catalog.find(&route) {
        return Ok(action);
    }
    if catalog.has_errors() {
        print_problems(&catalog.diagnostics());
    }
    if let Some(service) = route.strip_suffix("/_verify") {
        let reason = "its `service.yaml` has no `verify:`, or there is no such service";
        return Err(format!("`{}` has no check of credentials: {reason}", service.trim_start_matches('/')));
    }
    let routes: Vec<&str> = catalog.actions().into_iter().map(|action| action.route()).collect();
    let near = crate::suggest::did_you_mean(&route, routes.iter().copied())
        .unwrap_or_else(|| "`action-executor list` shows all".to_owned());
    Err(format!("there is no action `{route}`; {near}"))
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
        bounds: BudgetBounds::default(),
    };
    let conditions = Conditions::from_now(CallClock::now(), arguments.network.deadline, trace);
    execute(&context, &conditions, action, envelope).await.0
}

/// The test of this name.
fn named<'a>(action: &'a Action, name: &str) -> Result<&'a TestCase, String> {
    action.tests().iter().find(|case| case.name == name).ok_or_else(|| {
        let names = action.tests().iter().map(|case| case.name.as_str());
        let near = crate::suggest::did_you_mean(name, names.clone())
            .unwrap_or_else(|| format!("its tests are: {}", names.collect::<Vec<_>>().join(", ")));
        format!("{} has no test `{name}`; {near}", action.route())
    })
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

pub(super) fn read_input(input: &str) -> Result<Envelope, String> {
    let mut bytes = Vec::new();
    let read = if input == "-" {
        std::io::stdin().read_to_end(&mut bytes).map(|_| ())
    } else {
        std::fs::read(input).map(|read| bytes = read)
    };
    read.map_err(|error| format!("{input}: {error}"))?;
    if bytes.iter().all(u8::is_ascii_whitespace) {
        return Ok(Envelope::default());
    }
    decode_envelope(&bytes).map_err(|error| format!("{input}: {error}"))
}

fn refuse(reason: &str) -> Exit {
    complain(format_args!("error: {reason}"));
    Exit::Definitions
}
