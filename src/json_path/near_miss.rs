//! What an answer has where a path found nothing: how far the path leads, and the names there.
//!
//! Shows names and kinds, never values.

use std::fmt::Write as _;

use serde_json::{Map, Value};

use super::node::{Reading, single_child};
use super::query::{Query, Segment, Selector};
use crate::budget::{Budget, Exhausted};
use crate::suggest::suggestion;
use crate::value::{kind_of, shorten};

/// Names shown of a map.
const MAX_NAMES: usize = 5;
/// Characters shown of a name.
const MAX_NAME_CHARS: usize = 40;
/// What comparing two names by their likeness costs.
const NAME_STEPS: usize = 16;

/// Follows the path as far as it leads; absent where names and indices alone lead to a node.
pub(super) fn near_miss(
    query: &Query,
    answer: &Value,
    reading: Reading,
    budget: &Budget,
) -> Result<Option<String>, Exhausted> {
    let mut here = answer;
    let mut path = String::from("$");
    for (index, segment) in query.segments.iter().enumerate() {
        let Some(step) = segment.single_step() else {
            let size = size_of(here);
            return Ok(Some(format!("`{path}` is {size}, in which the rest of the path finds nothing")));
        };
        match single_child(step, here, reading) {
            Some(child) => here = child,
            None => {
                let rest = query.segments.get(index + 1..).unwrap_or_default();
                // Every name is compared with the one that is missing.
                let names = here.as_object().map_or(0, Map::len);
                budget.charge_steps(1 + NAME_STEPS * names)?;
                return Ok(Some(missing(&path, here, step, rest)));
            }
        }
        push_step(&mut path, step);
    }
    Ok(None)
}

fn missing(path: &str, here: &Value, step: &Selector, rest: &[Segment]) -> String {
    match (here, step) {
        (Value::Object(members), Selector::Name(name)) => missing_name(path, members, name, rest),
        (Value::Array(items), Selector::Index(_)) if !items.is_empty() => {
            format!("`{path}` is {}, which has no such index", size_of(here))
        }
        (Value::Array(items), Selector::Name(name)) => match items.first() {
            Some(Value::Object(first)) if first.contains_key(name) => {
                format!("`{path}` is a list; did you mean `{}`?", continued(&format!("{path}[0]"), step, rest))
            }
            _ => format!("`{path}` is {}", size_of(here)),
        },
        _ => format!("`{path}` is {}", size_of(here)),
    }
}

fn missing_name(path: &str, members: &Map<String, Value>, name: &str, rest: &[Segment]) -> String {
    // uncharged: the names were charged before.
    if members.is_empty() {
        return format!("`{path}` is an empty map");
    }
    if let Some(near) = suggestion(name, members.keys().map(String::as_str)) {
        return format!("did you mean `{}`?", continued(path, &Selector::Name(near.to_owned()), rest));
    }
    let names: Vec<String> = members
        .keys()
        .take(MAX_NAMES)
        .map(|name| {
            let mut shown = String::from(path);
            push_name(&mut shown, name);
            format!("`{shown}`")
        })
        .collect();
    let more = members.len().saturating_sub(MAX_NAMES);
    let more = if more > 0 { format!(" and {more} more") } else { String::new() };
    format!("the answer has {}{more}", names.join(", "))
}

/// The path with one step replaced and the rest as written, as far as it is names and indices.
fn continued(path: &str, step: &Selector, rest: &[Segment]) -> String {
    // uncharged: as long as the path.
    let mut whole = String::from(path);
    push_step(&mut whole, step);
    for segment in rest {
        match segment.single_step() {
            Some(step) => push_step(&mut whole, step),
            None => {
                whole.push('…');
                break;
            }
        }
    }
    whole
}

fn push_step(path: &mut String, step: &Selector) {
    match step {
        Selector::Name(name) => push_name(path, name),
        Selector::Index(index) => {
            // Writing to a text cannot fail.
            let _ = write!(path, "[{index}]");
        }
        Selector::Wildcard { .. } | Selector::Slice(_) | Selector::Filter(_) => path.push('…'),
    }
}

fn push_name(path: &mut String, name: &str) {
    // uncharged: so many characters of a name at most.
    let is_word = |character: char| character.is_ascii_alphanumeric() || character == '_';
    let clean: String = name.chars().filter(|character| !character.is_control()).collect();
    let shown = shorten(&clean, MAX_NAME_CHARS);
    if shown.starts_with(|first: char| is_word(first) && !first.is_ascii_digit()) && shown.chars().all(is_word) {
        path.push('.');
        path.push_str(&shown);
    } else {
        path.push_str("['");
        path.push_str(&shown.replace('\\', "\\\\").replace('\'', "\\'"));
        path.push_str("']");
    }
}

fn size_of(value: &Value) -> String {
    match value {
        Value::Array(items) if items.is_empty() => "an empty list".to_owned(),
        Value::Array(items) if items.len() == 1 => "a list of one".to_owned(),
        Value::Array(items) => format!("a list of {}", items.len()),
        Value::Object(members) if members.is_empty() => "an empty map".to_owned(),
        _ => kind_of(Some(value)).to_owned(),
    }
}
