//! Values that fit a schema: the document's own where it gives one, else the plainest.

use serde_json::{Map, Number, Value};

use super::document::Document;
use super::schema::{Kind, Schema};

/// Objects within objects.
const DEEPEST: usize = 5;

/// Properties of an object that is made up.
const MOST: usize = 8;

/// A value as a service may answer it.
pub(super) fn example_of(document: &Document, schema: &Value) -> Value {
    made(document, schema, "value", 0)
}

/// A value for a field of this name.
pub(super) fn example_for(document: &Document, schema: &Value, name: &str) -> Value {
    made(document, schema, name, 0)
}

fn made(document: &Document, schema: &Value, name: &str, depth: usize) -> Value {
    let schema = Schema::of(document, schema);
    if let Some(value) = schema.allowed().into_iter().find(|value| fits(schema.kind, value)) {
        return value.clone();
    }
    if let Some(value) = schema.example().filter(|value| fits(schema.kind, value)) {
        return value.clone();
    }
    match schema.kind {
        Kind::Text | Kind::Any => Value::String(text(&schema, name)),
        Kind::Integer => Value::Number(Number::from(integer(&schema))),
        Kind::Number => Value::Number(Number::from(integer(&schema))),
        Kind::Boolean => Value::Bool(true),
        Kind::List => {
            let item = schema.items.filter(|_| depth < DEEPEST).map(|items| made(document, items, name, depth + 1));
            Value::Array(item.into_iter().collect())
        }
        Kind::Object => {
            let mut map = Map::new();
            // Ids first: they are what an answer is read for.
            let id = |name: &str| ["id", "sid", "key", "message"].contains(&name);
            let wanted =
                schema.properties.iter().filter(|property| id(property.name) || property.required || depth < 2);
            for property in wanted.take(if depth < DEEPEST { MOST } else { 0 }) {
                map.insert(property.name.to_owned(), made(document, property.schema, property.name, depth + 1));
            }
            for property in schema.properties.iter().filter(|property| id(property.name)) {
                map.entry(property.name).or_insert_with(|| made(document, property.schema, property.name, DEEPEST));
            }
            Value::Object(map)
        }
    }
}

/// Whether a value is of this kind.
pub(super) fn fits(kind: Kind, value: &Value) -> bool {
    match kind {
        Kind::Text => value.is_string(),
        Kind::Integer => value.is_i64() || value.is_u64(),
        Kind::Number => value.is_number(),
        Kind::Boolean => value.is_boolean(),
        Kind::List => value.is_array(),
        Kind::Object => value.is_object(),
        Kind::Any => !value.is_null(),
    }
}

fn text(schema: &Schema<'_>, name: &str) -> String {
    let value = match schema.text("format") {
        Some("date-time") => "2026-01-31T12:00:00Z".to_owned(),
        Some("date") => "2026-01-31".to_owned(),
        Some("email") => "ana@example.com".to_owned(),
        Some("uuid") => "6b3f0c1e-6f1a-4f0e-9a52-0f4d3c2b1a00".to_owned(),
        Some("uri" | "url") => "https://example.com/".to_owned(),
        Some("byte" | "binary") => "ZXhhbXBsZQ==".to_owned(),
        _ => format!("example-{}", super::super::names::identifier(name).replace('_', "-")),
    };
    let bound = |key: &str| schema.get(key).and_then(Value::as_u64).and_then(|bound| usize::try_from(bound).ok());
    let length = value.chars().count();
    match (bound("minLength"), bound("maxLength")) {
        (Some(least), _) if length < least && least < 1000 => format!("{value}{}", "x".repeat(least - length)),
        (_, Some(most)) if length > most => {
            value.chars().rev().take(most).collect::<Vec<_>>().into_iter().rev().collect()
        }
        _ => value,
    }
}

fn integer(schema: &Schema<'_>) -> i64 {
    let bound = |key: &str| schema.get(key).and_then(Value::as_f64);
    // Within the bounds, and not on them, since those may be exclusive.
    let least = bound("minimum").or_else(|| bound("exclusiveMinimum"));
    let most = bound("maximum").or_else(|| bound("exclusiveMaximum"));
    #[expect(clippy::cast_possible_truncation, reason = "saturates, and only makes an example")]
    match (least, most) {
        (Some(least), Some(most)) => ((least + most) / 2.0).floor() as i64,
        (Some(least), None) if least >= 1.0 => least.ceil() as i64 + 1,
        (None, Some(most)) if most < 1.0 => most.floor() as i64 - 1,
        _ => 1,
    }
}
