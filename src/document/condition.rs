//! `when:`: conditions as data.

use super::{Node, Text};
use crate::diagnostic::Span;

/// One condition: a map with exactly one key.
#[derive(Clone, Debug, PartialEq)]
pub struct ConditionDocument {
    /// Which one, with its operands.
    pub kind: ConditionKind,
    /// Where it stands.
    pub span: Span,
}

/// The conditions. The first operand is a reference (`vars.x`) or, where an answer is at hand, a `$path`.
#[derive(Clone, Debug, PartialEq)]
pub enum ConditionKind {
    /// `present: x`: there and not null.
    Present(Text),
    /// `absent: x`: not there, or null.
    Absent(Text),
    /// `empty: x`: absent, null, `""`, `[]` or `{}`.
    Empty(Text),
    /// `eq: [x, y]` and its kin.
    Compare(Comparison, Text, Node),
    /// `in: [x, [a, b]]`.
    In(Text, Node),
    /// `matches: [x, regex]`.
    Matches(Text, Text),
    /// `all: […]`.
    All(Vec<ConditionDocument>),
    /// `any: […]`.
    Any(Vec<ConditionDocument>),
    /// `not: {…}`.
    Not(Box<ConditionDocument>),
}

/// Two-operand comparisons.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Comparison {
    /// `eq`
    Eq,
    /// `ne`
    Ne,
    /// `gt`
    Gt,
    /// `gte`
    Gte,
    /// `lt`
    Lt,
    /// `lte`
    Lte,
}
