//! What to keep of an answer: captures and response fields.

use super::{Node, Spanned, Text};
use crate::diagnostic::Span;

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
