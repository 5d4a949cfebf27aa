//! Any other file: one action.

use super::decode::{Decode, Fields};
use super::service::decode_version;
use super::{
    AuthenticationDocument, CaptureDocument, ErrorRuleDocument, InputDocument, Keyed, LimitsDocument, Node,
    Placeholders, RequestDocument, RetryDocument, Spanned, StepDocument, SuccessDocument, TestDocument, Text,
    TimeoutDocument,
};
use crate::diagnostic::Problems;

/// One action file.
#[derive(Clone, Debug, PartialEq)]
pub struct ActionDocument {
    /// Version of the language; 1.
    pub version: Spanned<u64>,
    /// Name of the action as people know it.
    pub title: Option<Text>,
    /// What it does.
    pub description: Option<Text>,
    /// The path it is served at, instead of the one its file path gives.
    pub route: Option<Text>,
    /// Fields the caller may send.
    pub input: Option<InputDocument>,
    /// What to do with a value that is one unresolved placeholder.
    pub placeholders: Option<Spanned<Placeholders>>,
    /// Values worked out before the first step.
    pub set: Option<Keyed<Node>>,
    /// The only request, where one is enough.
    pub request: Option<RequestDocument>,
    /// What to keep of its answer.
    pub capture: Option<Keyed<CaptureDocument>>,
    /// The steps, top to bottom, where one request is not enough.
    pub steps: Option<Vec<StepDocument>>,
    /// What the caller gets: `message` and the four ids.
    pub response: Option<Keyed<CaptureDocument>>,
    /// Examples that are run by the `test` command.
    pub tests: Option<Vec<TestDocument>>,

    /// As in `service.yaml`; for an action without a directory, or to replace it.
    pub base_url: Option<Text>,
    /// As in `service.yaml`; only in an action without a directory.
    pub allowed_hosts: Option<Vec<Text>>,
    /// As in `service.yaml`; replaces it whole.
    pub authentication: Option<AuthenticationDocument>,
    /// Added to the service's; `null` removes one.
    pub headers: Option<Keyed<Node>>,
    /// Merged with the service's.
    pub timeout: Option<TimeoutDocument>,
    /// Merged with the service's.
    pub retry: Option<RetryDocument>,
    /// Merged with the service's.
    pub limits: Option<LimitsDocument>,
    /// Replaces the service's.
    pub success: Option<SuccessDocument>,
    /// Tried before the service's.
    pub errors: Option<Vec<ErrorRuleDocument>>,
    /// As in `service.yaml`; only in an action without a directory.
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
