//! Answer → captured values. Pure.

use serde_json::Value;

use crate::budget::{Budget, Exhausted};
use crate::call::ServiceAnswer;
use crate::catalog::{Alternative, Capture, CaptureSource};
use crate::json_path::{JsonPath, PathError};
use crate::keyword::{As, Pick};
use crate::template::Scope;
use crate::value::{decode_json, deep_size, exact_digits, is_integer, kind_of, text_of, write_json};

/// Why a value cannot be captured; names paths and types, never values.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum MapError {
    /// Nothing where something is required.
    #[error("{origin} found nothing{near}")]
    Missing {
        /// The path, header or template.
        origin: String,
        /// A near miss, or nothing.
        near: String,
    },
    /// Text that the pattern of a required capture matches nowhere.
    #[error("{origin} found text, but its `regex` matches nothing in it")]
    NoMatch {
        /// The path, header or template.
        origin: String,
    },
    /// A path finds several nodes and nothing says which.
    #[error("`{path}` found {count} values; say `pick: first`, `last`, `only`, `all` or `join`")]
    Several {
        /// The path.
        path: String,
        /// How many.
        count: usize,
    },
    /// A path finds several nodes and `pick: only` says that it must not.
    #[error("`{path}` found {count} values, where only one may be")]
    NotOnly {
        /// The path.
        path: String,
        /// How many.
        count: usize,
    },
    /// The value is of another type than asked for.
    #[error("{origin} found {found}, which is not {wanted}")]
    Type {
        /// The path, header or template.
        origin: String,
        /// What was found.
        found: &'static str,
        /// What was asked for.
        wanted: &'static str,
    },
    /// The body cannot be read.
    #[error("the body of the answer cannot be read: {0}")]
    Broken(String),
    /// A template failed.
    #[error("{0}")]
    Failed(String),
    /// The work takes more than the call may.
    #[error("{origin}: {exhausted}")]
    Exhausted {
        /// The path, header or template.
        origin: String,
        /// Which bound.
        exhausted: Exhausted,
    },
}

impl MapError {
    /// Whether the budget of the call ended it, and how.
    #[must_use]
    pub fn exhausted(&self) -> Option<Exhausted> {
        match self {
            Self::Exhausted { exhausted, .. } => Some(*exhausted),
            _ => None,
        }
    }
}

/// The value of a capture; `None` if nothing was found and nothing is required.
///
/// # Errors
/// What was asked for and what was found instead.
pub fn capture_value(
    capture: &Capture,
    scope: &Scope<'_>,
    answer: Option<&ServiceAnswer>,
) -> Result<Option<Value>, MapError> {
    let found = find(capture, scope, answer)?;
    let found = match (&capture.regex, found) {
        (Some((regex, group)), Some(value)) => {
            let text = text_of(&value).ok_or_else(|| not(capture, &value, "text to search in"))?;
            scope.budget().charge_bytes(text.len()).map_err(over(capture))?;
            let matched = regex.group(&text, *group, scope.budget()).map_err(over(capture))?.map(str::to_owned);
            if matched.is_none() && capture.required && capture.default.is_none() {
                return Err(MapError::NoMatch { origin: source_text(capture) });
            }
            matched.map(Value::String)
        }
        (_, found) => found,
    };
    match found {
        Some(value) => convert(capture, value, scope.budget()).map(Some),
        None if capture.default.is_some() => copy(capture, capture.default.as_ref(), scope.budget()),
        None if capture.required => Err(missing(capture, answer, scope.budget())),
        None => Ok(None),
    }
}

fn over(capture: &Capture) -> impl Fn(Exhausted) -> MapError {
    |exhausted| MapError::Exhausted { origin: source_text(capture), exhausted }
}

