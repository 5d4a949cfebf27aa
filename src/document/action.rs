//! Any other file: one action.

use schemars::JsonSchema;

use super::decode::{Decode, Fields};
use super::service::decode_version;
use super::{
    AuthenticationDocument, CaptureDocument, ErrorRuleDocument, IdempotencyDocument, InputDocument, Keyed,
    LimitsDocument, Node, RequestDocument, RetryDocument, Spanned, StepDocument, SuccessDocument, TestDocument, Text,
    TimeoutDocument,
};
use crate::diagnostic::Problems;
use crate::keyword::Placeholders;

/// One action file.
#[derive(Clone, Debug, PartialEq, JsonSchema)]
#[schemars(deny_unknown_fields, extend("oneOf" = [{ "required": ["request"] }, { "required": ["steps"] }]))]
pub struct ActionDocument {
    /// Version of the language; 1.
    #[schemars(extend("const" = 1), extend("examples" = [1]))]
    pub version: Spanned<u64>,
    /// Name of the action as people know it.
    #[schemars(extend("examples" = ["Create a ticket"]))]
    pub title: Option<Text>,
    /// What it does.
    #[schemars(extend("examples" = ["Opens a ticket for the caller."]))]
    pub description: Option<Text>,
    /// The path it is served at, instead of the one its file path gives.
    #[schemars(extend("examples" = ["/zendesk/create_ticket"]))]
    pub route: Option<Text>,
    /// Fields the caller may send.
    #[schemars(extend("examples" = [{"data": {"subject": {"required": true, "max_length": 150}}}]))]
    pub input: Option<InputDocument>,
    /// What to do with a value that is one unresolved placeholder.
    #[schemars(extend("default" = "absent", "examples" = ["keep"]))]
    pub placeholders: Option<Spanned<Placeholders>>,
    /// Which calls are the same call, so that repeating one does nothing twice.
    #[schemars(extend("examples" = [{"key": "{{data.call_id}}", "ttl": "24h"}]))]
    pub idempotency: Option<IdempotencyDocument>,
    /// Values worked out before the first step.
    #[schemars(extend("examples" = [{"full_name": "{{data.first_name}} {{data.last_name}}"}]))]
    pub set: Option<Keyed<Node>>,
    /// The only request, where one is enough.
    #[schemars(extend("examples" = [{"path": "/tickets.json", "json": {"subject": "{{data.subject}}"}}]))]
    pub request: Option<RequestDocument>,
    /// What to keep of its answer.
    #[schemars(extend("examples" = [{"ticket_id": {"path": "$.ticket.id", "required": true}}]))]
    pub capture: Option<Keyed<CaptureDocument>>,
    /// The steps, top to bottom, where one request is not enough.
    #[schemars(extend("examples" = [[{"id": "find", "request": {"method": "GET", "path": "/contacts"}}]]))]
    pub steps: Option<Vec<StepDocument>>,
    /// What the caller gets: `message` and the four ids.
    #[schemars(extend("examples" = [{"message": "Ticket {{response.external_id}} created", "external_id": "$.ticket.id"}]))]
    pub response: Option<Keyed<CaptureDocument>>,
    /// Examples that are run by the `test` command.
    #[schemars(extend("examples" = [[{"name": "a subject is enough", "calls": [{"answer": {"status": 201}}], "result": {"status": 201}}]]))]
    pub tests: Option<Vec<TestDocument>>,

    /// Scheme, host and path prefix of every request; replaces that of `service.yaml`.
    #[schemars(extend("examples" = ["https://{{auth.subdomain}}.zendesk.com"]))]
    pub base_url: Option<Text>,
    /// Hosts a request may go to; only in an action without a `service.yaml`.
    #[schemars(extend("examples" = [["*.zendesk.com"]]))]
    pub allowed_hosts: Option<Vec<Text>>,
    /// How requests prove who they are; replaces that of `service.yaml` whole.
    #[schemars(extend("examples" = [{"type": "bearer", "token": "{{auth.token}}"}]))]
    pub authentication: Option<AuthenticationDocument>,
    /// Headers of every request, added to those of `service.yaml`; `null` removes one.
    #[schemars(extend("examples" = [{"Accept": "application/json"}]))]
    pub headers: Option<Keyed<Node>>,
    /// How long to wait; each key replaces that of `service.yaml`.
    #[schemars(extend("examples" = [{"connect": "2s", "attempt": "6s"}]))]
    pub timeout: Option<TimeoutDocument>,
    /// When to try again; each key replaces that of `service.yaml`.
    #[schemars(extend("examples" = [{"max": 2, "for": ["connect", 429, 503]}]))]
    pub retry: Option<RetryDocument>,
    /// Bounds of an answer; each key replaces that of `service.yaml`.
    #[schemars(extend("examples" = [{"max_answer": "1MiB"}]))]
    pub limits: Option<LimitsDocument>,
    /// Which answers are a success; replaces that of `service.yaml`.
    #[schemars(extend("examples" = [{"status": "2xx"}]))]
    pub success: Option<SuccessDocument>,
    /// What failures mean; first match wins. Tried before those of `service.yaml`.
    #[schemars(extend("examples" = [[{"status": 429, "kind": "busy"}]]))]
    pub errors: Option<Vec<ErrorRuleDocument>>,
    /// Answer 401 instead of 400 when the service refuses the credentials; only in an action without a `service.yaml`.
    #[schemars(extend("default" = false, "examples" = [true]))]
    pub reply_401_on_auth_failure: Option<Spanned<bool>>,
}

impl Decode for ActionDocument {
    fn decode(node: &Node, problems: &mut Problems) -> Option<Self> {
        let mut fields = Fields::open(node, "an action", problems)?;
        let version = decode_version(&mut fields);
        fields.exactly_one(&["request", "steps"]);
        let document = Self {
            version,
            title: fields.optional("title"),
            description: fields.optional("description"),
            route: fields.optional("route"),
            input: fields.optional("input"),
            placeholders: fields.optional("placeholders"),
            idempotency: fields.optional("idempotency"),
            set: fields.optional("set"),
            request: fields.optional("request"),
            capture: fields.optional("capture"),
            steps: fields.optional("steps"),
            response: fields.optional("response"),
            tests: fields.optional("tests"),
            base_url: fields.optional("base_url"),
            allowed_hosts: fields.optional("allowed_hosts"),
            authentication: fields.optional("authentication"),
            headers: fields.optional("headers"),
            timeout: fields.optional("timeout"),
            retry: fields.optional("retry"),
            limits: fields.optional("limits"),
            success: fields.optional("success"),
            errors: fields.optional("errors"),
            reply_401_on_auth_failure: fields.optional("reply_401_on_auth_failure"),
        };
        fields.close();
        Some(document)
    }
}
