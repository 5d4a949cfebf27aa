//! What an action does, step by step. Holds no behaviour; the engine runs it.

use std::sync::{Arc, LazyLock, OnceLock};
use std::time::Duration;

use http::{HeaderName, Method};
use regex::Regex;
use url::Url;

use super::{AllowedHosts, Authentication, Capture, ResponseField, ResponseSource, Structure};
use crate::condition::Condition;
use crate::diagnostic::Span;
use crate::json_path::JsonPath;
use crate::keyword::{AnswerFormat, ErrorKind, LineEnds, ListStyle, MapStyle};
use crate::status_pattern::StatusPattern;
use crate::template::Template;
use crate::value::Projection;

/// One step.
#[derive(Clone, Debug)]
pub struct Step {
    /// Its name; `request` for the only request of a simple action.
    pub id: Arc<str>,
    /// Where its condition is written, or its name if it has none.
    pub span: Span,
    /// Whether it runs.
    pub when: Option<Condition>,
    /// Once per element of a list.
    pub for_each: Option<ForEach>,
    /// What it does.
    pub act: Act,
}

impl Step {
    /// Whether one of its error rules runs an earlier step again.
    #[must_use]
    pub fn may_go_back(&self) -> bool {
        match &self.act {
            Act::Exchange(exchange) => exchange.errors.iter().any(|rule| matches!(rule.effect, RuleEffect::Rerun(_))),
            Act::Fail(_) | Act::Set(_) => false,
        }
    }
}

/// What a step does.
#[derive(Clone, Debug)]
pub enum Act {
    /// Sends a request and reads the answer.
    Exchange(Box<Exchange>),
    /// Ends the call as a failure.
    Fail(Template),
    /// Works out values.
    Set(Vec<(String, Structure)>),
}

/// `for_each`.
#[derive(Clone, Debug)]
pub struct ForEach {
    /// The list: a template of one lone expression.
    pub list: Template,
    /// The name of one element.
    pub name: String,
    /// The most elements.
    pub max: u64,
}

/// A request and what its answer means.
#[derive(Clone, Debug)]
pub struct Exchange {
    /// What is sent.
    pub request: RequestPlan,
    /// Which answers are a success.
    pub success: SuccessRule,
    /// What failures mean; the step's own first, then the action's, then the service's.
    pub errors: Vec<ErrorRule>,
    /// What to keep.
    pub captures: Vec<Capture>,
    /// What to keep of every answer of a `for_each`, as lists.
    pub collect: Vec<Capture>,
    /// What is looked at in an answer with a status of success.
    pub projection: Arc<Projection>,
}

impl Exchange {
    /// What is surely looked at in an answer with this status; of one that tells a failure, all of it may be.
    #[must_use]
    pub fn projection_of(&self, status: u16) -> &Arc<Projection> {
        static WHOLE: LazyLock<Arc<Projection>> = LazyLock::new(Arc::default);
        match self.success.status.iter().any(|pattern| pattern.matches(status)) {
            true => &self.projection,
            false => &WHOLE,
        }
    }

    /// Notes what a success looks at: the paths of its condition and captures, and of a response that may be taken from it.
    pub(super) fn note_projection(&mut self, response: &[ResponseField]) {
        let mut projection = Projection::nothing();
        if self.success.graphql {
            projection.add(["errors"].into_iter());
        }
        if let Some(when) = &self.success.when {
            when.paths().into_iter().for_each(|path| projection.add(path.way()));
        }
        let of_response = response.iter().filter_map(|field| match &field.source {
            ResponseSource::Capture(capture) => Some(capture),
            ResponseSource::Url(_) => None,
        });
        for capture in self.captures.iter().chain(&self.collect).chain(of_response) {
            capture.paths().for_each(|path| projection.add(path.way()));
        }
        self.projection = Arc::new(projection);
    }
}

/// One request to be built.
#[derive(Clone, Debug)]
pub struct RequestPlan {
    /// Method.
    pub method: Method,
    /// Address without its query.
    pub url: UrlPlan,
    /// Hosts it may go to.
    pub allowed_hosts: Arc<AllowedHosts>,
    /// Query parameters, in order.
    pub query: Vec<(String, Structure)>,
    /// How lists and maps are written in query and form.
    pub style: (ListStyle, MapStyle),
    /// Headers, in order, names unique.
    pub headers: Vec<(HeaderName, Structure)>,
    /// Body.
    pub body: BodyPlan,
    /// How it proves who it is.
    pub authentication: Arc<Authentication>,
    /// Until the connection stands.
    pub connect_timeout: Duration,
    /// For one attempt.
    pub attempt_timeout: Duration,
    /// Largest answer in bytes.
    pub max_answer: usize,
    /// Whether sending it twice does no harm.
    pub replayable: bool,
    /// Whether it changes nothing at the service.
    pub read_only: bool,
    /// Headers that tell the service which requests are the same; with one of them it may be sent twice in one call.
    pub idempotency_headers: Vec<HeaderName>,
    /// Whether one of them is the same for every repetition of a call, too.
    pub tells_calls_apart: bool,
    /// How often the service may be called.
    pub limits: LimitPlan,
    /// When to try again.
    pub retry: RetryRule,
    /// How the answer is read.
    pub answer: AnswerFormat,
}

