//! What a call is carried out with, and what it knows so far. Holds data; the pieces of the call work on it.

use std::hash::{BuildHasher as _, Hash as _, Hasher as _};
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::Duration;

use serde_json::{Map, Value};
use tokio::time::Instant;

use super::context::SpanId;
use super::evidence::Evidence;
use super::journal::{Journal, Work};
use super::trace::{Trace, Visibility};
use super::{Inputs, ServiceAnswer, SharedState, TraceContext};
use crate::budget::{Budget, BudgetBounds};
use crate::catalog::Action;
use crate::secret::Masks;
use crate::template::{CallClock, Scope};

/// What calls are carried out with; one for all of them, cheap to clone.
#[derive(Debug)]
pub struct CallContext<S> {
    /// Sends the requests.
    pub sender: Arc<S>,
    /// What all calls share.
    pub shared: Arc<SharedState>,
    /// The root `secrets` of templates.
    pub secrets: Arc<Value>,
    /// The most that one call may use.
    pub bounds: BudgetBounds,
}

impl<S> Clone for CallContext<S> {
    fn clone(&self) -> Self {
        Self {
            sender: Arc::clone(&self.sender),
            shared: Arc::clone(&self.shared),
            secrets: Arc::clone(&self.secrets),
            bounds: self.bounds,
        }
    }
}

impl<S> CallContext<S> {
    /// The operator's secrets.
    pub(super) fn operator_masks(&self) -> Masks {
        let mut masks = Masks::default();
        for secret in self.secrets.as_object().into_iter().flat_map(Map::values).filter_map(Value::as_str) {
            masks.add(secret);
        }
        masks
    }
}

/// When one call happens, and who watches it.
#[derive(Debug)]
pub struct Conditions<'a> {
    /// The instant of the call.
    pub clock: CallClock,
    /// For the whole call: reading, steps, retries, waits, token fetches.
    pub deadline: Duration,
    /// When the deadline is over.
    pub until: Instant,
    /// Notes what happens, for explanations.
    pub trace: &'a Trace,
    /// The distributed trace that the call belongs to, if there is one.
    pub trace_context: Option<&'a TraceContext>,
}

impl<'a> Conditions<'a> {
    /// A call that begins now.
    #[must_use]
    pub fn from_now(clock: CallClock, deadline: Duration, trace: &'a Trace) -> Self {
        Self { clock, deadline, until: Instant::now() + deadline, trace, trace_context: None }
    }
}

/// One call, as it does not change while it runs.
pub(super) struct Frame<'a, S> {
    pub(super) context: &'a CallContext<S>,
    pub(super) conditions: &'a Conditions<'a>,
    pub(super) action: &'a Arc<Action>,
    pub(super) inputs: &'a Inputs,
    pub(super) idempotency_key: Option<Value>,
    pub(super) budget: &'a Budget,
    /// When the call began.
    pub(super) since: Instant,
    /// Whether what passes may be shown in a trace.
    pub(super) visibility: Visibility,
    /// Whether the call is on a thread for long work.
    pub(super) on_long_work: AtomicBool,
}

/// What a call knows so far.
pub(super) struct Progress {
    pub(super) captures: Captures,
    pub(super) token: TokenInUse,
    pub(super) answer: Option<ServiceAnswer>,
    pub(super) evidence: Evidence,
    /// Every secret of the call; masked in whatever is made of it.
    pub(super) masks: Masks,
    /// Secrets that never leave in a reply, whichever way it was written: the operator's, tokens, captures that are secret.
    pub(super) guarded: Masks,
    pub(super) journal: Journal,
    /// The span that what happens now is a part of.
    pub(super) span: Option<usize>,
    /// The step whose request is under way.
    pub(super) in_flight: Option<Arc<str>>,
}

/// What steps have captured and set.
#[derive(Debug)]
pub(super) struct Captures {
    pub(super) vars: Value,
    /// The captures as they were before each step, for `rerun_from`.
    pub(super) before: Vec<Value>,
    /// Whether `rerun_from` went back already: once per call.
    pub(super) reran: bool,
}

/// The token in use.
#[derive(Debug, Default)]
pub(super) struct TokenInUse {
    /// The root `token`: its value and exports.
    pub(super) root: Value,
    /// Whether an expired token was replaced already: once per call.
    pub(super) renewed: bool,
}

impl Default for Captures {
    fn default() -> Self {
        Self { vars: Value::Object(Map::new()), before: Vec::new(), reran: false }
    }
}

impl Captures {
    pub(super) fn keep(&mut self, name: &str, value: Value) {
        if let Value::Object(vars) = &mut self.vars {
            vars.insert(name.to_owned(), value);
        }
    }
}

impl Progress {
    pub(super) fn new(masks: Masks, guarded: Masks) -> Self {
        Self {
            captures: Captures::default(),
            token: TokenInUse::default(),
            answer: None,
            evidence: Evidence::default(),
            masks,
            guarded,
            journal: Journal::default(),
            span: None,
            in_flight: None,
        }
    }

    /// Adds a secret that never leaves.
    pub(super) fn guard(&mut self, secret: &str) {
        self.masks.add(secret);
        self.guarded.add(secret);
    }
}

impl<S> Frame<'_, S> {
    /// The service's name for people.
    pub(super) fn title(&self) -> &str {
        self.action.service_title()
    }

    /// What every template can see.
    pub(super) fn scope<'s>(&'s self, progress: &'s Progress) -> Scope<'s> {
        let scope = Scope::new(&self.conditions.clock, self.budget)
            .with("auth", &self.inputs.auth)
            .with("data", &self.inputs.data)
            .with("meta", &self.inputs.meta)
            .with("secrets", &*self.context.secrets)
            .with("vars", &progress.captures.vars)
            .with("token", &progress.token.root);
        match &self.idempotency_key {
            Some(key) => scope.with("idempotency_key", key),
            None => scope,
        }
    }

    /// Begins a span within the one that is under way.
    pub(super) fn begin_span(&self, progress: &mut Progress, work: Work) -> usize {
        let id = if self.conditions.trace_context.is_some() { SpanId::new() } else { SpanId::default() };
        progress.journal.begin(id, progress.span, (work, self.since))
    }

    /// The action with its credentials: whose timeouts count together.
    pub(super) fn caller(&self) -> u64 {
        let mut hasher = self.context.shared.hashes.build_hasher();
        self.action.route().hash(&mut hasher);
        for (name, value) in self.inputs.auth.iter() {
            (name, value).hash(&mut hasher);
        }
        hasher.finish()
    }

    pub(super) fn is_on_long_work(&self) -> bool {
        self.on_long_work.load(Ordering::Relaxed)
    }
}
