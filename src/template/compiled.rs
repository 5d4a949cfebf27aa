//! A compiled template and what can be asked of it.

use std::borrow::Cow;
use std::ops::Range;

use serde_json::Value;

use super::evaluate::{Evaluation, place};
use super::parse::parse;
use super::program::{Block, BlockKind, Expression, Part, Path, Start};
use super::render_error::{EscapeError, RenderError};
use super::scope::Scope;
use crate::diagnostic::Fault;
use crate::value::{NODE_SIZE, deep_size};

/// A template, checked and ready to be evaluated.
#[derive(Clone, Debug)]
pub struct Template {
    text: String,
    parts: Vec<Part>,
}

/// A path that begins at a root or a name of the scope.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Reference {
    /// The names, the root first.
    pub path: Vec<String>,
    /// Where in the template's text.
    pub at: Range<usize>,
}

impl Template {
    /// Parses and checks a template.
    ///
    /// # Errors
    /// Every fault that could be found, at its place in `text`.
    pub fn compile(text: &str) -> Result<Self, Vec<Fault>> {
        let mut parts = parse(text)?;
        parts.shrink_to_fit();
        Ok(Self { text: text.to_owned(), parts })
    }

    /// The text it was compiled from.
    #[must_use]
    pub fn text(&self) -> &str {
        &self.text
    }

    /// The text it always gives, if there is no expression in it.
    #[must_use]
    pub fn constant(&self) -> Option<&str> {
        match self.parts.as_slice() {
            [] => Some(""),
            [Part::Text(text)] => Some(text),
            _ => None,
        }
    }

    /// Whether it is exactly one expression, so that the JSON type of its value is kept.
    #[must_use]
    pub fn is_lone(&self) -> bool {
        matches!(self.parts.as_slice(), [Part::Value(_)])
    }

    /// Every path that begins outside the template, in the order of the text. Gathered anew, since only compiling asks.
    #[must_use]
    pub fn references(&self) -> Vec<Reference> {
        let mut references = Vec::new();
        collect(&self.parts, &mut references);
        references.sort_by_key(|reference| reference.at.start);
        references
    }

    /// The references whose absence leaves nothing, or a hole, given which are surely there.
    #[must_use]
    pub fn unassigned(&self, assigned: &dyn Fn(&Reference) -> bool) -> Vec<Reference> {
        let mut missing = Vec::new();
        holes_of_parts(&self.parts, assigned, &mut missing);
        let mut references = self.references();
        references.retain(|reference| missing.contains(&reference.at));
        references
    }

    /// The value: a lone expression's with its type, absent if it is; otherwise a text.
    ///
    /// # Errors
    /// A helper that refuses its arguments, or a list or map inside text.
    pub fn value(&self, scope: &Scope<'_>) -> Result<Option<Value>, RenderError> {
        let mut evaluation = Evaluation::new(scope);
        match self.parts.as_slice() {
            [Part::Value(expression)] => {
                let value = evaluation.expression(expression)?;
                if let Some(Cow::Borrowed(value)) = &value {
                    evaluation.charge_bytes(deep_size(value), || place(expression))?;
                }
                Ok(value.map(Cow::into_owned))
            }
            parts => {
                evaluation.charge_bytes(NODE_SIZE, || 0..0)?;
                evaluation.text(parts, None).map(|text| Some(Value::String(text)))
            }
        }
    }

    /// Hands the value on as [`Self::value`] gives it, without a copy where it stands in the scope.
    ///
    /// # Errors
    /// As [`Self::value`].
    pub fn with_value<T>(&self, scope: &Scope<'_>, take: impl FnOnce(Option<&Value>) -> T) -> Result<T, RenderError> {
        match self.parts.as_slice() {
            [Part::Value(expression)] => Ok(take(Evaluation::new(scope).expression(expression)?.as_deref())),
            _ => Ok(take(self.value(scope)?.as_ref())),
        }
    }

    /// The value as text; a lone expression that is absent or null gives none.
    ///
    /// # Errors
    /// As [`Self::value`]; also a lone expression that is a list or map.
    pub fn string(&self, scope: &Scope<'_>) -> Result<Option<String>, RenderError> {
        let mut evaluation = Evaluation::new(scope);
        match self.parts.as_slice() {
            [Part::Value(expression)] => {
                let value = evaluation.expression(expression)?;
                let text = evaluation.plain_text(expression, value.as_deref())?;
                evaluation.charge_bytes(text.as_ref().map_or(0, |text| text.len()), || place(expression))?;
                Ok(text.map(Cow::into_owned))
            }
            parts => evaluation.text(parts, None).map(Some),
        }
    }

