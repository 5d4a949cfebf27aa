//! What an action does, step by step. Holds no behaviour; the engine runs it.

use std::sync::{Arc, LazyLock};

use http::HeaderName;

use super::capture::Capture;
use super::request::RequestPlan;
use super::response::{ResponseField, ResponseSource};
use super::structure::Structure;
use crate::condition::Condition;
use crate::diagnostic::Span;
use crate::json_path::JsonPath;
use crate::keyword::ErrorKind;
use crate::regular_expression::RegularExpression;
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
    pub regex: Option<RegularExpression>,
}

/// Where a service says why.
#[derive(Clone, Debug)]
pub enum DetailPlace {
    /// In the body.
    Path(JsonPath),
    /// In a header.
    Header(HeaderName),
}
