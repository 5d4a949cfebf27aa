//! The public listener: one route per action, and nothing else.
//!
//! Here a request becomes a call: its caller is checked, its action found, its body read. What an action does is `call`'s.

use std::net::SocketAddr;
use std::sync::Arc;
use std::time::SystemTime;

use super::body::{Body, BodyReader};
use super::callers::{CallerCheck, Callers};
use super::handler::{Handler, Received};
use super::limits::CallLimits;
use super::respond::{RequestMetadata, Response, ResponseBuilder};
use super::route::BasePath;
use crate::call::{Arrival, Calls, Failure, FailureKind, TraceContext};
use crate::catalog::Action;
use crate::secret::Masked;
use crate::telemetry::Metrics;
use crate::upstream::Sender;
use crate::value::FieldMap;
use http::request::Parts;
use http::{HeaderMap, Method, Request};
use hyper::body::{Body as _, Incoming};

/// An action, and the revision of the catalog that it was found in.
pub type RoutedAction = (Arc<Action>, Arc<str>);

/// Finds the action of a route.
type FindAction = dyn Fn(&str) -> Option<RoutedAction> + Send + Sync;

/// Finds the trace of a request.
type FindTrace = dyn Fn(&HeaderMap) -> Option<TraceContext> + Send + Sync;

/// What the public listener needs from above; each is called for every request, so it must be quick.
pub struct Routing {
    /// The action at a route such as `/zendesk/create_ticket`.
    pub find: Box<FindAction>,
    /// The distributed trace that a request belongs to, if calls are traced.
    pub trace: Box<FindTrace>,
}

/// Serves actions.
pub struct Public<S> {
    routing: Routing,
    calls: Calls<S>,
    base: BasePath,
    bodies: BodyReader,
    callers: Arc<Callers>,
    metrics: Arc<Metrics>,
}

impl<S: Sender + 'static> Public<S> {
    /// Serves the actions below `base_path`, to callers that `callers` lets in; slashes at the ends of the path make no
    /// difference.
    pub fn new(
        (routing, calls): (Routing, Calls<S>),
        base_path: &str,
        (limits, callers): (&CallLimits, Callers),
        metrics: Arc<Metrics>,
    ) -> Self {
        metrics.set_limit(limits.calls);
        Self {
            routing,
            calls,
            base: BasePath::new(base_path),
            bodies: BodyReader::new(limits),
            callers: Arc::new(callers),
            metrics,
        }
    }

    async fn respond(
        &self,
        (parts, received): (Parts, Received),
        request: &RequestMetadata,
        body: Incoming,
    ) -> ResponseBuilder {
        let Received { peer, arrived } = received;
        let route = self.base.route(parts.uri.path());
        let head = self.callers.check_head(&parts.headers, peer);
        let route = match head.and_then(|()| route.map(|route| self.callers.check_path(route)).transpose()) {
            Ok(route) => route,
            Err(check) => return self.rejected(check, request, peer),
        };
        let found = route.and_then(|route| (self.routing.find)(route));
        let refusal = match &found {
            None => Some(ResponseBuilder::no_action()),
            Some(_) if parts.method != Method::POST => Some(ResponseBuilder::wrong_method("POST")),
            Some(_) => None,
        };
        let (action, revision) = match (found, refusal) {
            (Some(found), None) => found,
            (_, Some(refusal)) if body.is_end_stream() => return refusal,
            (_, refusal) => return refusal.unwrap_or_else(ResponseBuilder::no_action).closing(),
        };
        let arrival = Arrival {
            request_id: Arc::clone(request.request_id.shared()),
            trace: (self.routing.trace)(&parts.headers),
            action,
            revision,
            arrived,
            began: SystemTime::now(),
        };
        let until = self.bodies.until(arrived).min(self.calls.until(&arrival));
        let read = self.bodies.read(&parts.headers, body, until).await;
        let read = read.map(|body| (self.callers.check_body(&parts.headers, &body.bytes), body));
        // They hold the memory that the connection read into, which it needs while the call takes its time.
        drop(parts);
        match read {
            Ok((Ok(()), body)) => self.call(arrival, body).await,
            Ok((Err(check), _)) => {
                ResponseBuilder::outcome(&self.calls.refuse(arrival, unauthorized(&self.metrics, check)))
            }
            Err(error) => ResponseBuilder::outcome(&self.calls.refuse(arrival, error.into())).closing(),
        }
    }

    async fn call(&self, arrival: Arrival, body: Body) -> ResponseBuilder {
        let (callers, metrics) = (Arc::clone(&self.callers), Arc::clone(&self.metrics));
        let check = move |auth: &mut FieldMap| callers.check_auth(auth).map_err(|check| unauthorized(&metrics, check));
        ResponseBuilder::outcome(&self.calls.run(arrival, body, check).await)
    }

    /// A caller that is refused before its action is looked for.
    fn rejected(&self, check: CallerCheck, request: &RequestMetadata, peer: SocketAddr) -> ResponseBuilder {
        tracing::info!(
            target: "action_executor::call",
            request_id = request.request_id.as_str(),
            check = check.as_str(),
            peer = %peer.ip(),
            "caller refused"
        );
        ResponseBuilder::failure(&unauthorized(&self.metrics, check)).closing()
    }
}

impl<S: Sender + 'static> Handler for Public<S> {
    async fn answer(&self, request: Request<Incoming>, received: Received) -> Response {
        let (parts, body) = request.into_parts();
        let metadata = RequestMetadata::of(&parts);
        self.respond((parts, received), &metadata, body).await.build(&metadata)
    }

    async fn finished(&self) {
        self.calls.finished().await;
    }
}

/// The same words whatever is missing: the log says which check failed.
fn unauthorized(metrics: &Metrics, check: CallerCheck) -> Failure {
    metrics.caller_refused(check.as_str());
    let message = Masked::fixed("This caller does not show what the server asks of callers.");
    Failure::new(FailureKind::Forbidden, message).caused_by(check.as_str())
}
