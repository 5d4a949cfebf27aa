//! `steps:`: what an action does, top to bottom.

use super::{
    AuthenticationDocument, CaptureDocument, ConditionDocument, ErrorRuleDocument, Keyed, LimitsDocument, Node,
    RequestDocument, RetryDocument, Spanned, SuccessDocument, Text, TimeoutDocument,
};
use crate::diagnostic::Span;

/// One step: exactly one of `request`, `fail`, `set`.
#[derive(Clone, Debug, PartialEq)]
pub struct StepDocument {
    /// Its name in messages, tests and `rerun_from`.
    pub id: Text,
    /// Whether it runs.
    pub when: Option<ConditionDocument>,
    /// A request to send.
    pub request: Option<RequestDocument>,
    /// Ends the call as a failure with this message.
    pub fail: Option<Text>,
    /// Values worked out once.
    pub set: Option<Keyed<Node>>,
    /// What to keep of the answer.
    pub capture: Option<Keyed<CaptureDocument>>,
    /// Runs the step once per element.
    pub for_each: Option<ForEachDocument>,
    /// What to keep of every answer of a `for_each`, as lists.
    pub collect: Option<Keyed<CaptureDocument>>,
    /// Replaces the action's.
    pub base_url: Option<Text>,
    /// Replaces the action's.
    pub authentication: Option<AuthenticationDocument>,
    /// Added to the action's; `null` removes one.
    pub headers: Option<Keyed<Node>>,
    /// Merged with the action's.
    pub timeout: Option<TimeoutDocument>,
    /// Merged with the action's.
    pub retry: Option<RetryDocument>,
    /// Merged with the action's.
    pub limits: Option<LimitsDocument>,
    /// Replaces the action's.
    pub success: Option<SuccessDocument>,
    /// Tried before the action's.
    pub errors: Option<Vec<ErrorRuleDocument>>,
    /// Where the step stands.
    pub span: Span,
}

/// `for_each:`
#[derive(Clone, Debug, PartialEq)]
pub struct ForEachDocument {
    /// `in:` a reference to a list.
    pub list: Text,
    /// `as:` the name of one element.
    pub name: Text,
    /// The most elements; 100 if not said, 1000 at most. More is an error.
    pub max: Option<Spanned<u64>>,
}
