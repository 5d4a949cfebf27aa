//! One request of a step, compiled. Holds no behaviour; `call` builds and sends it.

use std::sync::{Arc, OnceLock};
use std::time::Duration;

use http::{HeaderName, Method};
use url::Url;

use super::{AllowedHosts, Authentication, Structure};
use crate::keyword::{AnswerFormat, LineEnds, ListStyle, MapStyle};
use crate::status_pattern::StatusPattern;
use crate::template::Template;

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
