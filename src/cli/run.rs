//! `run`: one call from the terminal; `--dry-run` shows what would be sent.

use std::io::Read;
use std::sync::{Mutex, PoisonError};

use serde_json::{Map, Value};

use super::Exit;
use super::arguments::RunArguments;
use super::definitions::{catalog, operator, print_problems};
use super::terminal::{complain, say};
use crate::catalog::{Action, Operator};
use crate::engine::{Circumstances, Envelope, Outcome, execute, secrets_of};
use crate::secret::Redactor;
use crate::server::{answer_of, decode_envelope};
use crate::template::Moment;
use crate::upstream::{Answer, Network, NetworkSettings, OutboundRequest, SendError, Sender};

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
        let near = crate::near::did_you_mean(&route, routes.iter().copied()).unwrap_or_else(|| "`action-executor list` shows all".to_owned());
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
    let network = match Network::new(&operator, &NetworkSettings { ca_file: arguments.network.ca_file.clone() }) {
        Ok(network) => network,
        Err(error) => return refuse(&error.to_string()),
    };
    let outcome = runtime.block_on(call(action, envelope, &operator, &network, arguments));
    let (status, body) = answer_of(&outcome);
    complain(format_args!("{status}"));
    say(format_args!("{body:#}"));
    if matches!(outcome, Outcome::Done(_)) { Exit::Ok } else { Exit::Failed }
}

async fn call<S: Sender>(action: &Action, envelope: Envelope, operator: &Operator, sender: &S, arguments: &RunArguments) -> Outcome {
    let moment = Moment::now();
    let secrets = Value::Object(operator.secrets.clone());
    let circumstances = Circumstances { sender, secrets: &secrets, moment: &moment, deadline: arguments.network.deadline };
    execute(action, envelope, circumstances).await.0
}

/// Builds every request up to the first whose answer the rest depends on.
async fn dry_run(action: &Action, envelope: Envelope, operator: &Operator, arguments: &RunArguments) -> Exit {
    let mut redactor = secrets_of(action, &envelope);
    operator.secrets.values().filter_map(Value::as_str).for_each(|secret| redactor.add(secret));
    let printer = Printer { redactor, printed: Mutex::new(0) };
    let outcome = call(action, envelope, operator, &printer, arguments).await;
    let printed = *printer.printed.lock().unwrap_or_else(PoisonError::into_inner);
    if printed == 0 {
        let (_, body) = answer_of(&outcome);
        say(format_args!("nothing would be sent: {}", body.get("message").and_then(Value::as_str).unwrap_or_default()));
        return Exit::Failed;
    }
    let later = action.steps().len().saturating_sub(printed);
    if later > 0 {
        say(format_args!("what follows depends on the answer: {later} more of {} steps", action.steps().len()));
    }
    Exit::Ok
}

/// Prints the first request instead of sending it.
struct Printer {
    redactor: Redactor,
    printed: Mutex<usize>,
}

impl Sender for Printer {
    async fn send(&self, request: &OutboundRequest) -> Result<Answer, SendError> {
        let mut printed = self.printed.lock().unwrap_or_else(PoisonError::into_inner);
        if *printed == 0 {
            say(self.redactor.redact(&shown(request)));
        }
        *printed = 1;
        // Not retried, since it "arrived".
        Err(SendError::Cut)
    }
}

/// A request as it would go over the wire, credentials left out.
fn shown(request: &OutboundRequest) -> String {
    let mut text = format!("{} {}\n", request.method, request.url);
    for (name, value) in &request.headers {
        let value = if value.is_sensitive() { "«redacted»".into() } else { String::from_utf8_lossy(value.as_bytes()) };
        text.push_str(&format!("{name}: {value}\n"));
    }
    if !request.body.is_empty() {
        let body = String::from_utf8_lossy(&request.body);
        let pretty = serde_json::from_str::<Value>(&body).map_or_else(|_| body.into_owned(), |value| format!("{value:#}"));
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
