//! Program + scope → value. Pure; bounded in output and in work.

use std::borrow::Cow;

use serde_json::Value;

use super::helpers::{Arguments, is_true};
use super::program::{Block, BlockKind, Call, DataName, Expression, Part, Path, Start};
use super::render_error::{EscapeError, RenderError};
use super::scope::Scope;
use crate::value::{kind_of, text_of};

const MAX_OUTPUT: usize = 1024 * 1024;
const MAX_TURNS: usize = 100_000;

/// A value, or nothing.
type Found<'a> = Option<Cow<'a, Value>>;

/// How a value becomes part of a text with a syntax of its own.
type Escape<'e> = Option<&'e dyn Fn(&str) -> Result<String, EscapeError>>;

/// One evaluation of one template.
pub(super) struct Evaluation<'a> {
    scope: &'a Scope<'a>,
    /// What the enclosing `#each` and `#with` give, outermost first.
    levels: Vec<Level>,
    turns: usize,
}

/// One turn of an `#each`, or a `#with`.
struct Level {
    value: Value,
    index: usize,
    key: Option<String>,
    last: bool,
}

impl<'a> Evaluation<'a> {
    pub(super) fn new(scope: &'a Scope<'a>) -> Self {
        Self { scope, levels: Vec::new(), turns: 0 }
    }

    /// The value of an expression, absent and null told apart.
    pub(super) fn expression<'s>(&'s self, expression: &'s Expression) -> Result<Found<'s>, RenderError> {
        match expression {
            Expression::Literal(value) => Ok(Some(Cow::Borrowed(value))),
            Expression::Path(path) => Ok(self.path(path)),
            Expression::Call(call) => self.call(call).map(|value| value.map(Cow::Owned)),
        }
    }

    /// The text of a value; none if it is absent or null.
    pub(super) fn plain_text(
        &self,
        expression: &Expression,
        value: Option<&Value>,
    ) -> Result<Option<String>, RenderError> {
        match value {
            None | Some(Value::Null) => Ok(None),
            Some(value) => text_of(value).map(Some).ok_or_else(|| RenderError::NotText {
                reference: written(expression),
                found: kind_of(Some(value)),
                at: place(expression),
            }),
        }
    }

    /// The text of several parts.
    pub(super) fn text(&mut self, parts: &[Part], escape: Escape<'_>) -> Result<String, RenderError> {
        let mut output = String::new();
        self.write(parts, escape, &mut output)?;
        Ok(output)
    }

    fn write(&mut self, parts: &[Part], escape: Escape<'_>, output: &mut String) -> Result<(), RenderError> {
        for part in parts {
            self.turns += 1;
            if self.turns > MAX_TURNS {
                return Err(RenderError::TooMuch { limit: "more than 100000 steps" });
            }
            match part {
                Part::Text(text) => output.push_str(text),
                Part::Value(expression) => output.push_str(&self.piece(expression, escape)?),
                Part::Block(block) => self.block(block, escape, output)?,
            }
            if output.len() > MAX_OUTPUT {
                return Err(RenderError::TooMuch { limit: "more than 1 MiB" });
            }
        }
        Ok(())
    }

    fn piece(&self, expression: &Expression, escape: Escape<'_>) -> Result<String, RenderError> {
        let value = self.expression(expression)?;
        let text = self.plain_text(expression, value.as_deref())?;
        let Some(escape) = escape else { return Ok(text.unwrap_or_default()) };
        let absent = |found| RenderError::Absent { reference: written(expression), found, at: place(expression) };
        let text = text.ok_or_else(|| absent(if value.is_some() { "null" } else { "absent" }))?;
        if text.is_empty() {
            return Err(absent("empty"));
        }
        escape(&text).map_err(|error| RenderError::Escape {
            reference: written(expression),
            reason: error.0,
            at: place(expression),
        })
    }

    fn block(&mut self, block: &Block, escape: Escape<'_>, output: &mut String) -> Result<(), RenderError> {
        let subject = self.expression(&block.subject)?.map(Cow::into_owned);
        match block.kind {
            BlockKind::If | BlockKind::Unless => {
                let zero = block.zero_is_true && matches!(&subject, Some(Value::Number(_)));
                let holds = zero || is_true(subject.as_ref());
                let taken = if holds == (block.kind == BlockKind::If) { &block.body } else { &block.inverse };
                self.write(taken, escape, output)
            }
            BlockKind::With => match subject.filter(is_subject) {
                Some(value) => {
                    let level = Level { value, index: 0, key: None, last: true };
                    self.inside(level, &block.body, escape, output)
                }
                None => self.write(&block.inverse, escape, output),
            },
            BlockKind::Each => self.each(block, subject, escape, output),
        }
    }

