//! `success:` and `errors:`: what an answer means.

use super::{CaptureDocument, ConditionDocument, Keyed, Spanned, Text};
use crate::diagnostic::Span;

/// `success:`; both parts must hold.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct SuccessDocument {
    /// Statuses and classes; `2xx` if not said.
    pub status: Option<Vec<Text>>,
    /// What must hold of the answer.
    pub when: Option<ConditionDocument>,
}

/// One entry of `errors:`.
#[derive(Clone, Debug, PartialEq)]
pub struct ErrorRuleDocument {
    /// Statuses and classes.
    pub status: Option<Vec<Text>>,
    /// What must hold of the answer.
    pub when: Option<ConditionDocument>,
    /// The answer is not JSON.
    pub not_json: Option<Spanned<bool>>,
    /// Where the service says why.
    pub detail: Option<DetailDocument>,
    /// What the caller is told.
    pub message: Option<Text>,
    /// What kind of failure it is.
    pub kind: Option<Spanned<ErrorKind>>,
    /// Whether it is worth another attempt.
    pub retry: Option<Spanned<bool>>,
    /// The failure is a success after all; these captures replace the step's.
    pub accept: Option<Keyed<CaptureDocument>>,
    /// Start again from an earlier step, once per call.
    pub rerun_from: Option<Text>,
    /// Where the rule stands.
    pub span: Span,
}

/// `kind:`
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum ErrorKind {
    /// The service refused the request.
    Rejected,
    /// The service refused the credentials.
    Auth,
    /// The service is too busy.
    Busy,
    /// The service is down.
    Unavailable,
    /// The thing exists already, or has changed meanwhile.
    Conflict,
    /// The thing does not exist.
    NotFound,
    /// The service's answer makes no sense.
    BadAnswer,
}

/// `detail:`; the first source that gives text wins.
#[derive(Clone, Debug, PartialEq)]
pub struct DetailDocument {
    /// The sources, in order.
    pub sources: Vec<DetailSource>,
}

/// One place where a service says why.
#[derive(Clone, Debug, PartialEq)]
pub struct DetailSource {
    /// A path into the answer.
    pub path: Option<Text>,
    /// Name of a header.
    pub header: Option<Text>,
    /// How a list or map becomes text.
    pub form: Option<Spanned<DetailForm>>,
    /// A regular expression searched in the text found.
    pub regex: Option<Text>,
    /// Where it stands.
    pub span: Span,
}

/// How a list or map of reasons becomes text.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum DetailForm {
    /// `{"subject":["is missing"]}` reads `subject: is missing`.
    Fields,
}