/// A copy, charged before it is made.
fn copy(capture: &Capture, value: Option<&Value>, budget: &Budget) -> Result<Option<Value>, MapError> {
    let Some(value) = value else { return Ok(None) };
    budget.charge_steps(1).and_then(|()| budget.charge_bytes(deep_size(value))).map_err(over(capture))?;
    Ok(Some(value.clone()))
}

/// The first source that is there and not null.
fn find(capture: &Capture, scope: &Scope<'_>, answer: Option<&ServiceAnswer>) -> Result<Option<Value>, MapError> {
    match &capture.source {
        CaptureSource::Constant(value) => copy(capture, Some(value).filter(|value| !value.is_null()), scope.budget()),
        CaptureSource::Status => Ok(answer.map(|answer| Value::from(answer.status))),
        CaptureSource::Header(name) => {
            Ok(answer.and_then(|answer| answer.header(name)).map(|text| Value::String(text.to_owned())))
        }
        CaptureSource::Alternatives(alternatives) => {
            for alternative in alternatives {
                scope.budget().charge_steps(1).map_err(over(capture))?;
                let found = match alternative {
                    Alternative::Template(template) => {
                        template.value(scope).map_err(|error| match error.exhausted() {
                            Some(exhausted) => over(capture)(exhausted),
                            None => MapError::Failed(error.to_string()),
                        })?
                    }
                    Alternative::Path(path) => find_path(capture, path, answer, scope.budget())?,
                };
                if let Some(found) = found.filter(|value| !value.is_null()) {
                    return Ok(Some(found));
                }
            }
            Ok(None)
        }
    }
}

fn find_path(
    capture: &Capture,
    path: &JsonPath,
    answer: Option<&ServiceAnswer>,
    budget: &Budget,
) -> Result<Option<Value>, MapError> {
    let Some(answer) = answer else { return Ok(None) };
    if let Some(problem) = answer.content.problem() {
        return Err(MapError::Broken(problem.to_owned()));
    }
    let nodes =
        answer.content.nodes(path, budget).map_err(|PathError::Exhausted(exhausted)| over(capture)(exhausted))?;
    let (text, count) = (|| path.text().to_owned(), nodes.len());
    match capture.pick {
        Some(Pick::First) => copy(capture, nodes.first().copied(), budget),
        Some(Pick::Last) => copy(capture, nodes.last().copied(), budget),
        Some(Pick::All) => {
            let mut all = Vec::new();
            for node in nodes {
                all.extend(copy(capture, Some(node), budget)?);
            }
            Ok((!all.is_empty()).then_some(Value::Array(all)))
        }
        Some(Pick::Join) => join(capture, &nodes, budget),
        Some(Pick::Only) | None => match nodes.as_slice() {
            [] => Ok(None),
            [node] => copy(capture, Some(node), budget),
            _ if capture.pick.is_some() => Err(MapError::NotOnly { path: text(), count }),
            _ => Err(MapError::Several { path: text(), count }),
        },
    }
}

/// Joins the nodes, or the items of the one list found.
fn join(capture: &Capture, nodes: &[&Value], budget: &Budget) -> Result<Option<Value>, MapError> {
    match nodes {
        [Value::Array(items)] => join_items(capture, items.iter(), budget),
        nodes => join_items(capture, nodes.iter().copied(), budget),
    }
}

fn join_items<'v>(
    capture: &Capture,
    items: impl Iterator<Item = &'v Value>,
    budget: &Budget,
) -> Result<Option<Value>, MapError> {
    let mut joined: Option<String> = None;
    for item in items.filter(|item| !item.is_null()) {
        let text = text_of(item).ok_or_else(|| not(capture, item, "text that can be joined"))?;
        let charged = budget.charge_steps(1).and_then(|()| budget.charge_bytes(text.len() + capture.separator.len()));
        charged.map_err(over(capture))?;
        match &mut joined {
            Some(joined) => joined.extend([capture.separator.as_str(), &text]),
            None => joined = Some(text.into_owned()),
        }
    }
    Ok(joined.map(Value::String))
}

