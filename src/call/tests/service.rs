//! A service that does what a test says, and calls of one action against it.

use std::fmt;
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

use http::header::WWW_AUTHENTICATE;
use http::{HeaderMap, HeaderValue};
use jiff::Timestamp;
use serde_json::{Value, json};

use crate::budget::BudgetBounds;
use crate::call::{CallContext, Conditions, Envelope, Journal, Outcome, SharedState, Trace, decode_envelope, execute};
use crate::catalog::{Action, Operator, Place, ServiceState, compile_action};
use crate::diagnostic::Source;
use crate::state::State;
use crate::template::CallClock;
use crate::upstream::{Answer, OutboundRequest, SendError, Sender};

/// What the service does with a request.
pub(super) enum Reaction {
    Answers(u16, Value),
    AnswersAfter(Duration, u16, Value),
    /// 401, and how to prove who asks.
    Challenges(&'static str),
    Fails(SendError),
    NeverAnswers,
}

type Script = dyn Fn(usize, &OutboundRequest) -> Reaction + Send + Sync;

/// The service: `script` gets the number of the request, from 0, and the request.
pub(super) struct Service {
    script: Box<Script>,
    requests: Mutex<Vec<OutboundRequest>>,
}

impl fmt::Debug for Service {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Service")
    }
}

impl Sender for Service {
    async fn send(&self, request: Box<OutboundRequest>) -> Result<Answer, SendError> {
        let timeout = request.attempt_timeout;
        let reaction = {
            let mut requests = self.requests.lock().unwrap_or_else(PoisonError::into_inner);
            requests.push(*request);
            (self.script)(requests.len() - 1, &requests[requests.len() - 1])
        };
        let answer = |status, body: Value| Answer { status, headers: HeaderMap::new(), body: body.to_string().into() };
        match reaction {
            Reaction::Answers(status, body) => Ok(answer(status, body)),
            Reaction::AnswersAfter(time, ..) if time >= timeout => {
                tokio::time::sleep(timeout).await;
                Err(SendError::Timeout)
            }
            Reaction::AnswersAfter(time, status, body) => {
                tokio::time::sleep(time).await;
                Ok(answer(status, body))
            }
            Reaction::Challenges(how) => {
                let headers = HeaderMap::from_iter([(WWW_AUTHENTICATE, HeaderValue::from_static(how))]);
                Ok(Answer { headers, ..answer(401, Value::Null) })
            }
            Reaction::Fails(error) => Err(error),
            Reaction::NeverAnswers => {
                tokio::time::sleep(timeout).await;
                Err(SendError::Timeout)
            }
        }
    }
}

/// One action and its service.
#[derive(Clone)]
pub(super) struct Desk {
    pub(super) context: CallContext<Service>,
    pub(super) action: Arc<Action>,
    pub(super) deadline: Duration,
    /// The instant of the next call, in seconds.
    pub(super) now: i64,
}

impl Desk {
    /// An action whose file is `text`, behind what every test needs.
    pub(super) fn new(
        text: &str,
        script: impl Fn(usize, &OutboundRequest) -> Reaction + Send + Sync + 'static,
    ) -> Self {
        let text = format!("version: 1\ntitle: Desk\nbase_url: https://desk.example.com\n{text}");
        let source = Arc::new(Source::new("action.yaml", text));
        let place = Place { service: ServiceState::None, directory: "", default_route: "/action" };
        let (action, problems) = compile_action(&source, place, &Operator::default());
        let action = Arc::new(action.unwrap_or_else(|| panic!("{problems:?}")));
        let service = Service { script: Box::new(script), requests: Mutex::default() };
        let context = CallContext {
            sender: Arc::new(service),
            shared: Arc::new(SharedState::new(State::memory())),
            secrets: Arc::new(json!({ "partner": PARTNER })),
            bounds: BudgetBounds::default(),
        };
        Self { context, action, deadline: Duration::from_secs(8), now: 1_000_000 }
    }

    /// A call with these inputs.
    pub(super) async fn call(&self, input: Value) -> Outcome {
        self.run(input, &Trace::OFF).await.0
    }

    /// A call with these inputs, watched.
    pub(super) async fn run(&self, input: Value, trace: &Trace) -> (Outcome, Journal) {
        let envelope: Envelope = decode_envelope(input.to_string().as_bytes()).expect("a call");
        let clock = CallClock::fixed(Timestamp::from_second(self.now).expect("an instant"), [0; 16]);
        let conditions = Conditions::from_now(clock, self.deadline, trace);
        execute(&self.context, &conditions, &self.action, envelope).await
    }

    /// The message that a call with these inputs ends with.
    pub(super) async fn message(&self, input: Value) -> String {
        self.call(input).await.message().map(ToString::to_string).unwrap_or_default()
    }

    /// What the service has seen.
    pub(super) fn requests(&self) -> Vec<OutboundRequest> {
        self.context.sender.requests.lock().unwrap_or_else(PoisonError::into_inner).clone()
    }

    /// How many requests the service has seen at a path.
    pub(super) fn count(&self, path: &str) -> usize {
        self.requests().iter().filter(|request| request.url.path() == path).count()
    }
}

/// A secret of the operator's.
pub(super) const PARTNER: &str = "partner-secret-4711";
