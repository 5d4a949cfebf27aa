//! The schemas as they are published: draft-07, which every editor knows.
//!
//! Tidies what the generator writes; adds no rule of its own.

use schemars::generate::SchemaSettings;
use schemars::{JsonSchema, SchemaGenerator};
use serde_json::{Map, Value};

use crate::document::{ActionDocument, ServiceDocument, SettingsDocument};

/// JSON Schema (draft-07) of an action file.
#[must_use]
pub fn action_schema() -> Value {
    publish::<ActionDocument>()
}

/// JSON Schema (draft-07) of a `service.yaml`.
#[must_use]
pub fn service_schema() -> Value {
    publish::<ServiceDocument>()
}

/// JSON Schema (draft-07) of the operator's settings file.
#[must_use]
pub fn settings_schema() -> Value {
    publish::<SettingsDocument>()
}

fn publish<T: JsonSchema>() -> Value {
    let mut settings = SchemaSettings::draft07();
    settings.meta_schema = None;
    let mut schema = SchemaGenerator::new(settings).into_root_schema_for::<T>().to_value();
    tidy(&mut schema);
    if let Value::Object(root) = &mut schema {
        root.shift_remove("title");
    }
    schema
}

/// Tidies a schema and every schema in it, but no example and no default.
fn tidy(schema: &mut Value) {
    let Value::Object(schema) = schema else { return };
    for (keyword, part) in schema.iter_mut() {
        match (keyword.as_str(), part) {
            ("properties" | "definitions", Value::Object(parts)) => parts.values_mut().for_each(tidy),
            ("allOf" | "anyOf" | "oneOf", Value::Array(parts)) => parts.iter_mut().for_each(tidy),
            ("additionalProperties" | "items" | "not", part) => tidy(part),
            _ => {}
        }
    }
    forbid_null(schema);
    gather_words(schema);
    if schema.get("format").and_then(Value::as_str).is_some_and(|format| format.starts_with("uint")) {
        schema.shift_remove("format");
    }
}

/// A key that may be left out is not a key that may be `null`; where it may, the schema says `const`.
fn forbid_null(schema: &mut Map<String, Value>) {
    if let Some(Value::Array(types)) = schema.get_mut("type") {
        types.retain(|name| name != "null");
        if let [only] = types.as_slice() {
            let only = only.clone();
            schema.insert("type".to_owned(), only);
        }
    }
    let Some(Value::Array(parts)) = schema.get_mut("anyOf") else { return };
    parts.retain(|part| part.get("type").is_none_or(|name| name != "null"));
    if parts.len() > 1 {
        return;
    }
    let Some(Value::Array(parts)) = schema.shift_remove("anyOf") else { return };
    match parts.into_iter().next() {
        // In draft-07 nothing beside a `$ref` counts.
        Some(part) if part.get("$ref").is_some() => {
            schema.insert("allOf".to_owned(), Value::Array(vec![part]));
        }
        Some(Value::Object(part)) => {
            for (keyword, value) in part {
                schema.entry(keyword).or_insert(value);
            }
        }
        _ => {}
    }
}

/// Words with a description each → `enum`, with the descriptions where editors look for them.
fn gather_words(schema: &mut Map<String, Value>) {
    let Some(Value::Array(parts)) = schema.get("oneOf") else { return };
    let part = |part: &Value| Some((part.get("const")?.clone(), part.get("description")?.clone()));
    let Some((words, descriptions)) = parts.iter().map(part).collect::<Option<(Vec<Value>, Vec<Value>)>>() else {
        return;
    };
    schema.shift_remove("oneOf");
    schema.insert("type".to_owned(), Value::from("string"));
    schema.insert("enum".to_owned(), Value::Array(words));
    schema.insert("enumDescriptions".to_owned(), Value::Array(descriptions));
}
