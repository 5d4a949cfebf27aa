//! Answer → captured values. Pure.

use serde_json::Value;

use crate::call::ServiceAnswer;
use crate::catalog::{Alternative, Capture, CaptureSource};
use crate::json_path::JsonPath;
use crate::keyword::{As, Pick};
use crate::template::Scope;
use crate::value::{decode_json, exact_digits, is_integer, kind_of, text_of};

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
    /// The search, or a template, failed.
    #[error("{0}")]
    Failed(String),
}

impl MapError {
    /// What of the call's budget is used up, where that is the reason.
    #[must_use]
    pub fn exhausted(&self) -> Option<crate::budget::Exhausted> {
        None
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
            let matched =
                regex.captures(&text).and_then(|groups| groups.get(*group).map(|group| group.as_str().to_owned()));
            if matched.is_none() && capture.required && capture.default.is_none() {
                return Err(MapError::NoMatch { origin: source_text(capture) });
            }
            matched.map(Value::String)
        }
        (_, found) => found,
    };
    match found {
        Some(value) => convert(capture, value).map(Some),
        None if capture.default.is_some() => Ok(capture.default.clone()),
        None if capture.required => Err(missing(capture, answer)),
        None => Ok(None),
    }
}

/// The first source that is there and not null.
fn find(capture: &Capture, scope: &Scope<'_>, answer: Option<&ServiceAnswer>) -> Result<Option<Value>, MapError> {
    match &capture.source {
        CaptureSource::Constant(value) => Ok(Some(value.clone()).filter(|value| !value.is_null())),
        CaptureSource::Status => Ok(answer.map(|answer| Value::from(answer.status))),
        CaptureSource::Header(name) => {
            Ok(answer.and_then(|answer| answer.header(name)).map(|text| Value::String(text.to_owned())))
        }
        CaptureSource::Alternatives(alternatives) => {
            for alternative in alternatives {
                let found = match alternative {
                    Alternative::Template(template) => {
                        template.value(scope).map_err(|error| MapError::Failed(error.to_string()))?
                    }
                    Alternative::Path(path) => find_path(capture, path, answer)?,
                };
                if let Some(found) = found.filter(|value| !value.is_null()) {
                    return Ok(Some(found));
                }
            }
            Ok(None)
        }
    }
}

fn find_path(capture: &Capture, path: &JsonPath, answer: Option<&ServiceAnswer>) -> Result<Option<Value>, MapError> {
    let Some(answer) = answer else { return Ok(None) };
    if let Some(problem) = answer.content.problem() {
        return Err(MapError::Broken(problem.to_owned()));
    }
    let nodes = answer.content.nodes(path).map_err(|error| MapError::Failed(error.to_string()))?;
    let (text, count) = (|| path.text().to_owned(), nodes.len());
    match capture.pick {
        Some(Pick::First) => Ok(nodes.first().map(|node| (*node).clone())),
        Some(Pick::Last) => Ok(nodes.last().map(|node| (*node).clone())),
        Some(Pick::All) => {
            Ok(Some(Value::Array(nodes.into_iter().cloned().collect()))
                .filter(|list| list != &Value::Array(Vec::new())))
        }
        Some(Pick::Join) => join(capture, &nodes),
        Some(Pick::Only) | None => match nodes.as_slice() {
            [] => Ok(None),
            [node] => Ok(Some((*node).clone())),
            _ if capture.pick.is_some() => Err(MapError::NotOnly { path: text(), count }),
            _ => Err(MapError::Several { path: text(), count }),
        },
    }
}

/// Joins the nodes, or the items of the one list found.
fn join(capture: &Capture, nodes: &[&Value]) -> Result<Option<Value>, MapError> {
    let items: Vec<&Value> = match nodes {
        [Value::Array(items)] => items.iter().collect(),
        nodes => nodes.to_vec(),
    };
    let mut texts = Vec::new();
    for item in items.into_iter().filter(|item| !item.is_null()) {
        texts.push(text_of(item).ok_or_else(|| not(capture, item, "text that can be joined"))?);
    }
    Ok((!texts.is_empty()).then(|| Value::String(texts.join(&capture.separator))))
}

fn convert(capture: &Capture, value: Value) -> Result<Value, MapError> {
    match (capture.convert, &value) {
        (As::Any, _) | (As::String, Value::String(_)) => Ok(value),
        (As::Json, _) => Ok(Value::String(value.to_string())),
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
pub(in crate::call) fn near_miss(capture: &Capture, answer: Option<&ServiceAnswer>) -> Option<String> {
    let CaptureSource::Alternatives(alternatives) = &capture.source else { return None };
    alternatives.iter().find_map(|alternative| match alternative {
        Alternative::Path(path) => answer.and_then(|answer| answer.content.near_miss(path)),
        Alternative::Template(_) => None,
    })
}

fn missing(capture: &Capture, answer: Option<&ServiceAnswer>) -> MapError {
    let near = near_miss(capture, answer);
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
