//! Schema of a condition: a map with exactly one of these keys.
//!
//! Which references are known, and which operands can be compared, only the catalog can judge.

use std::borrow::Cow;

use schemars::{JsonSchema, Schema, SchemaGenerator, json_schema};
use serde_json::{Value, json};

use crate::document::ConditionDocument;

impl JsonSchema for ConditionDocument {
    fn schema_name() -> Cow<'static, str> {
        "ConditionDocument".into()
    }

    fn json_schema(generator: &mut SchemaGenerator) -> Schema {
        let condition = generator.subschema_for::<Self>();
        let conditions = json!({ "type": "array", "items": condition });
        json_schema!({
            "description": "One condition: a map with exactly one key.",
            "type": "object",
            "minProperties": 1,
            "maxProperties": 1,
            "additionalProperties": false,
            "properties": {
                "present": operand("The value is there and not null.", "data.email"),
                "absent": operand("The value is not there, or null.", "vars.contact_id"),
                "empty": operand("The value is absent, null, an empty text, an empty list or an empty map.", "$.results"),
                "eq": pair("The two are equal; a text never equals a number.", &json!(["data.priority", "high"])),
                "ne": pair("The two differ.", &json!(["data.priority", "low"])),
                "gt": pair("The first is greater; both must be numbers.", &json!(["vars.matches", 1])),
                "gte": pair("The first is greater or equal; both must be numbers.", &json!(["vars.matches", 2])),
                "lt": pair("The first is less; both must be numbers.", &json!(["vars.matches", 1])),
                "lte": pair("The first is less or equal; both must be numbers.", &json!(["vars.matches", { "ref": "vars.limit" }])),
                "in": pair("The first is one of the list that comes second.", &json!(["data.priority", ["high", "urgent"]])),
                "matches": {
                    "description": "A regular expression, which comes second, is found in the text.",
                    "examples": [["data.email", "@example\\.com$"]],
                    "type": "array",
                    "items": { "type": "string" },
                    "minItems": 2,
                    "maxItems": 2,
                },
                "all": described("Every condition of the list holds.", &json!([{ "present": "data.email" }, { "absent": "vars.contact_id" }]), &conditions),
                "any": described("At least one condition of the list holds.", &json!([{ "present": "data.email" }, { "present": "data.phone" }]), &conditions),
                "not": described("The condition does not hold.", &json!({ "present": "data.email" }), &json!({ "allOf": [condition] })),
            },
        })
    }
}

fn operand(description: &str, example: &str) -> Value {
    json!({ "description": description, "examples": [example], "type": "string" })
}

/// A reference or path, and what it is compared with: a value, or `{ ref: … }`.
fn pair(description: &str, example: &Value) -> Value {
    json!({
        "description": description,
        "examples": [example],
        "type": "array",
        "items": [{ "type": "string" }, {}],
        "additionalItems": false,
        "minItems": 2,
    })
}

fn described(description: &str, example: &Value, schema: &Value) -> Value {
    let mut described = json!({ "description": description, "examples": [example] });
    if let (Value::Object(described), Value::Object(schema)) = (&mut described, schema) {
        described.extend(schema.clone());
    }
    described
}