    /// Text for a place with a syntax of its own: what is written stands, every value passes `escape`.
    ///
    /// # Errors
    /// A value that is absent, null or empty, or that `escape` refuses.
    pub fn escaped(
        &self,
        scope: &Scope<'_>,
        escape: &dyn Fn(&str) -> Result<String, EscapeError>,
    ) -> Result<String, RenderError> {
        Evaluation::new(scope).text(&self.parts, Some(escape))
    }
}

fn collect(parts: &[Part], references: &mut Vec<Reference>) {
    for part in parts {
        match part {
            Part::Text(_) => {}
            Part::Value(expression) => collect_expression(expression, references),
            Part::Block(block) => {
                collect_expression(&block.subject, references);
                collect(&block.body, references);
                collect(&block.inverse, references);
            }
        }
    }
}

fn collect_expression(expression: &Expression, references: &mut Vec<Reference>) {
    match expression {
        Expression::Literal(_) => {}
        Expression::Path(path) => references.extend(reference(path)),
        Expression::Call(call) => {
            let arguments = call.arguments.iter().chain(call.named.iter().map(|(_, value)| value));
            arguments.for_each(|argument| collect_expression(argument, references));
        }
    }
}

fn reference(path: &Path) -> Option<Reference> {
    (path.start == Start::Scope).then(|| Reference { path: path.keys.clone(), at: path.at.clone() })
}

/// Places of the references that may leave a hole.
fn holes_of_parts(parts: &[Part], assigned: &dyn Fn(&Reference) -> bool, holes: &mut Vec<Range<usize>>) {
    for part in parts {
        match part {
            Part::Text(_) => {}
            Part::Value(expression) => holes_of(expression, assigned, holes),
            Part::Block(block) => holes_of_block(block, assigned, holes),
        }
    }
}

fn holes_of_block(block: &Block, assigned: &dyn Fn(&Reference) -> bool, holes: &mut Vec<Range<usize>>) {
    // `{{#if vars.x}}{{vars.x}}{{/if}}` leaves no hole: inside, the subject is there.
    let mut there = Vec::new();
    present_if_true(&block.subject, &mut there);
    let inside = |seen: &Reference| assigned(seen) || there.iter().any(|path| path.starts_with(&seen.path));
    match block.kind {
        BlockKind::If | BlockKind::With | BlockKind::Each => {
            holes_of_parts(&block.body, &inside, holes);
            holes_of_parts(&block.inverse, assigned, holes);
        }
        BlockKind::Unless => {
            holes_of_parts(&block.body, assigned, holes);
            holes_of_parts(&block.inverse, &inside, holes);
        }
    }
}

/// The paths that are there if the expression is true; what they begin with is there as well.
fn present_if_true<'e>(expression: &'e Expression, there: &mut Vec<&'e [String]>) {
    match expression {
        Expression::Path(path) if path.start == Start::Scope => there.push(&path.keys),
        Expression::Call(call) if call.helper.name == "and" => {
            call.arguments.iter().for_each(|argument| present_if_true(argument, there));
        }
        _ => {}
    }
}

fn holes_of(expression: &Expression, assigned: &dyn Fn(&Reference) -> bool, holes: &mut Vec<Range<usize>>) {
    match expression {
        Expression::Literal(_) => {}
        Expression::Path(path) => holes.extend(reference(path).filter(|seen| !assigned(seen)).map(|seen| seen.at)),
        Expression::Call(call) if call.helper.name == "default" => {
            let mut found = Vec::new();
            for argument in &call.arguments {
                let mut of_this = Vec::new();
                holes_of(argument, assigned, &mut of_this);
                if of_this.is_empty() {
                    return;
                }
                found.extend(of_this);
            }
            holes.extend(found);
        }
        Expression::Call(call) if is_question(call.helper.name) => {}
        Expression::Call(call) => {
            // Without its word `choose` takes `else`, if there is one.
            let has_else = call.helper.name == "choose" && call.named.iter().any(|(name, _)| name == "else");
            let arguments = call.arguments.iter().filter(|_| !has_else);
            arguments
                .chain(call.named.iter().map(|(_, value)| value))
                .for_each(|argument| holes_of(argument, assigned, holes));
        }
    }
}

/// Helpers that always answer in full, whatever is absent.
fn is_question(name: &str) -> bool {
    matches!(name, "eq" | "ne" | "and" | "or" | "not" | "len")
}
