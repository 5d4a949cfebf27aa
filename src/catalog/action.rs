//! One compiled action, and the service it belongs to.

use std::collections::BTreeSet;
use std::sync::Arc;
use std::time::Duration;

use super::compile::Shared;
use super::{Act, Authentication, Capture, Input, ResponseField, Step, Structure, TestCase};
use crate::diagnostic::{Source, Span};
use crate::keyword::Placeholders;
use crate::template::Template;

/// What the actions of one directory share, compiled once and taken over by each.
#[derive(Debug)]
pub struct Service {
    pub(super) title: String,
    pub(super) description: Option<String>,
    pub(super) input: Input,
    /// Fields of `auth` that the service's own templates use.
    pub(super) used_auth: BTreeSet<String>,
    pub(super) shared: Shared,
    /// `POST /SERVICE/_verify`, if the file says how credentials are checked.
    pub(super) verify: Option<Arc<Action>>,
    pub(super) placeholders: Placeholders,
    pub(super) reply_401: bool,
}

/// What a call is for.
#[derive(Clone, Debug, Default)]
pub enum Purpose {
    /// To carry out an action; the response has the five fields.
    #[default]
    Act,
    /// To check credentials; the response has these.
    Verify(Vec<Capture>),
}

/// Which calls are the same call.
#[derive(Clone, Debug)]
pub struct Idempotency {
    /// What tells calls of one route and one set of credentials apart.
    pub key: Template,
    /// How long a success is remembered.
    pub life: Duration,
}

/// One action, ready to run.
#[derive(Debug)]
pub struct Action {
    pub(super) route: Arc<str>,
    /// The directory of its service; empty if it stands in none.
    pub(super) service_name: Arc<str>,
    pub(super) route_span: Span,
    pub(super) title: String,
    pub(super) description: Option<String>,
    pub(super) service_title: String,
    pub(super) input: Input,
    pub(super) placeholders: Placeholders,
    pub(super) purpose: Purpose,
    pub(super) idempotency: Option<Idempotency>,
    pub(super) set: Vec<(String, Structure)>,
    pub(super) steps: Vec<Step>,
    pub(super) response: Vec<ResponseField>,
    pub(super) reply_401: bool,
    pub(super) tests: Vec<TestCase>,
    pub(super) source: Arc<Source>,
}

impl Service {
    /// Name as people know it.
    #[must_use]
    pub fn title(&self) -> &str {
        &self.title
    }

    /// What it is, as its file says.
    #[must_use]
    pub fn description(&self) -> Option<&str> {
        self.description.as_deref()
    }

    /// The fields every action of it takes.
    #[must_use]
    pub fn input(&self) -> &Input {
        &self.input
    }

    /// The check of credentials.
    #[must_use]
    pub fn verify(&self) -> Option<&Arc<Action>> {
        self.verify.as_ref()
    }

    /// Fields of `auth` that its own templates use.
    #[must_use]
    pub fn used_auth(&self) -> &BTreeSet<String> {
        &self.used_auth
    }
}

impl Action {
    /// The path it is served at, for example `/zendesk/create_ticket`; no trailing slash.
    #[must_use]
    pub fn route(&self) -> &str {
        &self.route
    }

    /// The same, to be shared.
    #[must_use]
    pub fn shared_route(&self) -> &Arc<str> {
        &self.route
    }

    /// The directory of its service; empty if it stands in none.
    #[must_use]
    pub fn service_name(&self) -> &Arc<str> {
        &self.service_name
    }

    /// Where the route is said in the file; the start of the file where the file's path gives it.
    #[must_use]
    pub fn route_span(&self) -> Span {
        self.route_span
    }

    /// Name as people know it.
    #[must_use]
    pub fn title(&self) -> &str {
        &self.title
    }

    /// What it does, as its file says.
    #[must_use]
    pub fn description(&self) -> Option<&str> {
        self.description.as_deref()
    }

    /// Name of its service as people know it.
    #[must_use]
    pub fn service_title(&self) -> &str {
        &self.service_title
    }

    /// The fields it takes.
    #[must_use]
    pub fn input(&self) -> &Input {
        &self.input
    }

    /// What to do with a value that is one unresolved placeholder.
    #[must_use]
    pub fn placeholders(&self) -> Placeholders {
        self.placeholders
    }

    /// What a call of it is for.
    #[must_use]
    pub fn purpose(&self) -> &Purpose {
        &self.purpose
    }

    /// Which calls are the same call.
    #[must_use]
    pub fn idempotency(&self) -> Option<&Idempotency> {
        self.idempotency.as_ref()
    }

    /// Values worked out before the first step.
    #[must_use]
    pub fn set(&self) -> &[(String, Structure)] {
        &self.set
    }

    /// The steps, in order; never empty.
    #[must_use]
    pub fn steps(&self) -> &[Step] {
        &self.steps
    }

    /// What the caller gets, in an order in which every field comes after those it refers to.
    #[must_use]
    pub fn response(&self) -> &[ResponseField] {
        &self.response
    }

    /// Whether refused credentials are answered 401 instead of 400.
    #[must_use]
    pub fn replies_401(&self) -> bool {
        self.reply_401
    }

    /// Whether it sends a refresh token, which the service may replace.
    #[must_use]
    pub fn refreshes_tokens(&self) -> bool {
        self.steps.iter().any(|step| match &step.act {
            Act::Exchange(exchange) => match exchange.request.authentication.as_ref() {
                Authentication::Token(plan) => plan.refresh_token.is_some(),
                _ => false,
            },
            Act::Fail(_) | Act::Set(_) => false,
        })
    }

    /// Its examples.
    #[must_use]
    pub fn tests(&self) -> &[TestCase] {
        &self.tests
    }

    /// The file it was compiled from.
    #[must_use]
    pub fn source(&self) -> &Arc<Source> {
        &self.source
    }
}
