//! A compiled template: parts in order, names resolved.

use std::ops::Range;

use serde_json::Value;

use super::helpers::Helper;

/// One part of a template.
#[derive(Clone, Debug)]
pub(super) enum Part {
    /// Text as it stands.
    Text(String),
    /// The value of an expression.
    Value(Expression),
    /// `#if`, `#unless`, `#each`, `#with`.
    Block(Box<Block>),
}

/// A block with both branches.
#[derive(Clone, Debug)]
pub(super) struct Block {
    pub(super) kind: BlockKind,
    pub(super) subject: Expression,
    /// `includeZero=true` of `#if` and `#unless`.
    pub(super) zero_is_true: bool,
    /// Names after `as |…|`.
    pub(super) names: Vec<String>,
    pub(super) body: Vec<Part>,
    pub(super) inverse: Vec<Part>,
}

/// The blocks there are.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum BlockKind {
    If,
    Unless,
    Each,
    With,
}

/// Something with a value.
#[derive(Clone, Debug)]
pub(super) enum Expression {
    Literal(Value),
    Path(Path),
    Call(Box<Call>),
}

/// A path, its first name resolved.
#[derive(Clone, Debug)]
pub(super) struct Path {
    pub(super) start: Start,
    pub(super) keys: Vec<String>,
    /// As written, for messages.
    pub(super) text: String,
    pub(super) at: Range<usize>,
}

/// Where a path begins. Levels count enclosing `#each` and `#with`, the innermost is 0.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) enum Start {
    /// A root or a local of the scope; the first key is its name.
    Scope,
    /// The element or subject of a level.
    Context(usize),
    /// The block parameter with this number of a level.
    Name(usize, usize),
    /// `@index` and its kin of a level.
    Data(usize, DataName),
}

/// `@…`
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum DataName {
    Index,
    Key,
    First,
    Last,
}

/// A helper with its arguments.
#[derive(Clone, Debug)]
pub(super) struct Call {
    pub(super) helper: &'static Helper,
    pub(super) arguments: Vec<Expression>,
    pub(super) named: Vec<(String, Expression)>,
    pub(super) at: Range<usize>,
}
