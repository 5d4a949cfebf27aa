//! Tries an action out from the console: a dry run sends nothing, a real one sends.

use std::path::Path;
use std::sync::Arc;
use std::time::{Duration, Instant, SystemTime};

use serde_json::Value;

use crate::authoring::{Map, Yaml};
use crate::budget::BudgetBounds;
use crate::call::{
    CallContext, CallFacts, Conditions, Deadlines, Envelope, Event, Journal, Outcome, SharedState, Trace, execute,
};
use crate::catalog::{Action, TestCase};
use crate::server::{RequestId, answer_of};
use crate::state::State;
use crate::telemetry::Recent;
use crate::template::CallClock;
use crate::testing::{MockTransport, NoTransport, RealCall, Recording, recorded};
use crate::upstream::{Network, Sender};

/// The name of a test that is made of a call.
const NAME: &str = "tried in the console";

/// Tries actions out under the conditions of a real call.
pub struct TryRunner {
    /// Where requests go.
    pub network: Arc<Network>,
    /// Tokens, limits and remembered calls, shared with real calls.
    pub shared: Arc<SharedState>,
    /// The operator's secrets.
    pub secrets: Arc<Value>,
    /// The work of one call.
    pub bounds: BudgetBounds,
    /// How long a call may take.
    pub deadlines: Deadlines,
    /// Calls that were sent are noted here.
    pub recent: Arc<Recent>,
}

/// The result of a try.
#[derive(Debug)]
pub(super) struct Try {
    /// The status that the caller would get.
    pub(super) status: u16,
    /// As JSON, masked: an answer may hold values that its caller may see and a page may not.
    pub(super) reply: String,
    pub(super) events: Vec<Event>,
    pub(super) journal: Journal,
    pub(super) elapsed: Duration,
    pub(super) sent: Option<Sent>,
}

/// The part that only a real call has.
#[derive(Debug)]
pub(super) struct Sent {
    /// Its number among the last calls.
    pub(super) number: u64,
    /// A test made of it, or why there is none.
    pub(super) test: Result<String, String>,
}

impl TryRunner {
    /// Sends nothing: the answers are those of a test, or there are none.
    pub(super) async fn dry_run(&self, action: &Arc<Action>, envelope: Envelope, answers: Option<&TestCase>) -> Try {
        let directory = Path::new(action.source().name()).parent().unwrap_or(Path::new("."));
        // Without the past of real calls: a token that is cached would not be fetched.
        let shared = Arc::new(SharedState::new(State::memory()));
        match answers {
            Some(case) => {
                let transport = Arc::new(MockTransport::new(case.calls.clone(), directory));
                self.run(action, envelope, (transport, shared)).await.0
            }
            None => self.run(action, envelope, (Arc::new(NoTransport), shared)).await.0,
        }
    }

    /// Carries the action out, to its end even if the browser leaves.
    pub(super) async fn send(self: &Arc<Self>, action: &Arc<Action>, envelope: Envelope, revision: u64) -> Option<Try> {
        let (runner, action) = (Arc::clone(self), Arc::clone(action));
        tokio::spawn(async move { runner.carry_out(&action, envelope, revision).await }).await.ok()
    }

    async fn carry_out(&self, action: &Arc<Action>, envelope: Envelope, revision: u64) -> Try {
        let began = SystemTime::now();
        let recording = Arc::new(Recording::new(Arc::clone(&self.network)));
        let sender = (Arc::clone(&recording), Arc::clone(&self.shared));
        let (mut tried, outcome, trace) = self.run(action, envelope.clone(), sender).await;
        let request_id = RequestId::fresh();
        tracing::info!(
            request_id = request_id.as_str(),
            route = action.route(),
            outcome = outcome.as_str(),
            "sent from the console"
        );
        self.recent.note(Arc::new(CallFacts {
            began,
            request_id: Arc::clone(request_id.shared()),
            trace: None,
            route: Arc::clone(action.shared_route()),
            service: Arc::clone(action.service_name()),
            revision: revision.to_string().into(),
            outcome: outcome.as_str(),
            message: outcome.message().cloned(),
            cause: outcome.cause().cloned(),
            elapsed: tried.elapsed,
            journal: tried.journal.clone(),
        }));
        let number = self.recent.get(request_id.as_str()).map_or(0, |(number, _)| number);
        let call = RealCall { recording, secrets: &self.secrets, learned: trace.secrets(), status: tried.status };
        let test = recorded(action, NAME, &envelope, call).await;
        let test = test.map(|test| Map::new().with("tests", Yaml::Lines(vec![test.to_yaml()])).to_text());
        tried.sent = Some(Sent { number, test: test.map_err(|error| error.to_string()) });
        tried
    }

    async fn run<S: Sender + 'static>(
        &self,
        action: &Arc<Action>,
        envelope: Envelope,
        (sender, shared): (Arc<S>, Arc<SharedState>),
    ) -> (Try, Outcome, Trace) {
        let (began, trace) = (Instant::now(), Trace::on());
        let context = CallContext { sender, shared, secrets: Arc::clone(&self.secrets), bounds: self.bounds };
        let conditions = Conditions::from_now(CallClock::now(), self.deadlines.of(action.service_name()), &trace);
        let (outcome, journal) = execute(&context, &conditions, action, envelope).await;
        let (status, body) = answer_of(&outcome);
        let elapsed = began.elapsed();
        let reply = trace.secrets().redact(&format!("{body:#}"));
        (Try { status, reply, events: trace.events(), journal, elapsed, sent: None }, outcome, trace)
    }
}
