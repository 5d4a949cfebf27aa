//! `success:` and `errors:`: what an answer means.

use schemars::JsonSchema;

use super::decode::{Decode, Fields, Words, decode_some, decode_word};
use super::schema::Statuses;
use super::{CaptureDocument, ConditionDocument, Keyed, Kind, Node, Spanned, Text};
use crate::diagnostic::{Problems, Span};
use crate::keyword::ErrorKind;

/// Which answers are a success; both parts must hold.
#[derive(Clone, Debug, Default, PartialEq, JsonSchema)]
#[schemars(deny_unknown_fields)]
pub struct SuccessDocument {
    /// Statuses and classes; `2xx` if not said.
    #[schemars(with = "Option<Statuses>", extend("default" = "2xx", "examples" = [["2xx", 404]]))]
    pub status: Option<Vec<Text>>,
    /// What must hold of the answer.
    #[schemars(extend("examples" = [{"eq": ["$.ok", true]}]))]
    pub when: Option<ConditionDocument>,
}

/// What a failure means; at least one of `status`, `when`, `not_json`, and all given must hold.
#[derive(Clone, Debug, PartialEq, JsonSchema)]
#[schemars(deny_unknown_fields)]
pub struct ErrorRuleDocument {
    /// Statuses and classes.
    #[schemars(with = "Option<Statuses>", extend("examples" = ["4xx"]))]
    pub status: Option<Vec<Text>>,
    /// What must hold of the answer.
    #[schemars(extend("examples" = [{"present": "$.error"}]))]
    pub when: Option<ConditionDocument>,
    /// The answer is not JSON.
    #[schemars(extend("default" = false, "examples" = [true]))]
    pub not_json: Option<Spanned<bool>>,
    /// Where the service says why.
    #[schemars(extend("examples" = [["$.error.message", "$.error"]]))]
    pub detail: Option<DetailDocument>,
    /// What the caller is told.
    #[schemars(extend("examples" = ["Zendesk refused: {{detail}}"]))]
    pub message: Option<Text>,
    /// What kind of failure it is.
    #[schemars(extend("examples" = ["busy"]))]
    pub kind: Option<Spanned<ErrorKind>>,
    /// Whether it is worth another attempt.
    #[schemars(extend("examples" = [true]))]
    pub retry: Option<Spanned<bool>>,
    /// Whether the service carried out the request all the same; with `false` even a POST may be sent again.
    #[schemars(extend("examples" = [false]))]
    pub carried_out: Option<Spanned<bool>>,
    /// The failure is a success after all; these captures replace the step's.
    #[schemars(extend("examples" = [{"contact_id": {"path": "$.duplicate.id"}}]))]
    pub accept: Option<Keyed<CaptureDocument>>,
    /// Start again from an earlier step, once per call.
    #[schemars(extend("examples" = ["find"]))]
    pub rerun_from: Option<Text>,
    /// Where the rule stands.
    #[schemars(skip)]
    pub span: Span,
}

/// `detail:`; the first source that gives text wins.
#[derive(Clone, Debug, PartialEq)]
pub struct DetailDocument {
    /// The sources, in order.
    pub sources: Vec<DetailSource>,
}

/// One place where a service says why.
#[derive(Clone, Debug, PartialEq, JsonSchema)]
#[schemars(deny_unknown_fields, extend("oneOf" = [{ "required": ["path"] }, { "required": ["header"] }]))]
pub struct DetailSource {
    /// A path into the answer.
    #[schemars(extend("examples" = ["$.error.message"]))]
    pub path: Option<Text>,
    /// Name of a header.
    #[schemars(extend("examples" = ["X-Error"]))]
    pub header: Option<Text>,
    /// How a list or map becomes text.
    #[schemars(rename = "as", extend("examples" = ["fields"]))]
    pub form: Option<Spanned<DetailForm>>,
    /// A regular expression searched in the text found.
    #[schemars(extend("examples" = ["reason: (.*)"]))]
    pub regex: Option<Text>,
    /// Where it stands.
    #[schemars(skip)]
    pub span: Span,
}

/// How a list or map of reasons becomes text.
#[derive(Clone, Copy, Debug, PartialEq, Eq, JsonSchema)]
#[schemars(inline, rename_all = "snake_case")]
pub enum DetailForm {
    /// `{"subject":["is missing"]}` reads `subject: is missing`.
    Fields,
}

impl Decode for SuccessDocument {
    fn decode(node: &Node, problems: &mut Problems) -> Option<Self> {
        let mut fields = Fields::open(node, "`success`", problems)?;
        let status: Option<Words> = fields.optional("status");
        let when = fields.optional("when");
        fields.close();
        Some(Self { status: status.map(|status| status.0), when })
    }
}

impl Decode for ErrorRuleDocument {
    fn decode(node: &Node, problems: &mut Problems) -> Option<Self> {
        let mut fields = Fields::open(node, "an error rule", problems)?;
        fields.at_most_one(&["accept", "rerun_from"]);
        for effect in ["accept", "rerun_from"] {
            for told in ["message", "kind", "retry", "carried_out", "detail"] {
                fields.at_most_one(&[effect, told]);
            }
        }
        let status: Option<Words> = fields.optional("status");
        let document = Self {
            status: status.map(|status| status.0),
            when: fields.optional("when"),
            not_json: fields.optional("not_json"),
            detail: fields.optional("detail"),
            message: fields.optional("message"),
            kind: fields.optional("kind"),
            retry: fields.optional("retry"),
            carried_out: fields.optional("carried_out"),
            accept: fields.optional("accept"),
            rerun_from: fields.optional("rerun_from"),
            span: node.span,
        };
        fields.close();
        Some(document)
    }
}

impl Decode for Spanned<ErrorKind> {
    fn decode(node: &Node, problems: &mut Problems) -> Option<Self> {
        let words = [
            ("rejected", ErrorKind::Rejected),
            ("auth", ErrorKind::Auth),
            ("busy", ErrorKind::Busy),
            ("unavailable", ErrorKind::Unavailable),
            ("conflict", ErrorKind::Conflict),
            ("not_found", ErrorKind::NotFound),
            ("bad_answer", ErrorKind::BadAnswer),
        ];
        decode_word(node, &words, problems)
    }
}

impl Decode for DetailDocument {
    fn decode(node: &Node, problems: &mut Problems) -> Option<Self> {
        decode_some(node, problems).map(|sources| Self { sources })
    }
}

impl Decode for DetailSource {
    fn decode(node: &Node, problems: &mut Problems) -> Option<Self> {
        if let Kind::Text(path) = &node.kind {
            return Some(Self { path: Some(path.clone()), header: None, form: None, regex: None, span: node.span });
        }
        let mut fields = Fields::open(node, "a detail", problems)?;
        fields.exactly_one(&["path", "header"]);
        let source = Self {
            path: fields.optional("path"),
            header: fields.optional("header"),
            form: fields.optional("as"),
            regex: fields.optional("regex"),
            span: node.span,
        };
        fields.close();
        Some(source)
    }
}

impl Decode for Spanned<DetailForm> {
    fn decode(node: &Node, problems: &mut Problems) -> Option<Self> {
        decode_word(node, &[("fields", DetailForm::Fields)], problems)
    }
}
