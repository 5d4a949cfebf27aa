//! A compiled path: what RFC 9535 means, checked and ready to evaluate.
//!
//! Plain data; knows neither the text it came from nor the library that parsed it.

use crate::regular_expression::RegularExpression;
use serde_json::Value;

/// A path from the answer's root or from the node under test.
#[derive(Clone, Debug)]
pub(super) struct Query {
    pub(super) origin: Origin,
    pub(super) segments: Vec<Segment>,
}

/// Where a query begins.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Origin {
    /// `$`
    Root,
    /// `@`
    Current,
}

/// One step of a query.
#[derive(Clone, Debug)]
pub(super) enum Segment {
    /// `[…]` or `.name`
    Child(Vec<Selector>),
    /// `..[…]` or `..name`
    Descendants(Vec<Selector>),
}

/// What a segment takes from a node.
#[derive(Clone, Debug)]
pub(super) enum Selector {
    Name(String),
    Index(i64),
    /// `[*]`, or `.*` where not bracketed.
    Wildcard {
        bracketed: bool,
    },
    Slice(Slice),
    Filter(Test),
}

/// `start:end:step`
#[derive(Clone, Copy, Debug)]
pub(super) struct Slice {
    pub(super) start: Option<i64>,
    pub(super) end: Option<i64>,
    pub(super) step: i64,
}

/// A logical expression.
#[derive(Clone, Debug)]
pub(super) enum Test {
    Any(Vec<Test>),
    All(Vec<Test>),
    Not(Box<Test>),
    Exists(Query),
    Matches { text: Operand, pattern: Pattern, extent: Extent },
    Compare { left: Operand, operator: Operator, right: Operand },
}

/// An expression with one value, or none.
#[derive(Clone, Debug)]
pub(super) enum Operand {
    Literal(Value),
    /// A singular query.
    Query(Query),
    Length(Box<Operand>),
    Count(Query),
    Value(Query),
}

/// How two operands are compared.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Operator {
    Equal,
    NotEqual,
    Less,
    LessOrEqual,
    Greater,
    GreaterOrEqual,
}

/// How much of a text a pattern must cover.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub(super) enum Extent {
    /// `match`
    Whole,
    /// `search`
    Part,
}

/// The regular expression of `match` and `search`.
#[derive(Clone, Debug)]
pub(super) enum Pattern {
    /// A literal, compiled at load.
    Fixed(RegularExpression),
    /// Known only when the path is evaluated.
    Given(Operand),
}

impl Query {
    /// Whether it has at most one node: nothing but names and indices.
    pub(super) fn is_singular(&self) -> bool {
        self.segments.iter().all(|segment| segment.single_step().is_some())
    }
}

impl Query {
    /// Whether a filter may look at any part of the document.
    pub(super) fn looks_elsewhere(&self) -> bool {
        self.segments.iter().any(|segment| {
            let (Segment::Child(selectors) | Segment::Descendants(selectors)) = segment;
            selectors.iter().any(|selector| matches!(selector, Selector::Filter(_)))
        })
    }
}

impl Segment {
    /// The name or index, where the segment is nothing else.
    pub(super) fn single_step(&self) -> Option<&Selector> {
        match self {
            Self::Child(selectors) => match selectors.as_slice() {
                [step @ (Selector::Name(_) | Selector::Index(_))] => Some(step),
                _ => None,
            },
            Self::Descendants(_) => None,
        }
    }
}
