//! A server on a free port, with actions whose service does what their addresses say.

use std::collections::BTreeMap;
use std::net::SocketAddr;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

use http::HeaderMap;
use serde_json::{Value, json};
use tokio::sync::{Semaphore, oneshot};
use tokio::task::JoinHandle;

use super::wire::{Wire, soon};
use crate::budget::BudgetBounds;
use crate::call::{CallContext, CallPermits, CallWatch, Calls, CallsParts, Deadlines, SharedState};
use crate::catalog::{Action, Operator, Place, ServiceState, compile_action};
use crate::diagnostic::Source;
use crate::server::{CallLimits, Callers, Certificates, Drained, Limits, Listener, Public, Routing, Serving};
use crate::state::State;
use crate::telemetry::{Metrics, Recent, Watchers};
use crate::upstream::{Answer, OutboundRequest, SendError, Sender};

/// The actions; each sends one request to the address of its own name, which says what its service does.
const ACTIONS: [&str; 8] = ["/a/ok", "/a/full", "/a/plain", "/a/refused", "/a/401", "/a/panic", "/a/held", "/healthz"];

/// What the services have seen, and how a test holds one up.
#[derive(Debug)]
pub(super) struct Stub {
    requests: Mutex<Vec<OutboundRequest>>,
    pub(super) entered: Semaphore,
    pub(super) release: Semaphore,
    pub(super) finished: Semaphore,
    pub(super) runs: AtomicUsize,
}

impl Stub {
    fn new() -> Arc<Self> {
        Arc::new(Self {
            requests: Mutex::default(),
            entered: Semaphore::new(0),
            release: Semaphore::new(0),
            finished: Semaphore::new(0),
            runs: AtomicUsize::new(0),
        })
    }

    pub(super) fn runs(&self) -> usize {
        self.runs.load(Ordering::SeqCst)
    }

    /// The route and the body of the last request: `auth`, `data` and `meta` as the action saw them.
    pub(super) fn last(&self) -> (String, Value) {
        let requests = self.requests.lock().unwrap_or_else(PoisonError::into_inner);
        let last = requests.last().expect("a request");
        (last.url.path().to_owned(), serde_json::from_slice(&last.body).expect("JSON"))
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

impl Sender for Stub {
    async fn send(&self, request: Box<OutboundRequest>) -> Result<Answer, SendError> {
        self.runs.fetch_add(1, Ordering::SeqCst);
        let path = request.url.path().to_owned();
        self.requests.lock().unwrap_or_else(PoisonError::into_inner).push(*request);
        let (status, body) = match path.as_str() {
            "/a/refused" => (422, json!({ "message": "No." })),
            "/a/401" => (401, json!({ "message": "Token expired." })),
            "/a/panic" => panic!("a defect, with a secret"),
            "/a/held" => {
                self.entered.add_permits(1);
                self.release.acquire().await.expect("open").forget();
                self.finished.add_permits(1);
                (201, json!({ "id": 1 }))
            }
            _ => (201, json!({ "id": 1 })),
        };
        Ok(Answer { status, headers: HeaderMap::new(), body: body.to_string().into() })
    }
}

/// What every action is written as.
fn definition(route: &str) -> String {
    let response = match route {
        "/a/full" => {
            "response:\n  message: Done ✓\n  external_id: { const: \"12345678901234567890\" }\n  contact_external_id: { const: \"7\" }\n  contact_external_type: lead\n  contact_external_url: https://x.example/7\n"
        }
        _ => "response: { message: Done ✓ }\n",
    };
    format!(
        "version: 1\ntitle: Test\nroute: {route}\nbase_url: https://desk.example.com\nauthentication: {{ type: none }}\n\
         input:\n  auth: {{ token: {{}} }}\n  data: {{ a: {{ type: any }}, b: {{ type: any }} }}\n  meta: {{ m: {{ type: any }} }}\n\
         retry: {{ max: 0 }}\nreply_401_on_auth_failure: true\n\
         errors:\n  - {{ status: 422, message: \"No.\" }}\n  - {{ status: 401, message: \"Token expired.\" }}\n\
         request:\n  path: {route}\n  json: {{ auth: {{ token: \"{{{{auth.token}}}}\" }}, data: {{ a: \"{{{{data.a}}}}\", b: \"{{{{data.b}}}}\" }}, meta: {{ m: \"{{{{meta.m}}}}\" }} }}\n{response}"
    )
}

fn action(route: &str) -> Arc<Action> {
    let source = Arc::new(Source::new(format!("actions.d/a{route}.yaml"), definition(route)));
    let place = Place { service: ServiceState::None, directory: "", default_route: route };
    let (action, problems) = compile_action(&source, place, &Operator::default());
    Arc::new(action.unwrap_or_else(|| panic!("{problems:?}")))
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
        (limits, call_limits): (Limits, CallLimits),
        callers: Callers,
        certificates: Option<Arc<Certificates>>,
    ) -> Self {
        let (stub, metrics) = (Stub::new(), Arc::new(Metrics::default()));
        let calls = calls(&stub, &call_limits, &metrics);
        let actions: BTreeMap<&str, Arc<Action>> = ACTIONS.iter().map(|route| (*route, action(route))).collect();
        let routing = Routing {
            find: Box::new(move |route| Some((Arc::clone(actions.get(route)?), "r1".into()))),
            trace: Box::new(|_| None),
        };
        let public = Public::new((routing, calls), base, (&call_limits, callers), Arc::clone(&metrics));
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

fn calls(stub: &Arc<Stub>, limits: &CallLimits, metrics: &Arc<Metrics>) -> Calls<Stub> {
    let watchers = Watchers { metrics: Arc::clone(metrics), recent: Arc::new(Recent::new(10)), traces: None };
    Calls::new(CallsParts {
        context: CallContext {
            sender: Arc::clone(stub),
            shared: Arc::new(SharedState::new(State::memory())),
            secrets: Arc::new(json!({})),
            bounds: BudgetBounds::default(),
        },
        // None of these tests waits for a call's own deadline.
        deadlines: Deadlines { all: Duration::from_secs(60), services: BTreeMap::new() },
        permits: CallPermits::new(limits.calls, limits.calls_per_service, limits.calls_of.clone()),
        long_work: None,
        watch: CallWatch { ended: Box::new(move |call| watchers.note(call)), ..CallWatch::none() },
    })
}

/// A deadline short enough to wait for.
pub(super) const SHORT: Duration = Duration::from_millis(60);
