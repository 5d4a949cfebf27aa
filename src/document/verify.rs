//! `verify:`: the request that says whether credentials are good.

use schemars::JsonSchema;

use super::decode::{Decode, Fields};
use super::{CaptureDocument, ErrorRuleDocument, Keyed, Node, RequestDocument, SuccessDocument, TestDocument};
use crate::diagnostic::{Problems, Span};

/// A check of credentials.
#[derive(Clone, Debug, PartialEq, JsonSchema)]
#[schemars(deny_unknown_fields)]
pub struct VerifyDocument {
    /// A request that changes nothing and needs the credentials.
    #[schemars(extend("examples" = [{"method": "GET", "path": "/me"}]))]
    pub request: RequestDocument,
    /// What the caller keeps and sends back within `auth`.
    #[schemars(rename = "return", extend("examples" = [{"user_id": "$.user.id"}]))]
    pub returned: Option<Keyed<CaptureDocument>>,
    /// Which answers are a success; replaces the service's.
    #[schemars(extend("examples" = [{"status": "2xx"}]))]
    pub success: Option<SuccessDocument>,
    /// What failures mean; first match wins. Tried before the service's.
    #[schemars(extend("examples" = [[{"status": 403, "kind": "auth"}]]))]
    pub errors: Option<Vec<ErrorRuleDocument>>,
    /// Examples that are run by the `test` command.
    #[schemars(extend("examples" = [[{"name": "good credentials", "calls": [{"answer": {"status": 200}}], "result": {"status": 200}}]]))]
    pub tests: Option<Vec<TestDocument>>,
    /// Where it stands.
    #[schemars(skip)]
    pub span: Span,
}

impl Decode for VerifyDocument {
    fn decode(node: &Node, problems: &mut Problems) -> Option<Self> {
        let mut fields = Fields::open(node, "`verify`", problems)?;
        let (request, returned) = (fields.required("request"), fields.optional("return"));
        let (success, errors) = (fields.optional("success"), fields.optional("errors"));
        let tests = fields.optional("tests");
        fields.close();
        Some(Self { request: request?, returned, success, errors, tests, span: node.span })
    }
}
