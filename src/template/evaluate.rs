//! Program + scope → value. Pure; bounded in output and in work.

use std::borrow::Cow;
use std::cell::Cell;
use std::ops::Range;

use serde_json::Value;

use super::helpers::{Arguments, is_true};
use super::program::{Block, BlockKind, Call, DataName, Expression, Part, Path, Start};
use super::render_error::{EscapeError, RenderError};
use super::scope::{Named, Scope};
use crate::value::{kind_of, text_of};

const MAX_OUTPUT: usize = 1024 * 1024;
const MAX_STEPS: usize = 100_000;
/// How much text a helper handles in one step.
const BYTES_PER_STEP: usize = 256;
/// The most that one helper may make.
const MAX_MADE: usize = 16 * 1024 * 1024;

/// A value, or nothing.
type Found<'a> = Option<Cow<'a, Value>>;

/// How a value becomes part of a text with a syntax of its own.
type Escape<'e> = Option<&'e dyn Fn(&str) -> Result<String, EscapeError>>;

/// One evaluation of one template.
///
/// Values stay borrowed from the scope and the template: a loop over a list does not copy it.
pub(super) struct Evaluation<'a> {
    scope: &'a Scope<'a>,
    /// What the enclosing `#each` and `#with` give, outermost first.
    levels: Vec<Level<'a>>,
    steps: Cell<usize>,
}

/// One turn of an `#each`, or a `#with`.
struct Level<'a> {
    value: Cow<'a, Value>,
    /// What `@index` and its kin say; a `#with` has none of its own.
    turn: Option<Turn<'a>>,
}

/// Which element of a list or map it is.
struct Turn<'a> {
    index: usize,
    key: Option<Cow<'a, str>>,
    last: bool,
}

/// Bytes that a part usually gives.
fn usual_length(part: &Part) -> usize {
    match part {
        Part::Text(text) => text.len(),
        Part::Value(_) => 16,
        Part::Block(_) => 32,
    }
}

impl<'a> Evaluation<'a> {
    pub(super) fn new(scope: &'a Scope<'a>) -> Self {
        Self { scope, levels: Vec::new(), steps: Cell::new(0) }
    }

    /// The value of an expression, absent and null told apart.
    pub(super) fn expression(&self, expression: &'a Expression) -> Result<Found<'a>, RenderError> {
        match expression {
            Expression::Literal(value) => Ok(Some(Cow::Borrowed(value))),
            Expression::Path(path) => Ok(self.path(path)),
            Expression::Call(call) => self.call(call).map(|value| value.map(Cow::Owned)),
        }
    }

    /// The text of a value; none if it is absent or null.
    pub(super) fn plain_text<'v>(
        &self,
        expression: &Expression,
        value: Option<&'v Value>,
    ) -> Result<Option<Cow<'v, str>>, RenderError> {
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
    pub(super) fn text(&mut self, parts: &'a [Part], escape: Escape<'_>) -> Result<String, RenderError> {
        let mut output = String::with_capacity(parts.iter().map(usual_length).sum());
        self.write(parts, escape, &mut output)?;
        Ok(output)
    }

    fn write(&mut self, parts: &'a [Part], escape: Escape<'_>, output: &mut String) -> Result<(), RenderError> {
        for part in parts {
            let at = match part {
                Part::Text(text) => {
                    output.push_str(text);
                    0..0
                }
                Part::Value(expression) => {
                    self.charge(1, || place(expression))?;
                    self.piece(expression, escape, output)?;
                    place(expression)
                }
                Part::Block(block) => {
                    self.charge(1, || place(&block.subject))?;
                    self.block(block, escape, output)?;
                    place(&block.subject)
                }
            };
            if output.len() > MAX_OUTPUT {
                return Err(RenderError::TooMuch { limit: "more than 1 MiB", at });
            }
        }
        Ok(())
    }

