//! Program + scope → value. Pure; what is visited and written is charged to the budget of the scope.

use std::borrow::Cow;
use std::ops::Range;

use serde_json::Value;

use super::helpers::{Arguments, HelperError, is_true};
use super::program::{Block, BlockKind, Call, DataName, Expression, Part, Path, Start};
use super::render_error::{EscapeError, RenderError};
use super::scope::{Named, Scope};
use crate::budget::Exhausted;
use crate::value::{FieldMap, MEMBER_SIZE, deep_size, kind_of, text_of};

/// How much text a helper handles in one step.
const BYTES_PER_STEP: usize = 16;

/// A value, or nothing.
type Evaluated<'a> = Option<Cow<'a, Value>>;

/// How a value becomes part of a text with a syntax of its own.
type Escape<'e> = Option<&'e dyn Fn(&str) -> Result<String, EscapeError>>;

/// One evaluation of one template.
///
/// Values stay borrowed from the scope and the template: a loop over a list does not copy it.
pub(super) struct Evaluation<'a> {
    scope: &'a Scope<'a>,
    /// What the enclosing `#each` and `#with` give, outermost first.
    levels: Vec<Level<'a>>,
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
        Self { scope, levels: Vec::new() }
    }

    /// The value of an expression, absent and null told apart.
    pub(super) fn expression(&self, expression: &'a Expression) -> Result<Evaluated<'a>, RenderError> {
        match expression {
            Expression::Literal(value) => Ok(Some(Cow::Borrowed(value))),
            Expression::Path(path) => self.path(path),
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
        // uncharged: the parts of the definition.
        let mut output = String::with_capacity(parts.iter().map(usual_length).sum());
        self.write(parts, escape, &mut output)?;
        Ok(output)
    }

    fn write(&mut self, parts: &'a [Part], escape: Escape<'_>, output: &mut String) -> Result<(), RenderError> {
        for part in parts {
            match part {
                Part::Text(text) => {
                    self.charge_bytes(text.len(), || 0..0)?;
                    output.push_str(text);
                }
                Part::Value(expression) => {
                    self.charge(1, || place(expression))?;
                    self.piece(expression, escape, output)?;
                }
                Part::Block(block) => {
                    self.charge(1, || place(&block.subject))?;
                    self.block(block, escape, output)?;
                }
            }
        }
        Ok(())
    }

    fn piece(&self, expression: &'a Expression, escape: Escape<'_>, output: &mut String) -> Result<(), RenderError> {
        let value = self.expression(expression)?;
        let text = self.plain_text(expression, value.as_deref())?;
        let Some(escape) = escape else {
            let text = text.unwrap_or_default();
            self.charge_bytes(text.len(), || place(expression))?;
            output.push_str(&text);
            return Ok(());
        };
        let absent = |found| RenderError::Absent { reference: written(expression), found, at: place(expression) };
        let text = text.ok_or_else(|| absent(if value.is_some() { "null" } else { "absent" }))?;
        if text.is_empty() {
            return Err(absent("empty"));
        }
        self.charge_bytes(text.len(), || place(expression))?;
        let escaped = escape(&text).map_err(|error| RenderError::Escape {
            reference: written(expression),
            reason: error.0,
            at: place(expression),
        })?;
        self.charge_bytes(escaped.len().saturating_sub(text.len()), || place(expression))?;
        output.push_str(&escaped);
        Ok(())
    }

    fn block(&mut self, block: &'a Block, escape: Escape<'_>, output: &mut String) -> Result<(), RenderError> {
        // uncharged: every turn is charged by `each`.
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
            BlockKind::Each => match subject {
                Some(Cow::Borrowed(Value::Array(items))) if !items.is_empty() => {
                    self.each(block, items.iter().map(|item| (None, Cow::Borrowed(item))), escape, output)
                }
                Some(Cow::Borrowed(Value::Object(map))) if !map.is_empty() => {
                    let members = map.iter().map(|(key, value)| (Some(Cow::Borrowed(&**key)), Cow::Borrowed(value)));
                    self.each(block, members, escape, output)
                }
                Some(Cow::Owned(Value::Array(items))) if !items.is_empty() => {
                    self.each(block, items.into_iter().map(|item| (None, Cow::Owned(item))), escape, output)
                }
                Some(Cow::Owned(Value::Object(map))) if !map.is_empty() => {
                    let members = map.into_iter().map(|(key, value)| (Some(Cow::Owned(key)), Cow::Owned(value)));
                    self.each(block, members, escape, output)
                }
                _ => self.write(&block.inverse, escape, output),
            },
        }
    }

    /// The body once for each element of a list, or of a map with its key.
    fn each(
        &mut self,
        block: &'a Block,
        elements: impl ExactSizeIterator<Item = (Option<Cow<'a, str>>, Cow<'a, Value>)>,
        escape: Escape<'_>,
        output: &mut String,
    ) -> Result<(), RenderError> {
        let count = elements.len();
        for (index, (key, value)) in elements.enumerate() {
            self.charge(1, || place(&block.subject))?;
            let turn = Some(Turn { index, key, last: index + 1 == count });
            self.inside(Level { value, turn }, &block.body, escape, output)?;
        }
        Ok(())
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

    /// The value of a path; a copy, which is charged, only of what has no place of its own.
    fn path(&self, path: &'a Path) -> Result<Evaluated<'a>, RenderError> {
        // One key is a part of the step that its expression is.
        self.charge(path.keys.len() / 8, || path.at.clone())?;
        match self.found(path) {
            None => Ok(None),
            Some(Place::Kept(value)) => Ok(Some(Cow::Borrowed(value))),
            Some(Place::Made(value)) => Ok(Some(Cow::Owned(value))),
            Some(Place::Fields(fields)) => {
                let size = fields.iter().map(|(name, value)| MEMBER_SIZE + name.len() + deep_size(value)).sum();
                self.charge_bytes(size, || path.at.clone())?;
                Ok(Some(Cow::Owned(fields.to_value())))
            }
            // What a helper made lives no longer than its level.
            Some(Place::OfLevel(value)) => {
                self.charge_bytes(deep_size(value), || path.at.clone())?;
                Ok(Some(Cow::Owned(value.clone())))
            }
        }
    }

    fn found<'s>(&'s self, path: &'a Path) -> Option<Place<'s, 'a>> {
        // uncharged: the keys of a path, which its caller charges.
        let below = |value, keys: &[String]| keys.iter().try_fold(value, |value, key| step(value, key));
        match &path.start {
            Start::Scope => {
                let (root, keys) = path.keys.split_first()?;
                match (self.scope.get(root)?, keys.split_first()) {
                    (Named::Value(value), _) => below(value, keys).map(Place::Kept),
                    (Named::Fields(fields), Some((name, keys))) => below(fields.get(name)?, keys).map(Place::Kept),
                    (Named::Fields(fields), None) => Some(Place::Fields(fields)),
                }
            }
            Start::Context(level) | Start::Name(level, 0) => match &self.level(*level)?.value {
                Cow::Borrowed(value) => below(value, &path.keys).map(Place::Kept),
                Cow::Owned(value) => {
                    path.keys.iter().try_fold(value, |value, key| step(value, key)).map(Place::OfLevel)
                }
            },
            // A number, a text or a flag has nothing below it.
            Start::Name(level, _) if path.keys.is_empty() => {
                Some(Place::Made(self.level(*level)?.turn.as_ref()?.position()))
            }
            Start::Data(level, name) if path.keys.is_empty() => {
                Some(Place::Made(self.level(*level)?.turn.as_ref()?.data(*name)))
            }
            Start::Name(..) | Start::Data(..) => None,
        }
    }

    fn level(&self, level: usize) -> Option<&Level<'a>> {
        // uncharged: as many levels as the definition nests.
        self.levels.iter().rev().nth(level)
    }

    fn call(&self, call: &'a Call) -> Result<Option<Value>, RenderError> {
        let at = || call.at.clone();
        let values = call.arguments.iter().map(|argument| self.expression(argument)).collect::<Result<Vec<_>, _>>()?;
        let mut named = Vec::with_capacity(call.named.len());
        for (name, value) in &call.named {
            named.push((name.as_str(), self.expression(value)?));
        }
        let texts = values.iter().chain(named.iter().map(|(_, value)| value)).flatten();
        let handled: usize = texts.map(|value| if let Value::String(text) = &**value { text.len() } else { 0 }).sum();
        self.charge(1 + handled / BYTES_PER_STEP, at)?;
        let arguments = Arguments { values, named, clock: self.scope.clock(), budget: self.scope.budget() };
        let made = (call.helper.call)(&arguments).map_err(|error| match error {
            HelperError::Exhausted(exhausted) => RenderError::Exhausted { exhausted, at: at() },
            HelperError::Unfit(reason) => RenderError::Helper { helper: call.helper.name, reason, at: at() },
        })?;
        // A boolean or a number, of which a condition makes many, is no burden on the memory.
        match &made {
            None | Some(Value::Null | Value::Bool(_) | Value::Number(_)) => {}
            Some(made) => self.charge_bytes(deep_size(made), at)?,
        }
        Ok(made)
    }

    /// Charges nodes, or what counts as so many.
    fn charge(&self, steps: usize, at: impl Fn() -> Range<usize>) -> Result<(), RenderError> {
        exhausted_at(self.scope.budget().charge_steps(steps), at)
    }

    /// Charges what is written or copied.
    pub(super) fn charge_bytes(&self, bytes: usize, at: impl Fn() -> Range<usize>) -> Result<(), RenderError> {
        exhausted_at(self.scope.budget().charge_bytes(bytes), at)
    }
}

fn exhausted_at(charged: Result<(), Exhausted>, at: impl Fn() -> Range<usize>) -> Result<(), RenderError> {
    charged.map_err(|exhausted| RenderError::Exhausted { exhausted, at: at() })
}

/// Where the value of a path is.
enum Place<'s, 'a> {
    /// In the scope.
    Kept(&'a Value),
    /// In a level of this evaluation, for a while.
    OfLevel(&'s Value),
    /// Nowhere yet: the fields of a root as one map.
    Fields(&'a FieldMap),
    /// Nowhere else.
    Made(Value),
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

pub(super) fn place(expression: &Expression) -> Range<usize> {
    match expression {
        Expression::Literal(_) => 0..0,
        Expression::Path(path) => path.at.clone(),
        Expression::Call(call) => call.at.clone(),
    }
}
