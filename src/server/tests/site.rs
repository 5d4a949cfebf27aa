//! A server on a free port with a backend that does what its routes say.

use std::net::SocketAddr;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

use http::HeaderMap;
use tokio::sync::{Semaphore, oneshot};
use tokio::task::JoinHandle;

use super::wire::{Wire, soon};
use crate::call::{Envelope, Failure, FailureKind, Outcome, Record, Reply, TraceContext};
use crate::server::{
    Arrival, Backend, CallLimits, Callers, Certificates, Drained, EndedCall, Found, Limits, Listener, Public,
    RequestId, Serving,
};
use crate::telemetry::Metrics;

/// What the stub has seen, and how a test holds it up.
pub(super) struct Stub {
    pub(super) calls: Mutex<Vec<(String, Envelope, RequestId)>>,
    pub(super) entered: Semaphore,
    pub(super) release: Semaphore,
    pub(super) finished: Semaphore,
    pub(super) runs: AtomicUsize,
}

impl Stub {
    fn new() -> Arc<Self> {
        Arc::new(Self {
            calls: Mutex::default(),
            entered: Semaphore::new(0),
            release: Semaphore::new(0),
            finished: Semaphore::new(0),
            runs: AtomicUsize::new(0),
        })
    }

    fn note(&self, call: (String, Envelope, RequestId)) {
        self.calls.lock().unwrap_or_else(PoisonError::into_inner).push(call);
    }

    pub(super) fn runs(&self) -> usize {
        self.runs.load(Ordering::SeqCst)
    }

    pub(super) fn last(&self) -> (String, Envelope, RequestId) {
        let calls = self.calls.lock().unwrap_or_else(PoisonError::into_inner);
        calls.last().expect("a call").clone()
    }

    /// Waits until a call of `/a/held` is under way.
    pub(super) async fn held(&self) {
        soon(self.entered.acquire()).await.expect("open").forget();
    }

    /// Lets one held call go on.
    pub(super) fn let_go(&self) {
        self.release.add_permits(1);
    }
}

impl Backend for Arc<Stub> {
    type Action = &'static str;

    fn find(&self, route: &str) -> Option<Found<Self::Action>> {
        let actions = ["/a/ok", "/a/full", "/a/plain", "/a/refused", "/a/401", "/a/panic", "/a/held", "/healthz"];
        let action = actions.into_iter().find(|action| *action == route)?;
        Some(Found { action, route: route.into(), service: "a".into(), revision: "r1".into() })
    }

    fn context(&self, _: &HeaderMap) -> Option<TraceContext> {
        None
    }

    fn ended(&self, _: EndedCall<'_>) {}

    async fn run(&self, found: Found<Self::Action>, envelope: Envelope, arrival: Arrival) -> (Outcome, Record) {
        self.runs.fetch_add(1, Ordering::SeqCst);
        self.note((found.action.to_owned(), envelope, arrival.request_id));
        let done = |reply: Reply| Outcome::Done(Reply { message: "Done ✓".to_owned(), ..reply });
        let outcome = match found.action {
            "/a/full" => done(Reply {
                external_id: Some("12345678901234567890".to_owned()),
                contact_external_id: Some("7".to_owned()),
                contact_external_type: Some("lead".to_owned()),
                contact_external_url: Some("https://x.example/7".to_owned()),
                ..Reply::default()
            }),
            "/a/refused" => Outcome::Failed(Failure::new(FailureKind::Rejected, "No.").caused_by("secret cause")),
            "/a/401" => {
                Outcome::Failed(Failure { reply_401: true, ..Failure::new(FailureKind::Auth, "Token expired.") })
            }
            "/a/panic" => panic!("a defect, with a secret"),
            "/a/held" => {
                self.entered.add_permits(1);
                self.release.acquire().await.expect("open").forget();
                self.finished.add_permits(1);
                done(Reply::default())
            }
            _ => done(Reply::default()),
        };
        (outcome, Record::default())
    }
}

/// A server that runs.
pub(super) struct Site {
    pub(super) address: SocketAddr,
    pub(super) stub: Arc<Stub>,
    stop: Option<oneshot::Sender<()>>,
    served: JoinHandle<std::io::Result<Drained>>,
}

impl Site {
    /// With limits that no test reaches unless it sets them.
    pub(super) fn start() -> Self {
        Self::with(Limits::default(), CallLimits::default())
    }

    pub(super) fn with(limits: Limits, calls: CallLimits) -> Self {
        Self::below("", limits, calls)
    }

    pub(super) fn below(base: &str, limits: Limits, calls: CallLimits) -> Self {
        Self::whole(base, (limits, calls), Callers::default(), None)
    }

    /// With checks of callers, and TLS.
    pub(super) fn whole(
        base: &str,
        (limits, calls): (Limits, CallLimits),
        callers: Callers,
        certificates: Option<Arc<Certificates>>,
    ) -> Self {
        let stub = Stub::new();
        let metrics = Arc::new(Metrics::default());
        let public = Public::new(Arc::clone(&stub), base, (&calls, callers), Arc::clone(&metrics));
        let listener = Listener::bind(([127, 0, 0, 1], 0).into()).expect("a free port");
        let address = listener.local_addr();
        let (stop, stopped) = oneshot::channel();
        let stopped = async move { drop(stopped.await) };
        let serving = Serving { limits, certificates, meter: metrics.listener("public"), workers: None };
        let served = tokio::spawn(listener.serve(public, serving, stopped));
        Self { address, stub, stop: Some(stop), served }
    }

    pub(super) async fn wire(&self) -> Wire {
        Wire::to(self.address).await
    }

    /// Asks the server to stop, without waiting for it.
    pub(super) fn stop(&mut self) {
        self.stop.take();
    }

    pub(super) async fn stopped(mut self) -> Drained {
        self.stop();
        soon(self.served).await.expect("no panic").expect("no error")
    }
}

/// A deadline short enough to wait for.
pub(super) const SHORT: Duration = Duration::from_millis(60);
