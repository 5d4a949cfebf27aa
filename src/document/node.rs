//! A YAML tree that remembers where every key and value stands.

use serde_json::{Number, Value};

use crate::diagnostic::Span;

/// A value with the place it was written at.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Spanned<T> {
    /// What was written.
    pub value: T,
    /// Where.
    pub span: Span,
}

/// How a scalar is quoted, which decides how an offset in it maps to the file.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Style {
    /// No quotes.
    Plain,
    /// `'…'`, in which `''` is a quote.
    Single,
    /// `"…"`, with escapes.
    Double,
    /// `|`: lines kept.
    Literal,
    /// `>`: lines folded.
    Folded,
}

/// A text scalar or a key.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Text {
    /// The text after quotes, escapes and folding are undone.
    pub value: String,
    /// The scalar in the file, quotes included.
    pub span: Span,
    /// How it is quoted.
    pub style: Style,
}

/// Any YAML value.
#[derive(Clone, Debug, PartialEq)]
pub struct Node {
    /// What it is.
    pub kind: Kind,
    /// Where it stands.
    pub span: Span,
}

/// What a [`Node`] is.
#[derive(Clone, Debug, PartialEq)]
pub enum Kind {
    /// `null`, `~` or nothing.
    Null,
    /// `true` or `false`.
    Bool(bool),
    /// A number, its digits as written.
    Number(Number),
    /// A text.
    Text(Text),
    /// A sequence.
    List(Vec<Node>),
    /// A mapping, in the order written, keys unique.
    Map(Vec<Entry>),
}

/// One key of a mapping and its value.
#[derive(Clone, Debug, PartialEq)]
pub struct Entry {
    /// The key.
    pub key: Text,
    /// Its value.
    pub value: Node,
}

/// A mapping from names of the author's choice to `T`, in the order written.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Keyed<T> {
    /// Name and value.
    pub entries: Vec<(Text, T)>,
}

impl Node {
    /// The value as JSON, without places.
    #[must_use]
    pub fn to_value(&self) -> Value {
        match &self.kind {
            Kind::Null => Value::Null,
            Kind::Bool(value) => Value::Bool(*value),
            Kind::Number(number) => Value::Number(number.clone()),
            Kind::Text(text) => Value::String(text.value.clone()),
            Kind::List(items) => Value::Array(items.iter().map(Self::to_value).collect()),
            Kind::Map(entries) => {
                entries.iter().map(|entry| (entry.key.value.clone(), entry.value.to_value())).collect()
            }
        }
    }

    /// What it is, in words, for messages.
    #[must_use]
    pub fn kind_name(&self) -> &'static str {
        match self.kind {
            Kind::Null => "nothing",
            Kind::Bool(_) => "a boolean",
            Kind::Number(_) => "a number",
            Kind::Text(_) => "text",
            Kind::List(_) => "a list",
            Kind::Map(_) => "a map",
        }
    }
}

impl<T> Keyed<T> {
    /// The entries, in the order written.
    pub fn iter(&self) -> impl Iterator<Item = &(Text, T)> {
        self.entries.iter()
    }

    /// The value under `name`.
    pub fn value(&self, name: &str) -> Option<&T> {
        self.entries.iter().find(|(key, _)| key.value == name).map(|(_, value)| value)
    }
}
