//! What a token call gives, and how one learns that a token has expired.

use schemars::JsonSchema;

use crate::diagnostic::{Problems, Span};
use crate::document::decode::{Decode, Fields, Words};
use crate::document::schema::Statuses;
use crate::document::{CaptureDocument, CaptureRuleDocument, ConditionDocument, Keyed, Kind, Node, Spanned, Text};

/// What is kept of a token call.
#[derive(Clone, Debug, Default, PartialEq, JsonSchema)]
#[schemars(deny_unknown_fields)]
pub struct TokenDocument {
    /// The token itself; `$.access_token` for `oauth2`.
    #[schemars(extend("examples" = ["$.access_token"]))]
    pub value: Option<CaptureDocument>,
    /// How long it lives: seconds from the answer, or a duration such as `20m`. Without it, at most 1 hour.
    #[schemars(extend("examples" = ["$.expires_in", "20m"]))]
    pub expires_in: Option<CaptureDocument>,
    /// More to keep with it, for `{{token.NAME}}`.
    #[schemars(extend("examples" = [{"instance_url": {"path": "$.instance_url", "secret": false}}]))]
    pub export: Option<Keyed<ExportDocument>>,
}

/// A value kept with a token: a capture, and whether it is a secret.
#[derive(Clone, Debug, PartialEq)]
pub struct ExportDocument {
    /// Where it comes from.
    pub capture: CaptureDocument,
    /// Whether it is masked and kept out of the response; it is unless this says `false`.
    pub secret: Option<Spanned<bool>>,
}

/// Which answers say that the token is no longer good.
#[derive(Clone, Debug, PartialEq, JsonSchema)]
#[schemars(deny_unknown_fields)]
pub struct ExpiryDocument {
    /// Statuses; never 429. `401` if not said.
    #[schemars(with = "Option<Statuses>", extend("default" = 401, "examples" = [[401, 403]]))]
    pub status: Option<Vec<Text>>,
    /// What must hold of the answer as well.
    #[schemars(extend("examples" = [{"eq": ["$.error.code", "session_expired"]}]))]
    pub when: Option<ConditionDocument>,
    /// Where it stands.
    #[schemars(skip)]
    pub span: Span,
}

impl Decode for TokenDocument {
    fn decode(node: &Node, problems: &mut Problems) -> Option<Self> {
        let mut fields = Fields::open(node, "`token`", problems)?;
        let document = Self {
            value: fields.optional("value"),
            expires_in: fields.optional("expires_in"),
            export: fields.optional("export"),
        };
        fields.close();
        Some(document)
    }
}

impl Decode for ExportDocument {
    fn decode(node: &Node, problems: &mut Problems) -> Option<Self> {
        let Kind::Map(entries) = &node.kind else {
            return CaptureDocument::decode(node, problems).map(|capture| Self { capture, secret: None });
        };
        let (own, rest): (Vec<_>, Vec<_>) = entries.iter().cloned().partition(|entry| entry.key.value == "secret");
        let secret = own.first().map(|entry| Spanned::<bool>::decode(&entry.value, problems));
        let rest = Node { kind: Kind::Map(rest), span: node.span };
        let rule = CaptureRuleDocument::decode(&rest, problems)?;
        Some(Self { capture: CaptureDocument::Rule(Box::new(rule)), secret: secret.flatten() })
    }
}

impl Decode for ExpiryDocument {
    fn decode(node: &Node, problems: &mut Problems) -> Option<Self> {
        let mut fields = Fields::open(node, "`expired_when`", problems)?;
        let status: Option<Words> = fields.optional("status");
        let when = fields.optional("when");
        fields.close();
        Some(Self { status: status.map(|status| status.0), when, span: node.span })
    }
}