/// An address in parts that are escaped by position.
#[derive(Clone, Debug)]
pub struct UrlPlan {
    /// Scheme, host and perhaps a path.
    pub base: UrlBase,
    /// More path, joined textually; empty for none.
    pub path: Template,
    /// The whole address once it is known, if nothing of it depends on a call.
    pub known: OnceLock<Url>,
}

impl UrlPlan {
    /// An address of these parts.
    #[must_use]
    pub fn new(base: UrlBase, path: Template) -> Self {
        Self { base, path, known: OnceLock::new() }
    }

    /// Whether no value of a call has a part in it.
    #[must_use]
    pub fn is_constant(&self) -> bool {
        let base = match &self.base {
            UrlBase::Parts { authority, path, .. } => authority.constant().is_some() && path.constant().is_some(),
            UrlBase::Whole(template) => template.constant().is_some(),
        };
        base && self.path.constant().is_some()
    }
}

/// Where an address begins.
#[derive(Clone, Debug)]
pub enum UrlBase {
    /// `https://{{auth.subdomain}}.zendesk.com/api`
    Parts {
        /// `http` or `https`.
        scheme: String,
        /// Host and port; every value in it is one piece of a host name.
        authority: Template,
        /// Path; every value in it is one piece of a path.
        path: Template,
    },
    /// `{{auth.url}}`: a whole address of the caller's or the service's.
    Whole(Template),
}

/// One body to be built.
#[derive(Clone, Debug)]
pub enum BodyPlan {
    /// No body.
    None,
    /// JSON.
    Json(Structure),
    /// `application/x-www-form-urlencoded`.
    Form(Structure),
    /// `multipart/form-data`.
    Multipart(Structure),
    /// XML.
    Xml(Structure),
    /// Text.
    Text(Template, LineEnds),
    /// GraphQL over JSON.
    Graphql {
        /// The document.
        query: String,
        /// Its variables.
        variables: Option<Structure>,
        /// Which operation.
        operation_name: Option<String>,
    },
    /// Bytes from base64, with their media type.
    Raw(Template, Template),
}

/// How often a service may be called.
#[derive(Clone, Debug, Default)]
pub struct LimitPlan {
    /// So many requests in any window of so long, and whose calls count together.
    pub rate: Option<(String, u32, Duration)>,
    /// So many at the same time, and whose calls count together.
    pub concurrent: Option<(String, u32)>,
    /// What both are counted by.
    pub by: Option<Template>,
}

/// When to try again.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct RetryRule {
    /// Attempts after the first.
    pub max: u32,
    /// When the connection could not be made.
    pub on_connect: bool,
    /// On these statuses.
    pub statuses: Vec<StatusPattern>,
}

/// Which answers are a success; both parts must hold.
#[derive(Clone, Debug)]
pub struct SuccessRule {
    /// Statuses.
    pub status: Vec<StatusPattern>,
    /// What must hold of the answer.
    pub when: Option<Condition>,
    /// Whether an answer with GraphQL `errors` is a failure.
    pub graphql: bool,
}

/// What a failure means.
#[derive(Clone, Debug)]
pub struct ErrorRule {
    /// Statuses; none for any.
    pub status: Vec<StatusPattern>,
    /// What must hold of the answer.
    pub when: Option<Condition>,
    /// Whether the answer must not be JSON.
    pub not_json: bool,
    /// What follows.
    pub effect: RuleEffect,
    /// `file:line` where it is written, for explanations.
    pub place: String,
    /// Where it is written.
    pub span: Span,
}

/// What follows from an error rule.
#[derive(Clone, Debug)]
pub enum RuleEffect {
    /// The call fails.
    Fail {
        /// Where the service says why; the first that gives text.
        detail: Vec<Detail>,
        /// What the caller is told; the built-in message if none.
        message: Option<Template>,
        /// What kind of failure; by status if none.
        kind: Option<ErrorKind>,
        /// Whether another attempt is worth it; as `retry` says if none.
        retry: Option<bool>,
        /// Whether the service did what was asked all the same; by status and kind if none.
        carried_out: Option<bool>,
    },
    /// A success after all; these replace the step's captures.
    Accept(Vec<Capture>),
    /// Back to the step with this index, once per call.
    Rerun(usize),
}

/// One place where a service says why.
#[derive(Clone, Debug)]
pub struct Detail {
    /// Where.
    pub source: DetailPlace,
    /// `as: fields`.
    pub fields: bool,
    /// Searched in the text found; group 1 if it has one.
    pub regex: Option<Regex>,
}

/// Where a service says why.
#[derive(Clone, Debug)]
pub enum DetailPlace {
    /// In the body.
    Path(JsonPath),
    /// In a header.
    Header(HeaderName),
}