    fn piece(&self, expression: &'a Expression, escape: Escape<'_>, output: &mut String) -> Result<(), RenderError> {
        let value = self.expression(expression)?;
        let text = self.plain_text(expression, value.as_deref())?;
        let Some(escape) = escape else {
            output.push_str(&text.unwrap_or_default());
            return Ok(());
        };
        let absent = |found| RenderError::Absent { reference: written(expression), found, at: place(expression) };
        let text = text.ok_or_else(|| absent(if value.is_some() { "null" } else { "absent" }))?;
        if text.is_empty() {
            return Err(absent("empty"));
        }
        let escaped = escape(&text).map_err(|error| RenderError::Escape {
            reference: written(expression),
            reason: error.0,
            at: place(expression),
        })?;
        output.push_str(&escaped);
        Ok(())
    }

    fn block(&mut self, block: &'a Block, escape: Escape<'_>, output: &mut String) -> Result<(), RenderError> {
        let subject = self.expression(&block.subject)?;
        match block.kind {
            BlockKind::If | BlockKind::Unless => {
                let zero = block.zero_is_true && matches!(subject.as_deref(), Some(Value::Number(_)));
                let holds = zero || is_true(subject.as_deref());
                let taken = if holds == (block.kind == BlockKind::If) { &block.body } else { &block.inverse };
                self.write(taken, escape, output)
            }
            BlockKind::With => match subject.filter(|value| is_subject(value)) {
                Some(value) => self.inside(Level { value, turn: None }, &block.body, escape, output),
                None => self.write(&block.inverse, escape, output),
            },
            BlockKind::Each => {
                let elements = elements_of(subject);
                if elements.is_empty() {
                    return self.write(&block.inverse, escape, output);
                }
                let count = elements.len();
                for (index, (key, value)) in elements.into_iter().enumerate() {
                    self.charge(1, || place(&block.subject))?;
                    let turn = Some(Turn { index, key, last: index + 1 == count });
                    self.inside(Level { value, turn }, &block.body, escape, output)?;
                }
                Ok(())
            }
        }
    }

    fn inside(
        &mut self,
        level: Level<'a>,
        body: &'a [Part],
        escape: Escape<'_>,
        output: &mut String,
    ) -> Result<(), RenderError> {
        self.levels.push(level);
        let written = self.write(body, escape, output);
        self.levels.pop();
        written
    }

    fn path(&self, path: &'a Path) -> Found<'a> {
        let (start, keys): (Cow<'_, Value>, &[String]) = match &path.start {
            Start::Scope => {
                let (root, keys) = path.keys.split_first()?;
                let (value, keys) = match (self.scope.get(root)?, keys.split_first()) {
                    (Named::Value(value), _) => (value, keys),
                    (Named::Fields(fields), Some((name, keys))) => (fields.get(name)?, keys),
                    (Named::Fields(fields), None) => return Some(Cow::Owned(fields.to_value())),
                };
                return keys.iter().try_fold(value, |value, key| step(value, key)).map(Cow::Borrowed);
            }
            Start::Context(level) | Start::Name(level, 0) => match &self.level(*level)?.value {
                Cow::Borrowed(value) => {
                    return path.keys.iter().try_fold(*value, |value, key| step(value, key)).map(Cow::Borrowed);
                }
                Cow::Owned(value) => (Cow::Borrowed(value), &path.keys),
            },
            Start::Name(level, _) => (Cow::Owned(self.level(*level)?.turn.as_ref()?.position()), &path.keys),
            Start::Data(level, name) => (Cow::Owned(self.level(*level)?.turn.as_ref()?.data(*name)), &path.keys),
        };
        // What a helper made lives no longer than its level.
        keys.iter().try_fold(&*start, |value, key| step(value, key)).cloned().map(Cow::Owned)
    }

    fn level(&self, level: usize) -> Option<&Level<'a>> {
        self.levels.iter().rev().nth(level)
    }

