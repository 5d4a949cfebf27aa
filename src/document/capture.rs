//! What to keep of an answer: captures and response fields.

use schemars::JsonSchema;

use super::decode::{Decode, Fields, decode_some, decode_word};
use super::schema::OneOrMore;
use super::{Kind, Node, Spanned, Text};
use crate::diagnostic::{Code, Problems, Span};
use crate::keyword::{As, Pick};

/// A capture or a response field.
#[derive(Clone, Debug, PartialEq)]
pub enum CaptureDocument {
    /// A scalar: `$path`, a template, or a constant.
    Short(Node),
    /// A list of paths and templates; the first that is present wins.
    Alternatives(Vec<Text>, Span),
    /// A map with a source and what to do with it.
    Rule(Box<CaptureRuleDocument>),
}

/// The long form of a capture; exactly one of `path`, `header`, `status`, `const`.
#[derive(Clone, Debug, PartialEq, JsonSchema)]
#[schemars(deny_unknown_fields, extend("oneOf" = [{ "required": ["path"] }, { "required": ["header"] }, { "required": ["status"] }, { "required": ["const"] }]))]
pub struct CaptureRuleDocument {
    /// One path, or several of which the first present wins.
    #[schemars(with = "Option<OneOrMore<Text>>", extend("examples" = ["$.results[0].id"]))]
    pub path: Option<Vec<Text>>,
    /// Name of a header of the answer.
    #[schemars(extend("examples" = ["Location"]))]
    pub header: Option<Text>,
    /// The answer's status (`status: true`).
    #[schemars(extend("examples" = [true]))]
    pub status: Option<Spanned<bool>>,
    /// A value as it stands.
    #[schemars(rename = "const", extend("examples" = ["lead"]))]
    pub constant: Option<Node>,
    /// A regular expression searched in the text found.
    #[schemars(extend("examples" = ["/contacts/([0-9]+)"]))]
    pub regex: Option<Text>,
    /// The group of `regex` that is kept; 1 if it has one, else the whole match.
    #[schemars(extend("examples" = [1]))]
    pub group: Option<Spanned<u64>>,
    /// What it is turned into.
    #[schemars(rename = "as", extend("examples" = ["integer"]))]
    pub convert: Option<Spanned<As>>,
    /// Which node counts where a path finds several.
    #[schemars(extend("examples" = ["first"]))]
    pub pick: Option<Spanned<Pick>>,
    /// Between the parts of `pick: join`.
    #[schemars(extend("examples" = [", "]))]
    pub separator: Option<Text>,
    /// Whether finding nothing is an error.
    #[schemars(extend("default" = false, "examples" = [true]))]
    pub required: Option<Spanned<bool>>,
    /// Whether the value is a secret: masked in messages and traces, and never part of a reply.
    #[schemars(extend("default" = false, "examples" = [true]))]
    pub secret: Option<Spanned<bool>>,
    /// The value if nothing is found.
    #[schemars(extend("examples" = ["unknown"]))]
    pub default: Option<Node>,
    /// Where the map stands.
    #[schemars(skip)]
    pub span: Span,
}

impl Decode for CaptureDocument {
    fn decode(node: &Node, problems: &mut Problems) -> Option<Self> {
        match &node.kind {
            Kind::Map(_) => CaptureRuleDocument::decode(node, problems).map(|rule| Self::Rule(Box::new(rule))),
            Kind::List(_) => Vec::decode(node, problems).map(|texts| Self::Alternatives(texts, node.span)),
            Kind::Null => {
                problems.add(Code::WrongType, node.span, "This says nothing of where the value comes from.").help(
                    "a path `$.id`, a template, a list of both, or a map with `path`, `header`, `status` or `const`",
                );
                None
            }
            _ => Some(Self::Short(node.clone())),
        }
    }
}

impl Decode for CaptureRuleDocument {
    fn decode(node: &Node, problems: &mut Problems) -> Option<Self> {
        let mut fields = Fields::open(node, "a capture", problems)?;
        fields.exactly_one(&["path", "header", "status", "const"]);
        let path: Option<Paths> = fields.optional("path");
        let document = Self {
            path: path.map(|path| path.0),
            header: fields.optional("header"),
            status: fields.optional("status"),
            constant: fields.optional("const"),
            regex: fields.optional("regex"),
            group: fields.optional("group"),
            convert: fields.optional("as"),
            pick: fields.optional("pick"),
            separator: fields.optional("separator"),
            required: fields.optional("required"),
            secret: fields.optional("secret"),
            default: fields.optional("default"),
            span: node.span,
        };
        fields.close();
        Some(document)
    }
}

/// One path, or a list of them.
struct Paths(Vec<Text>);

impl Decode for Paths {
    fn decode(node: &Node, problems: &mut Problems) -> Option<Self> {
        decode_some(node, problems).map(Self)
    }
}

impl Decode for Spanned<As> {
    fn decode(node: &Node, problems: &mut Problems) -> Option<Self> {
        let words = [
            ("string", As::String),
            ("integer", As::Integer),
            ("number", As::Number),
            ("boolean", As::Boolean),
            ("json", As::Json),
            ("any", As::Any),
        ];
        decode_word(node, &words, problems)
    }
}

impl Decode for Spanned<Pick> {
    fn decode(node: &Node, problems: &mut Problems) -> Option<Self> {
        let words = [
            ("first", Pick::First),
            ("last", Pick::Last),
            ("only", Pick::Only),
            ("all", Pick::All),
            ("join", Pick::Join),
        ];
        decode_word(node, &words, problems)
    }
}
