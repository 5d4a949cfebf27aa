//! Schemas of maps by name, captures and details, which have a short and a long form.
//!
//! The long forms derive theirs beside their types.

use std::borrow::Cow;

use schemars::{JsonSchema, Schema, SchemaGenerator, json_schema};

use super::scalars::{inline_schema, one_or_more};
use crate::document::{
    CaptureDocument, CaptureRuleDocument, DetailDocument, DetailSource, ExportDocument, FieldDocument, Keyed,
};

/// Input fields by name; a name alone is an optional text.
pub(in crate::document) struct InputFields;

inline_schema!(InputFields, |generator| json_schema!({
    "type": "object",
    "additionalProperties": { "anyOf": [generator.subschema_for::<FieldDocument>(), { "const": null }] },
}));

inline_schema!(CaptureDocument, |generator| json_schema!({
    "anyOf": [
        { "type": ["string", "number", "boolean"] },
        { "type": "array", "items": { "type": "string" } },
        generator.subschema_for::<CaptureRuleDocument>(),
    ],
}));

inline_schema!(DetailDocument, |generator| one_or_more(json_schema!({
    "anyOf": [{ "type": "string" }, generator.subschema_for::<DetailSource>()],
})));

inline_schema!(ExportDocument, |generator| {
    let mut rule = generator.subschema_for::<CaptureRuleDocument>().to_value();
    // The same keys and one more: written out, since a closed map cannot be extended by reference.
    if let Some(known) = generator.definitions().get("CaptureRuleDocument") {
        rule = known.clone();
    }
    if let Some(properties) = rule.get_mut("properties").and_then(serde_json::Value::as_object_mut) {
        let secret = serde_json::json!({
            "description": "Whether it is masked and kept out of the response.",
            "type": "boolean",
            "default": true,
            "examples": [false],
        });
        properties.insert("secret".to_owned(), secret);
    }
    json_schema!({ "anyOf": [
        { "type": ["string", "number", "boolean"] },
        { "type": "array", "items": { "type": "string" } },
        rule,
    ] })
});

impl<T: JsonSchema> JsonSchema for Keyed<T> {
    fn inline_schema() -> bool {
        true
    }

    fn schema_name() -> Cow<'static, str> {
        format!("Keyed{}", T::schema_name()).into()
    }

    fn json_schema(generator: &mut SchemaGenerator) -> Schema {
        json_schema!({ "type": "object", "additionalProperties": generator.subschema_for::<T>() })
    }
}
