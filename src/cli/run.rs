//! `run`: one call from the terminal; `--dry-run` shows what would be sent.

use std::io::Read;
use std::path::Path;
use std::sync::atomic::{AtomicUsize, Ordering};

use serde_json::{Map, Value};

use super::Exit;
use super::arguments::RunArguments;
use super::definitions::{catalog, network_settings, operator, print_problems};
use super::terminal::{complain, say};
use crate::catalog::{Act, Action, Authentication, Operator};
use crate::engine::{Circumstances, Commons, Envelope, Outcome, execute, secrets_of};
use crate::rehearsal::Canned;
use crate::secret::Redactor;
use crate::server::{answer_of, decode_envelope};
use crate::state::State;
use crate::template::Moment;
use crate::upstream::{Answer, Network, OutboundRequest, SendError, Sender};

pub(super) fn run(arguments: &RunArguments) -> Exit {
    let prepared = operator(&arguments.definitions, &arguments.network)
        .and_then(|operator| catalog(&arguments.definitions, &operator).map(|catalog| (operator, catalog)));
    let (operator, catalog) = match prepared {
        Ok(prepared) => prepared,
        Err(error) => return refuse(&error.to_string()),
    };
    let route = format!("/{}", arguments.route.trim_matches('/'));
    let Some(action) = catalog.find(&route) else {
        if catalog.has_errors() {
            print_problems(&catalog.diagnostics());
        }
        let routes: Vec<&str> = catalog.actions().into_iter().map(|action| action.route()).collect();
        let near = crate::near::did_you_mean(&route, routes.iter().copied())
            .unwrap_or_else(|| "`action-executor list` shows all".to_owned());
        if let Some(service) = route.strip_suffix("/_verify") {
            let reason = "its `service.yaml` has no `verify:`, or there is no such service";
            return refuse(&format!("`{}` has no check of credentials: {reason}", service.trim_start_matches('/')));
        }
        return refuse(&format!("there is no action `{route}`; {near}"));
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
    if arguments.dry_run {
        return runtime.block_on(dry_run(action, envelope, &operator, arguments));
    }
    let network = match Network::new(&operator, &network_settings(&arguments.network)) {
        Ok(network) => network,
        Err(error) => return refuse(&error.to_string()),
    };
    let outcome = runtime.block_on(call(action, envelope, &operator, &network, arguments));
    let (status, body) = answer_of(&outcome);
    complain(format_args!("{status}"));
    say(format_args!("{body:#}"));
    if matches!(outcome, Outcome::Done(_) | Outcome::Verified(_)) { Exit::Ok } else { Exit::Failed }
}

async fn call<S: Sender>(
    action: &Action,
    envelope: Envelope,
    operator: &Operator,
    sender: &S,
    arguments: &RunArguments,
) -> Outcome {
    let moment = Moment::now();
    let secrets = operator.secrets_root();
    let commons = Commons::new(State::memory());
    let deadline = arguments.network.deadline;
    let circumstances = Circumstances { sender, commons: &commons, secrets: &secrets, moment: &moment, deadline };
    execute(action, envelope, circumstances).await.0
}

/// Builds every request up to the first whose answer the rest depends on; with a test's answers, all.
async fn dry_run(action: &Action, envelope: Envelope, operator: &Operator, arguments: &RunArguments) -> Exit {
    let case = match &arguments.answers_of {
        None => None,
        Some(name) => match action.tests().iter().find(|case| case.name == *name) {
            Some(case) => Some(case),
            None => {
                let names = action.tests().iter().map(|case| case.name.as_str());
                let near = crate::near::did_you_mean(name, names.clone())
                    .unwrap_or_else(|| format!("its tests are: {}", names.collect::<Vec<_>>().join(", ")));
                return refuse(&format!("{} has no test `{name}`; {near}", action.route()));
            }
        },
    };
    let directory = Path::new(action.source().name()).parent().unwrap_or(Path::new("."));
    let mut redactor = secrets_of(action, &envelope);
    operator.secrets.iter().flat_map(Map::values).filter_map(Value::as_str).for_each(|secret| redactor.add(secret));
    let answers = case.map(|case| Canned::new(&case.calls, directory));
    let printer = Printer { redactor, answers, printed: AtomicUsize::new(0) };
    let outcome = call(action, envelope, operator, &printer, arguments).await;
    let printed = printer.printed.load(Ordering::Relaxed);
    let (status, body) = answer_of(&outcome);
    if printed == 0 {
        say(format_args!("nothing would be sent: {}", body.get("message").and_then(Value::as_str).unwrap_or_default()));
        return Exit::Failed;
    }
    if case.is_some() {
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

/// Prints requests instead of sending them.
struct Printer<'a> {
    redactor: Redactor,
    /// Without answers the call ends with its first request.
    answers: Option<Canned<'a>>,
    printed: AtomicUsize,
}

impl Sender for Printer<'_> {
    async fn send(&self, request: &OutboundRequest) -> Result<Answer, SendError> {
        say(self.redactor.redact(&shown(request)));
        self.printed.fetch_add(1, Ordering::Relaxed);
        match &self.answers {
            Some(answers) => answers.send(request).await,
            // Never tried again.
            None => Err(SendError::Unsendable("nothing is sent in a dry run")),
        }
    }
}

/// A request as it would go over the wire, credentials left out.
fn shown(request: &OutboundRequest) -> String {
    let mut text = format!("{} {}\n", request.method, request.url);
    for (name, value) in &request.headers {
        let value =
            if value.is_sensitive() { "«redacted»".into() } else { String::from_utf8_lossy(value.as_bytes()) };
        text.push_str(&format!("{name}: {value}\n"));
    }
    if !request.body.is_empty() {
        let body = String::from_utf8_lossy(&request.body);
        let pretty =
            serde_json::from_str::<Value>(&body).map_or_else(|_| body.into_owned(), |value| format!("{value:#}"));
        text.push_str(&format!("\n{pretty}\n"));
    }
    text
}

fn read_input(input: &str) -> Result<Envelope, String> {
    let mut bytes = Vec::new();
    let read = if input == "-" {
        std::io::stdin().read_to_end(&mut bytes).map(|_| ())
    } else {
        std::fs::read(input).map(|read| bytes = read)
    };
    read.map_err(|error| format!("{input}: {error}"))?;
    if bytes.iter().all(u8::is_ascii_whitespace) {
        return Ok(Envelope { auth: Map::new(), data: Map::new(), meta: Map::new() });
    }
    decode_envelope(&bytes).map_err(|error| format!("{input}: {error}"))
}

fn refuse(reason: &str) -> Exit {
    complain(format_args!("error: {reason}"));
    Exit::Definitions
}
