//! The public listener: one route per action, and nothing else.
//!
//! What an action does stands behind [`Backend`]; here a call is found, read, run to its end, and logged.

use std::future::Future;
use std::net::SocketAddr;
use std::sync::Arc;
use std::time::{Duration, Instant, SystemTime};

use super::body::{Body, BodyReader};
use super::callers::{CallerCheck, Callers};
use super::detach::DetachOnDrop;
use super::envelope;
use super::handler::{Handler, Received};
use super::limits::CallLimits;
use super::panic::caught;
use super::permits::{CallPermits, Full};
use super::request_id::RequestId;
use super::respond::{RequestMetadata, Response, ResponseBuilder as Draft};
use super::route::BasePath;
use crate::call::{Envelope, Failure, FailureKind, Outcome, Record, TraceContext};
use crate::telemetry::Metrics;
use http::request::Parts;
use http::{HeaderMap, Method, Request};
use hyper::body::{Body as _, Incoming};

/// What the caller and the log read when our own code failed.
const DEFECT: &str = "The action failed because of a defect in the server. The operator finds it in the log.";

/// An action, and the revision of the catalog it was found in.
#[derive(Clone, Debug)]
pub struct Found<A> {
    /// The action; the call keeps it to its end, whatever is reloaded meanwhile.
    pub action: A,
    /// The route, for the log and metrics.
    pub route: Arc<str>,
    /// The directory of its service.
    pub service: Arc<str>,
    /// For the log.
    pub revision: Arc<str>,
}

/// Knows the actions and runs them.
pub trait Backend: Send + Sync + 'static {
    /// One action, ready to run.
    type Action: Send + 'static;

    /// The action at a route such as `/zendesk/create_ticket`; called for every request, so it must be quick.
    fn find(&self, route: &str) -> Option<Found<Self::Action>>;

    /// The distributed trace that a request belongs to, if anybody traces.
    fn context(&self, headers: &HeaderMap) -> Option<TraceContext>;

    /// Runs one call to its end. It is not cancelled when the caller leaves, so it must keep its own deadline.
    fn run(
        &self,
        found: Found<Self::Action>,
        envelope: Envelope,
        arrival: Arrival,
    ) -> impl Future<Output = (Outcome, Record)> + Send;

    /// A call of a known route has ended, however early.
    fn ended(&self, call: EndedCall<'_>);
}

/// What a call comes with besides its body.
#[derive(Clone, Debug)]
pub struct Arrival {
    /// The id that the answer carries.
    pub request_id: RequestId,
    /// The trace that it belongs to.
    pub context: Option<TraceContext>,
    /// When it began: the first byte of its head.
    pub arrived: tokio::time::Instant,
}

/// A call that has ended.
#[derive(Clone, Debug)]
pub struct EndedCall<'c> {
    /// What it came with.
    pub arrival: &'c Arrival,
    /// Its route.
    pub route: &'c Arc<str>,
    /// The directory of its service.
    pub service: &'c Arc<str>,
    /// The revision of the catalog that it ran in.
    pub revision: &'c Arc<str>,
    /// How it ended.
    pub outcome: &'c Outcome,
    /// What it did.
    pub record: Record,
    /// How long it took.
    pub elapsed: Duration,
    /// When it began.
    pub began: SystemTime,
}

/// Serves the actions of a backend.
pub struct Public<B> {
    backend: Arc<B>,
    base: BasePath,
    bodies: BodyReader,
    places: CallPermits,
    callers: Arc<Callers>,
    metrics: Arc<Metrics>,
}

impl<B: Backend> Public<B> {
    /// Serves the actions below `base_path`, to whoever shows what `callers` says; slashes at the ends of the path make no
    /// difference.
    pub fn new(backend: B, base_path: &str, (limits, callers): (&CallLimits, Callers), metrics: Arc<Metrics>) -> Self {
        metrics.set_limit(limits.calls);
        Self {
            backend: Arc::new(backend),
            base: BasePath::new(base_path),
            bodies: BodyReader::new(limits),
            places: CallPermits::new(limits),
            callers: Arc::new(callers),
            metrics,
        }
    }

    async fn draft(&self, (parts, received): (Parts, Received), asked: &RequestMetadata, body: Incoming) -> Draft {
        let Received { peer, arrived } = received;
        let route = self.base.route(parts.uri.path());
        let shown = self.callers.check_head(&parts.headers, peer);
        let route = match shown.and_then(|()| route.map(|route| self.callers.check_path(route)).transpose()) {
            Ok(route) => route,
            Err(check) => return self.rejected(check, asked, peer),
        };
        let found = route.and_then(|route| self.backend.find(route));
        let refusal = match &found {
            None => Some(Draft::no_action()),
            Some(_) if parts.method != Method::POST => Some(Draft::wrong_method("POST")),
            Some(_) => None,
        };
        let found = match (found, refusal) {
            (Some(found), None) => found,
            (_, Some(refusal)) if body.is_end_stream() => return refusal,
            (_, refusal) => return refusal.unwrap_or_else(Draft::no_action).closing(),
        };
        let call = Call {
            backend: Arc::clone(&self.backend),
            arrival: Arrival {
                request_id: asked.request_id.clone(),
                context: self.backend.context(&parts.headers),
                arrived,
            },
            route: Arc::clone(&found.route),
            service: Arc::clone(&found.service),
            revision: Arc::clone(&found.revision),
            started: Instant::now(),
            began: SystemTime::now(),
            metrics: Arc::clone(&self.metrics),
        };
        let read = self.bodies.read(&parts.headers, body, self.bodies.until(arrived)).await;
        let read = read.map(|body| (self.callers.check_body(&parts.headers, &body.bytes), body));
        // They hold the memory that the connection read into, which it has use for while the call takes its time.
        drop(parts);
        match read {
            Ok((checked, body)) => match checked {
                Ok(()) => Draft::outcome(&self.call(call, found, body).await),
                Err(check) => Draft::outcome(&call.ended_early(self.stranger(check))),
            },
            Err(error) => Draft::outcome(&call.ended_early(Outcome::Failed(error.into()))).closing(),
        }
    }

