//! What to keep of an answer: captures and response fields.

use super::decode::{Decode, Fields, decode_some, decode_word};
use super::{Kind, Node, Spanned, Text};
use crate::diagnostic::{Code, Problems, Span};

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

/// The long form of a capture; exactly one of `path`, `header`, `status`, `constant`.
#[derive(Clone, Debug, PartialEq)]
pub struct CaptureRuleDocument {
    /// One path, or several of which the first present wins.
    pub path: Option<Vec<Text>>,
    /// Name of a header of the answer.
    pub header: Option<Text>,
    /// The answer's status (`status: true`).
    pub status: Option<Spanned<bool>>,
    /// `const:` a value as it stands.
    pub constant: Option<Node>,
    /// A regular expression searched in the text found.
    pub regex: Option<Text>,
    /// The group of `regex` that is kept; 1 if it has one, else the whole match.
    pub group: Option<Spanned<u64>>,
    /// What it is turned into.
    pub convert: Option<Spanned<As>>,
    /// Which node counts where a path finds several.
    pub pick: Option<Spanned<Pick>>,
    /// Between the parts of `pick: join`.
    pub separator: Option<Text>,
    /// Whether finding nothing is an error.
    pub required: Option<Spanned<bool>>,
    /// The value if nothing is found.
    pub default: Option<Node>,
    /// Where the map stands.
    pub span: Span,
}

/// `as:`
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum As {
    /// Text, digits exact; a list or map is an error.
    String,
    /// A whole number.
    Integer,
    /// A number.
    Number,
    /// `true` or `false`.
    Boolean,
    /// JSON text.
    Json,
    /// The value as it is.
    Any,
}

/// `pick:`
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Pick {
    /// The first node.
    First,
    /// The last node.
    Last,
    /// The node, an error if there are several.
    Only,
    /// All nodes as a list.
    All,
    /// All nodes as text with `separator` between.
    Join,
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