    fn call(&self, call: &'a Call) -> Result<Option<Value>, RenderError> {
        let at = || call.at.clone();
        let values = call.arguments.iter().map(|argument| self.expression(argument)).collect::<Result<Vec<_>, _>>()?;
        let mut named = Vec::with_capacity(call.named.len());
        for (name, value) in &call.named {
            named.push((name.as_str(), self.expression(value)?));
        }
        let handled: usize = values.iter().flatten().map(|value| size_of(value)).sum();
        self.charge(1 + handled / BYTES_PER_STEP, at)?;
        let arguments = Arguments { values, named, moment: self.scope.moment() };
        let made = (call.helper.call)(&arguments).map_err(|error| RenderError::Helper {
            helper: call.helper.name,
            reason: error.0,
            at: call.at.clone(),
        })?;
        let size = made.as_ref().map_or(0, size_of);
        if size > MAX_MADE {
            return Err(RenderError::TooMuch { limit: "more than 16 MiB out of one helper", at: at() });
        }
        self.charge(size / BYTES_PER_STEP, at)?;
        Ok(made)
    }

    /// Counts work, so that no template runs long, whatever the data.
    fn charge(&self, steps: usize, at: impl Fn() -> Range<usize>) -> Result<(), RenderError> {
        self.steps.set(self.steps.get().saturating_add(steps));
        if self.steps.get() > MAX_STEPS {
            return Err(RenderError::TooMuch { limit: "more than 100000 steps", at: at() });
        }
        Ok(())
    }
}

/// The elements of a list, or of a map with their keys; none of anything else.
fn elements_of(subject: Found<'_>) -> Vec<(Option<Cow<'_, str>>, Cow<'_, Value>)> {
    match subject {
        Some(Cow::Borrowed(Value::Array(items))) => items.iter().map(|item| (None, Cow::Borrowed(item))).collect(),
        Some(Cow::Borrowed(Value::Object(map))) => {
            map.iter().map(|(key, value)| (Some(Cow::Borrowed(key.as_str())), Cow::Borrowed(value))).collect()
        }
        Some(Cow::Owned(Value::Array(items))) => items.into_iter().map(|item| (None, Cow::Owned(item))).collect(),
        Some(Cow::Owned(Value::Object(map))) => {
            map.into_iter().map(|(key, value)| (Some(Cow::Owned(key)), Cow::Owned(value))).collect()
        }
        _ => Vec::new(),
    }
}

/// About how many bytes of text or list a helper handles; what is nested in a list is not counted.
fn size_of(value: &Value) -> usize {
    match value {
        Value::String(text) => text.len(),
        Value::Array(items) => items.len().saturating_mul(16),
        Value::Object(map) => map.len().saturating_mul(16),
        _ => 0,
    }
}

impl Turn<'_> {
    /// What the second name after `as` holds.
    fn position(&self) -> Value {
        self.key.as_deref().map_or_else(|| Value::from(self.index), Value::from)
    }

    fn data(&self, name: DataName) -> Value {
        match name {
            DataName::Index => Value::from(self.index),
            DataName::Key => self.position(),
            DataName::First => Value::Bool(self.index == 0),
            DataName::Last => Value::Bool(self.last),
        }
    }
}

/// `#with` looks at anything but nothing: absent, null, false, "" and [] (Handlebars' `isEmpty`).
fn is_subject(value: &Value) -> bool {
    matches!(value, Value::Number(_)) || is_true(Some(value))
}

/// One step down; a name in a map, a number in a list as it is written (not `01`, not `+1`).
pub(super) fn step<'v>(value: &'v Value, key: &str) -> Option<&'v Value> {
    match value {
        Value::Object(map) => map.get(key),
        Value::Array(items) => items.get(key.parse::<usize>().ok().filter(|index| index.to_string() == key)?),
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

fn place(expression: &Expression) -> Range<usize> {
    match expression {
        Expression::Literal(_) => 0..0,
        Expression::Path(path) => path.at.clone(),
        Expression::Call(call) => call.at.clone(),
    }
}