    /// A caller that is known for a stranger before anything else is.
    fn rejected(&self, check: CallerCheck, asked: &RequestMetadata, peer: SocketAddr) -> Draft {
        tracing::info!(
            target: "action_executor::call",
            request_id = asked.request_id.as_str(),
            check = check.as_str(),
            peer = %peer.ip(),
            "caller refused"
        );
        Draft::outcome(&self.stranger(check)).closing()
    }

    fn stranger(&self, check: CallerCheck) -> Outcome {
        self.metrics.caller_refused(check.as_str());
        stranger(check)
    }

    /// Runs a call, which goes on to its end when the caller leaves.
    async fn call(&self, call: Call<B>, found: Found<B::Action>, body: Body) -> Outcome {
        let place = match self.places.enter(&found.service) {
            Ok(place) => place,
            Err(full) => return call.ended_early(Outcome::Failed(overload(full))),
        };
        let (callers, in_hand) = (Arc::clone(&self.callers), self.metrics.call_begun());
        DetachOnDrop::new(async move {
            let (backend, arrival, metrics) =
                (Arc::clone(&call.backend), call.arrival.clone(), Arc::clone(&call.metrics));
            let run = async {
                let envelope = envelope::decode(&body.bytes);
                drop(body);
                let mut envelope = match envelope {
                    Ok(envelope) => envelope,
                    Err(error) => return early(Outcome::Failed(Failure::new(FailureKind::Input, error.to_string()))),
                };
                if let Err(check) = callers.check_auth(&mut envelope.auth) {
                    metrics.caller_refused(check.as_str());
                    return early(stranger(check));
                }
                backend.run(found, envelope, arrival).await
            };
            let ended = caught(run).await.unwrap_or_else(|_| early(defect("the call panicked")));
            let outcome = call.ended(ended);
            drop((place, in_hand));
            outcome
        })
        .await
    }
}

/// A call that ended before it did anything.
fn early(outcome: Outcome) -> (Outcome, Record) {
    (outcome, Record::default())
}

impl<B: Backend> Handler for Public<B> {
    async fn answer(&self, request: Request<Incoming>, received: Received) -> Response {
        let (parts, body) = request.into_parts();
        let asked = RequestMetadata::of(&parts);
        self.draft((parts, received), &asked, body).await.build(&asked)
    }

    async fn finished(&self) {
        self.places.all_free().await;
    }
}

/// One call, for its line in the log.
struct Call<B> {
    backend: Arc<B>,
    arrival: Arrival,
    route: Arc<str>,
    service: Arc<str>,
    revision: Arc<str>,
    started: Instant,
    began: SystemTime,
    metrics: Arc<Metrics>,
}

impl<B: Backend> Call<B> {
    fn ended_early(&self, outcome: Outcome) -> Outcome {
        self.ended(early(outcome))
    }

    /// Writes the one line that every call gets; holds nothing of what was sent or answered.
    fn ended(&self, (outcome, record): (Outcome, Record)) -> Outcome {
        let (name, cause) = (outcome.as_str(), outcome.cause());
        let elapsed = self.started.elapsed();
        self.metrics.call_ended(&self.route, name, elapsed);
        let milliseconds = u64::try_from(elapsed.as_millis()).unwrap_or(u64::MAX);
        let trace = self.arrival.context.as_ref().map(|context| tracing::field::debug(context.trace));
        // A macro per level: tracing fixes the level of a line when it is compiled.
        macro_rules! write_line {
            ($level:ident) => {
                tracing::$level!(
                    target: "action_executor::call",
                    request_id = self.arrival.request_id.as_str(),
                    trace,
                    route = &*self.route,
                    outcome = name,
                    cause,
                    service_status = record.last_status(),
                    attempts = record.attempts().count(),
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
        self.backend.ended(EndedCall {
            arrival: &self.arrival,
            route: &self.route,
            service: &self.service,
            revision: &self.revision,
            outcome: &outcome,
            record,
            elapsed,
            began: self.began,
        });
        outcome
    }
}

/// The same words whatever was not shown: the log tells the operator.
fn stranger(check: CallerCheck) -> Outcome {
    let failure = Failure::new(FailureKind::Forbidden, "This caller does not show what the server asks of callers.");
    Outcome::Failed(failure.caused_by(check.as_str()))
}

fn overload(full: Full) -> Failure {
    let (message, cause) = match full {
        Full::Server => ("The server has too many calls in hand. Try again later.", "limits.calls"),
        Full::Service => {
            ("The server has too many calls of this service in hand. Try again later.", "calls of the service")
        }
    };
    Failure::new(FailureKind::Overload, message).caused_by(cause)
}

fn defect(cause: &str) -> Outcome {
    Outcome::Failed(Failure::new(FailureKind::Bug, DEFECT).caused_by(cause))
}
