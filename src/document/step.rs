//! `steps:`: what an action does, top to bottom.

use super::decode::{Decode, Fields};
use super::{
    AuthenticationDocument, CaptureDocument, ConditionDocument, ErrorRuleDocument, Keyed, LimitsDocument, Node,
    RequestDocument, RetryDocument, Spanned, Style, SuccessDocument, Text, TimeoutDocument,
};
use crate::diagnostic::{Code, Problems, Span};

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

impl Decode for StepDocument {
    fn decode(node: &Node, problems: &mut Problems) -> Option<Self> {
        let mut fields = Fields::open(node, "a step", problems)?;
        fields.exactly_one(&["request", "fail", "set"]);
        if !fields.has("request") {
            for key in [
                "capture",
                "collect",
                "for_each",
                "success",
                "errors",
                "authentication",
                "headers",
                "retry",
                "timeout",
                "limits",
                "base_url",
            ] {
                if fields.has(key) {
                    let span = fields.key_span(key);
                    fields
                        .problems
                        .add(Code::ConflictingKeys, span, format!("`{key}` belongs to a step with a `request`."))
                        .help("remove it");
                }
            }
        }
        let id = fields.required("id");
        let when = fields.optional("when");
        let document = Self {
            // Reported already; the rest of the step is still worth reading.
            id: id.unwrap_or_else(|| Text { value: "step".to_owned(), span: node.span, style: Style::Plain }),
            when,
            request: fields.optional("request"),
            fail: fields.optional("fail"),
            set: fields.optional("set"),
            capture: fields.optional("capture"),
            for_each: fields.optional("for_each"),
            collect: fields.optional("collect"),
            base_url: fields.optional("base_url"),
            authentication: fields.optional("authentication"),
            headers: fields.optional("headers"),
            timeout: fields.optional("timeout"),
            retry: fields.optional("retry"),
            limits: fields.optional("limits"),
            success: fields.optional("success"),
            errors: fields.optional("errors"),
            span: node.span,
        };
        fields.close();
        Some(document)
    }
}

impl Decode for ForEachDocument {
    fn decode(node: &Node, problems: &mut Problems) -> Option<Self> {
        let mut fields = Fields::open(node, "`for_each`", problems)?;
        let list = fields.required("in");
        let name = fields.required("as");
        let max = fields.optional("max");
        fields.close();
        Some(Self { list: list?, name: name?, max })
    }
}
