//! The parts that the targets share: a compiled action, a service with a given answer, and the requests that it got.

use std::cell::RefCell;
use std::sync::{Arc, Mutex};
use std::time::Duration;

use action_executor::budget::BudgetBounds;
use action_executor::call::{CallContext, Conditions, Envelope, Outcome, SharedState, Trace, execute};
use action_executor::catalog::{Action, Operator, Place, ServiceState, compile_action};
use action_executor::diagnostic::{Severity, Source};
use action_executor::server::answer_of;
use action_executor::state::State;
use action_executor::template::CallClock;
use action_executor::upstream::{Answer, OutboundRequest, SendError, Sender};
use bytes::Bytes;
use http::{HeaderMap, HeaderValue};
use serde_json::{Value, json};

thread_local! {
    static RUNTIME: RefCell<tokio::runtime::Runtime> =
        RefCell::new(tokio::runtime::Builder::new_current_thread().enable_time().build().expect("a runtime"));
}

/// Answers every request alike, and keeps what it was sent.
#[derive(Debug, Default)]
pub struct Desk {
    pub status: u16,
    pub content_type: Option<String>,
    pub body: Bytes,
    pub requests: Mutex<Vec<OutboundRequest>>,
}

impl Sender for Desk {
    async fn send(&self, request: Box<OutboundRequest>) -> Result<Answer, SendError> {
        self.requests.lock().expect("no panic").push(*request);
        let mut headers = HeaderMap::new();
        if let Some(value) = self.content_type.as_ref().and_then(|text| HeaderValue::try_from(text).ok()) {
            headers.insert("content-type", value);
        }
        Ok(Answer { status: self.status, headers, body: self.body.clone() })
    }
}

impl Desk {
    /// Answers 201 and an id.
    #[must_use]
    pub fn well() -> Self {
        Self {
            status: 201,
            content_type: Some("application/json".to_owned()),
            body: Bytes::from_static(b"{\"id\":7}"),
            ..Self::default()
        }
    }

    /// The requests so far.
    #[must_use]
    pub fn sent(&self) -> Vec<OutboundRequest> {
        self.requests.lock().expect("no panic").clone()
    }
}

/// Compiles an action that must be right.
#[must_use]
pub fn action(text: &str) -> Arc<Action> {
    let source = Arc::new(Source::new("action.yaml", text));
    let place = Place { service: ServiceState::None, directory: "", default_route: "/action" };
    let (action, problems) = compile_action(&source, place, &Operator::default());
    assert!(problems.iter().all(|problem| problem.severity() != Severity::Error), "{problems:?}");
    Arc::new(action.expect("no errors"))
}

/// Runs a call, and checks what every outcome must be.
pub fn call(action: &Arc<Action>, envelope: Envelope, desk: &Arc<Desk>) -> Outcome {
    let clock = CallClock::fixed("2026-01-02T03:04:05Z".parse().expect("an instant"), [0; 16]);
    let context = CallContext {
        sender: Arc::clone(desk),
        shared: Arc::new(SharedState::new(State::memory())),
        secrets: Arc::new(json!({})),
        bounds: BudgetBounds::default(),
    };
    let outcome = RUNTIME.with_borrow(|runtime| {
        runtime.block_on(async {
            let conditions = Conditions::from_now(clock, Duration::from_secs(8), &Trace::OFF);
            execute(&context, &conditions, action, envelope).await.0
        })
    });
    if let Outcome::Failed(failure) = &outcome {
        assert!(failure.message.chars().count() <= 500 && !failure.message.chars().any(char::is_control));
    }
    outcome
}

/// A call with these values for `data`.
#[must_use]
pub fn with_data(data: &Value) -> Envelope {
    Envelope { data: data.as_object().cloned().unwrap_or_default().into(), ..Envelope::default() }
}

/// An action that takes much from an answer in this format, `json` or `xml`.
#[must_use]
pub fn reader(format: &str) -> Arc<Action> {
    action(&format!(
        "version: 1\nallowed_hosts: [desk.example.com]\nrequest: {{ url: \"https://desk.example.com/t\", json: {{}}, answer: {format} }}\n\
         capture:\n  all: {{ path: $..id, pick: join }}\n  first: {{ path: \"$..a[0]\", pick: first }}\n  \
         number: {{ path: $.n, as: integer }}\n  text: {{ path: $.t, regex: \"([a-z]+)\" }}\n\
         errors: [{{ status: 4xx, detail: [$.error.message, $.error], message: \"Refused: {{{{detail}}}}\" }}]\n\
         response: {{ message: \"{{{{vars.all}}}} {{{{vars.first}}}} {{{{vars.text}}}} {{{{vars.number}}}}\", external_id: $.id, contact_external_url: $.url }}\n",
    ))
}

/// Answers with these bytes, of which the first chooses status and content type; a reply of texts must come of it.
pub fn read(action: &Arc<Action>, format: &str, bytes: &[u8]) {
    let Some((first, body)) = bytes.split_first() else { return };
    let status = [200, 201, 400, 422, 500][usize::from(first % 5)];
    let content_type = match first / 5 % 4 {
        0 => format!("application/{format}"),
        1 => format!("application/{format}; charset=utf-16"),
        2 => "text/plain".to_owned(),
        _ => format!("text/{format}; charset=latin1"),
    };
    let body = Bytes::copy_from_slice(body);
    let desk = Arc::new(Desk { status, content_type: Some(content_type), body, ..Desk::default() });
    let (status, body) = answer_of(&call(action, with_data(&json!({})), &desk));
    assert!(matches!(status, 201 | 400) && body.as_object().expect("an object").values().all(Value::is_string));
}
