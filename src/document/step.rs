//! `steps:`: what an action does, top to bottom.

use schemars::JsonSchema;

use super::decode::{Decode, Fields};
use super::{
    AuthenticationDocument, CaptureDocument, ConditionDocument, ErrorRuleDocument, Keyed, LimitsDocument, Node,
    RequestDocument, RetryDocument, Spanned, Style, SuccessDocument, Text, TimeoutDocument,
};
use crate::diagnostic::{Code, Problems, Span};

/// One step: exactly one of `request`, `fail`, `set`.
#[derive(Clone, Debug, PartialEq, JsonSchema)]
#[schemars(deny_unknown_fields, extend("oneOf" = [{ "required": ["request"] }, { "required": ["fail"] }, { "required": ["set"] }]))]
pub struct StepDocument {
    /// Its name in messages, tests and `rerun_from`.
    #[schemars(extend("examples" = ["find"]))]
    pub id: Text,
    /// Whether it runs.
    #[schemars(extend("examples" = [{"absent": "vars.contact_id"}]))]
    pub when: Option<ConditionDocument>,
    /// A request to send.
    #[schemars(extend("examples" = [{"method": "GET", "path": "/contacts", "query": {"email": "{{data.email}}"}}]))]
    pub request: Option<RequestDocument>,
    /// Ends the call as a failure with this message.
    #[schemars(extend("examples" = ["{{vars.matches}} contacts share {{data.email}}"]))]
    pub fail: Option<Text>,
    /// Values worked out once.
    #[schemars(extend("examples" = [{"full_name": "{{data.first_name}} {{data.last_name}}"}]))]
    pub set: Option<Keyed<Node>>,
    /// What to keep of the answer.
    #[schemars(extend("examples" = [{"contact_id": {"path": "$.id", "required": true}}]))]
    pub capture: Option<Keyed<CaptureDocument>>,
    /// Runs the step once per element.
    #[schemars(extend("examples" = [{"in": "data.notes", "as": "note"}]))]
    pub for_each: Option<ForEachDocument>,
    /// What to keep of every answer of a `for_each`, as lists.
    #[schemars(extend("examples" = [{"ids": "$.id"}]))]
    pub collect: Option<Keyed<CaptureDocument>>,
    /// Scheme, host and path prefix of this step's request; replaces the action's.
    #[schemars(extend("examples" = ["https://{{auth.subdomain}}.zendesk.com"]))]
    pub base_url: Option<Text>,
    /// How this step's request proves who it is; replaces the action's whole.
    #[schemars(extend("examples" = [{"type": "bearer", "token": "{{auth.token}}"}]))]
    pub authentication: Option<AuthenticationDocument>,
    /// Headers of this step's request, added to the action's; `null` removes one.
    #[schemars(extend("examples" = [{"Accept": "application/json"}]))]
    pub headers: Option<Keyed<Node>>,
    /// How long to wait; each key replaces the action's.
    #[schemars(extend("examples" = [{"connect": "2s", "attempt": "6s"}]))]
    pub timeout: Option<TimeoutDocument>,
    /// When to try again; each key replaces the action's.
    #[schemars(extend("examples" = [{"max": 2, "for": ["connect", 429, 503]}]))]
    pub retry: Option<RetryDocument>,
    /// Bounds of an answer; each key replaces the action's.
    #[schemars(extend("examples" = [{"max_answer": "1MiB"}]))]
    pub limits: Option<LimitsDocument>,
    /// Which answers are a success; replaces the action's.
    #[schemars(extend("examples" = [{"status": "2xx"}]))]
    pub success: Option<SuccessDocument>,
    /// What failures mean; first match wins. Tried before the action's.
    #[schemars(extend("examples" = [[{"status": 429, "kind": "busy"}]]))]
    pub errors: Option<Vec<ErrorRuleDocument>>,
    /// Where the step stands.
    #[schemars(skip)]
    pub span: Span,
}

/// Runs a step once per element of a list, one after the other.
#[derive(Clone, Debug, PartialEq, JsonSchema)]
#[schemars(deny_unknown_fields)]
pub struct ForEachDocument {
    /// A reference to a list.
    #[schemars(rename = "in", extend("examples" = ["data.notes"]))]
    pub list: Text,
    /// The name of one element.
    #[schemars(rename = "as", extend("examples" = ["note"]))]
    pub name: Text,
    /// The most elements; 100 if not said, 1000 at most. More is an error.
    #[schemars(range(min = 1, max = 1000), extend("default" = 100, "examples" = [20]))]
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