fn convert(capture: &Capture, value: Value, budget: &Budget) -> Result<Value, MapError> {
    match (capture.convert, &value) {
        (As::Any, _) | (As::String, Value::String(_)) => Ok(value),
        (As::Json, _) => {
            let mut text = Vec::new();
            write_json(&value, &mut text, budget).map_err(over(capture))?;
            Ok(Value::String(String::from_utf8(text).unwrap_or_default()))
        }
        (As::String, Value::Number(number)) => Ok(Value::String(exact_digits(number).to_owned())),
        (As::String, _) => {
            text_of(&value).map(|text| Value::String(text.into_owned())).ok_or_else(|| not(capture, &value, "text"))
        }
        (As::Integer, Value::Number(number)) if is_integer(number) => Ok(value),
        (As::Number, Value::Number(_)) | (As::Boolean, Value::Bool(_)) => Ok(value),
        (As::Integer, Value::String(text)) => number_in(text)
            .filter(|value| matches!(value, Value::Number(number) if is_integer(number)))
            .ok_or_else(|| not(capture, &value, "a whole number")),
        (As::Number, Value::String(text)) => number_in(text).ok_or_else(|| not(capture, &value, "a number")),
        (As::Boolean, Value::String(text)) => match text.trim() {
            "true" => Ok(Value::Bool(true)),
            "false" => Ok(Value::Bool(false)),
            _ => Err(not(capture, &value, "true or false")),
        },
        (As::Integer, _) => Err(not(capture, &value, "a whole number")),
        (As::Number, _) => Err(not(capture, &value, "a number")),
        (As::Boolean, _) => Err(not(capture, &value, "true or false")),
    }
}

fn number_in(text: &str) -> Option<Value> {
    let value = decode_json(text.trim().as_bytes(), crate::value::JsonLimits { max_depth: 1 }).ok()?;
    value.is_number().then_some(value)
}

fn not(capture: &Capture, value: &Value, wanted: &'static str) -> MapError {
    MapError::Type { origin: source_text(capture), found: kind_of(Some(value)), wanted }
}

/// What the answer has near the first path that finds nothing in it.
///
/// # Errors
/// When the budget is exhausted.
pub(in crate::call) fn near_miss(
    capture: &Capture,
    answer: Option<&ServiceAnswer>,
    budget: &Budget,
) -> Result<Option<String>, Exhausted> {
    let (CaptureSource::Alternatives(alternatives), Some(answer)) = (&capture.source, answer) else { return Ok(None) };
    for alternative in alternatives {
        budget.charge_steps(1)?;
        if let Alternative::Path(path) = alternative
            && let Some(near) = answer.content.near_miss(path, budget)?
        {
            return Ok(Some(near));
        }
    }
    Ok(None)
}

fn missing(capture: &Capture, answer: Option<&ServiceAnswer>, budget: &Budget) -> MapError {
    let near = match near_miss(capture, answer, budget) {
        Ok(near) => near,
        // The work is started again, and finds it then.
        Err(exhausted @ Exhausted::Stretch) => return over(capture)(exhausted),
        Err(_) => None,
    };
    MapError::Missing { origin: source_text(capture), near: near.map(|near| format!("; {near}")).unwrap_or_default() }
}

/// Where a capture looks, as written.
pub(in crate::call) fn source_text(capture: &Capture) -> String {
    match &capture.source {
        CaptureSource::Alternatives(alternatives) => {
            let texts = alternatives.iter().map(|alternative| match alternative {
                Alternative::Path(path) => format!("`{}`", path.text()),
                Alternative::Template(template) => format!("`{}`", template.text()),
            });
            texts.collect::<Vec<_>>().join(" or ")
        }
        CaptureSource::Header(name) => format!("the header `{name}`"),
        CaptureSource::Status => "the status".to_owned(),
        CaptureSource::Constant(_) => "the constant".to_owned(),
    }
}