    fn each(
        &mut self,
        block: &Block,
        subject: Option<Value>,
        escape: Escape<'_>,
        output: &mut String,
    ) -> Result<(), RenderError> {
        let elements: Vec<(Option<String>, Value)> = match subject {
            Some(Value::Array(items)) => items.into_iter().map(|item| (None, item)).collect(),
            Some(Value::Object(map)) => map.into_iter().map(|(key, value)| (Some(key), value)).collect(),
            _ => Vec::new(),
        };
        if elements.is_empty() {
            return self.write(&block.inverse, escape, output);
        }
        let count = elements.len();
        for (index, (key, value)) in elements.into_iter().enumerate() {
            let level = Level { value, index, key, last: index + 1 == count };
            self.inside(level, &block.body, escape, output)?;
        }
        Ok(())
    }

    fn inside(
        &mut self,
        level: Level,
        body: &[Part],
        escape: Escape<'_>,
        output: &mut String,
    ) -> Result<(), RenderError> {
        self.levels.push(level);
        let written = self.write(body, escape, output);
        self.levels.pop();
        written
    }

    fn path<'s>(&'s self, path: &'s Path) -> Found<'s> {
        let (start, keys): (Found<'s>, &[String]) = match &path.start {
            Start::Scope => {
                let (root, keys) = path.keys.split_first()?;
                (self.scope.get(root).map(Cow::Borrowed), keys)
            }
            Start::Context(level) => (Some(Cow::Borrowed(&self.level(*level)?.value)), &path.keys),
            Start::Name(level, 0) => (Some(Cow::Borrowed(&self.level(*level)?.value)), &path.keys),
            Start::Name(level, _) => (Some(Cow::Owned(self.level(*level)?.position())), &path.keys),
            Start::Data(level, name) => (self.level(*level)?.data(*name).map(Cow::Owned), &path.keys),
        };
        keys.iter().try_fold(start?, |value, key| descend(value, key))
    }

    fn level(&self, level: usize) -> Option<&Level> {
        self.levels.iter().rev().nth(level)
    }

    fn call(&self, call: &Call) -> Result<Option<Value>, RenderError> {
        let values = call.arguments.iter().map(|argument| self.expression(argument)).collect::<Result<Vec<_>, _>>()?;
        let mut named = Vec::with_capacity(call.named.len());
        for (name, value) in &call.named {
            named.push((name.as_str(), self.expression(value)?));
        }
        let arguments = Arguments { values, named, moment: self.scope.moment() };
        (call.helper.call)(&arguments).map_err(|error| RenderError::Helper {
            helper: call.helper.name,
            reason: error.0,
            at: call.at.clone(),
        })
    }
}

impl Level {
    /// What the second name after `as` holds.
    fn position(&self) -> Value {
        self.key.clone().map_or_else(|| Value::from(self.index), Value::String)
    }

    fn data(&self, name: DataName) -> Option<Value> {
        match name {
            DataName::Index => Some(Value::from(self.index)),
            DataName::Key => Some(self.position()),
            DataName::First => Some(Value::Bool(self.index == 0)),
            DataName::Last => Some(Value::Bool(self.last)),
        }
    }
}

/// `#with` looks at anything but nothing: absent, null, false, "" and [] (Handlebars' `isEmpty`).
fn is_subject(value: &Value) -> bool {
    matches!(value, Value::Number(_)) || is_true(Some(value))
}

/// One step down; a name in a map, a number in a list.
fn descend<'v>(value: Cow<'v, Value>, key: &str) -> Option<Cow<'v, Value>> {
    match value {
        Cow::Borrowed(value) => step(value, key).map(Cow::Borrowed),
        Cow::Owned(value) => step(&value, key).cloned().map(Cow::Owned),
    }
}

fn step<'v>(value: &'v Value, key: &str) -> Option<&'v Value> {
    match value {
        Value::Object(map) => map.get(key),
        Value::Array(items) => items.get(key.parse::<usize>().ok()?),
        _ => None,
    }
}

/// An expression as its author wrote it, shortened to its name.
fn written(expression: &Expression) -> String {
    match expression {
        Expression::Literal(_) => "a literal".to_owned(),
        Expression::Path(path) => path.text.clone(),
        Expression::Call(call) => format!("{} …", call.helper.name),
    }
}

fn place(expression: &Expression) -> std::ops::Range<usize> {
    match expression {
        Expression::Literal(_) => 0..0,
        Expression::Path(path) => path.at.clone(),
        Expression::Call(call) => call.at.clone(),
    }
}
