//! The public listener: one route per action, and nothing else.
//!
//! What an action does stands behind [`Backend`]; here a call is found, read, run in a task of its own, and logged.

use std::future::Future;
use std::net::SocketAddr;
use std::sync::Arc;
use std::time::Instant;

use http::request::Parts;
use http::{Method, Request};
use hyper::body::{Body as _, Incoming};
use tokio::sync::Semaphore;

use super::body::{Body, BodyReader};
use super::envelope;
use super::handler::Handler;
use super::limits::CallLimits;
use super::panic::caught;
use super::request_id::RequestId;
use super::respond::{Asked, Draft, Response};
use super::route::BasePath;
use crate::engine::{Envelope, Failure, FailureKind, Outcome};

/// What the caller and the log read when our own code failed.
const DEFECT: &str = "The action failed because of a defect in the server. The operator finds it in the log.";

/// An action, and the revision of the catalog it was found in.
#[derive(Clone, Debug)]
pub struct Found<A> {
    /// The action; the call keeps it to its end, whatever is reloaded meanwhile.
    pub action: A,
    /// For the log.
    pub revision: Arc<str>,
}

/// Knows the actions and runs them.
pub trait Backend: Send + Sync + 'static {
    /// One action, ready to run.
    type Action: Send + 'static;

    /// The action at a route such as `/zendesk/create_ticket`; called for every request, so it must be quick.
    fn find(&self, route: &str) -> Option<Found<Self::Action>>;

    /// Runs one call to its end. It is not cancelled when the caller leaves, so it must keep its own deadline.
    fn run(
        &self,
        found: Found<Self::Action>,
        envelope: Envelope,
        request_id: RequestId,
    ) -> impl Future<Output = Outcome> + Send;
}

/// Serves the actions of a backend.
pub struct Public<B> {
    backend: Arc<B>,
    base: BasePath,
    bodies: BodyReader,
    places: Arc<Semaphore>,
    calls: u32,
}

impl<B: Backend> Public<B> {
    /// Serves the actions below `base_path`; slashes at its ends make no difference.
    pub fn new(backend: B, base_path: &str, limits: &CallLimits) -> Self {
        let calls = u32::try_from(limits.calls).unwrap_or(u32::MAX);
        // On 32-bit machines a semaphore holds fewer than `u32::MAX`.
        let places = usize::try_from(calls).unwrap_or(usize::MAX).min(Semaphore::MAX_PERMITS);
        Self {
            backend: Arc::new(backend),
            base: BasePath::new(base_path),
            bodies: BodyReader::new(limits),
            places: Arc::new(Semaphore::new(places)),
            calls,
        }
    }

    async fn draft(&self, parts: &Parts, asked: &Asked, body: Incoming) -> Draft {
        let named = self.base.route(parts.uri.path()).and_then(|route| Some((route, self.backend.find(route)?)));
        let refusal = match &named {
            None => Some(Draft::no_action()),
            Some(_) if parts.method != Method::POST => Some(Draft::wrong_method("POST")),
            Some(_) => None,
        };
        let (route, found) = match (named, refusal) {
            (Some(named), None) => named,
            (_, Some(refusal)) if body.is_end_stream() => return refusal,
            (_, refusal) => return refusal.unwrap_or_else(Draft::no_action).closing(),
        };
        let call = Call {
            request_id: asked.request_id.clone(),
            route: route.to_owned(),
            revision: Arc::clone(&found.revision),
            started: Instant::now(),
        };
        match self.bodies.read(&parts.headers, body).await {
            Ok(body) => Draft::outcome(&self.call(call, found, body).await),
            Err(error) => Draft::outcome(&call.ended(Outcome::Failed(error.into()))).closing(),
        }
    }

    /// Runs a call in a task of its own, so that it goes on to its end when the caller leaves.
    async fn call(&self, call: Call, found: Found<B::Action>, body: Body) -> Outcome {
        let Ok(place) = Arc::clone(&self.places).try_acquire_owned() else {
            let failure =
                Failure::new(FailureKind::Overload, "The server has too many calls in hand. Try again later.");
            return call.ended(Outcome::Failed(failure));
        };
        let backend = Arc::clone(&self.backend);
        let task = tokio::spawn(async move {
            let request_id = call.request_id.clone();
            let run = async {
                let envelope = envelope::decode(&body.bytes);
                drop(body);
                match envelope {
                    Ok(envelope) => backend.run(found, envelope, request_id).await,
                    Err(error) => Outcome::Failed(Failure::new(FailureKind::Input, error.to_string())),
                }
            };
            let outcome = caught(run).await.unwrap_or_else(|_| defect("the call panicked"));
            let outcome = call.ended(outcome);
            drop(place);
            outcome
        });
        task.await.unwrap_or_else(|_| defect("the task of the call ended early"))
    }
}

impl<B: Backend> Handler for Public<B> {
    async fn answer(&self, request: Request<Incoming>, _peer: SocketAddr) -> Response {
        let (parts, body) = request.into_parts();
        let asked = Asked::of(&parts);
        self.draft(&parts, &asked, body).await.send(&asked)
    }

    async fn finished(&self) {
        // All places are free when no call is under way. A closed semaphore cannot be: nobody closes it.
        let _all = self.places.acquire_many(self.calls).await;
    }
}

/// One call, for its line in the log.
struct Call {
    request_id: RequestId,
    route: String,
    revision: Arc<str>,
    started: Instant,
}

impl Call {
    /// Writes the one line that every call gets; holds nothing of what was sent or answered.
    fn ended(&self, outcome: Outcome) -> Outcome {
        let (name, cause) = match &outcome {
            Outcome::Done(_) => ("done", None),
            Outcome::Verified(_) => ("verified", None),
            Outcome::Failed(failure) => (failure.kind.as_str(), failure.cause.as_deref()),
        };
        let milliseconds = u64::try_from(self.started.elapsed().as_millis()).unwrap_or(u64::MAX);
        // A macro per level: tracing fixes the level of a line when it is compiled.
        macro_rules! write_line {
            ($level:ident) => {
                tracing::$level!(
                    target: "action_executor::call",
                    request_id = self.request_id.as_str(),
                    route = self.route,
                    outcome = name,
                    cause,
                    milliseconds,
                    revision = &*self.revision,
                    "call"
                )
            };
        }
        match &outcome {
            Outcome::Failed(failure) if failure.kind == FailureKind::Bug => write_line!(error),
            Outcome::Failed(failure) if failure.kind == FailureKind::Overload => write_line!(warn),
            _ => write_line!(info),
        }
        outcome
    }
}

fn defect(cause: &str) -> Outcome {
    Outcome::Failed(Failure::new(FailureKind::Bug, DEFECT).caused_by(cause))
}
