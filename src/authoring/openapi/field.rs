//! A schema → an input field: type, rules, a value for tests.

use serde_json::Value;

use super::super::draft::FieldDraft;
use super::super::names::title_of;
use super::super::yaml::{Map, Yaml};
use super::document::Document;
use super::example::{example_for, fits};
use super::schema::{Kind, Schema};

/// Longest description that is taken over, in characters.
const LONGEST: usize = 200;

/// What is known of a field besides its schema.
#[derive(Clone, Copy, Debug, Default)]
pub(super) struct Said<'d> {
    pub(super) required: bool,
    pub(super) description: Option<&'d str>,
    /// A value that the document gives.
    pub(super) example: Option<&'d Value>,
    /// Only letters, digits, `-` and `_` may stand in the value for tests.
    pub(super) plain_example: bool,
}

/// The field, and whether the document gives its example.
pub(super) fn field(document: &Document, name: &str, schema: &Value, said: Said<'_>) -> (FieldDraft, bool) {
    let schema_value = schema;
    let schema = Schema::of(document, schema);
    let is_time = schema.kind == Kind::Text && schema.text("format") == Some("date-time");
    let allowed: Vec<&Value> = schema.allowed().into_iter().filter(|value| fits(schema.kind, value)).collect();
    let given = said.example.or_else(|| schema.example()).filter(|value| usable(&schema, value, &allowed, said));
    let given = given.filter(|_| !is_time);
    let example = given.cloned().unwrap_or_else(|| match allowed.first() {
        Some(first) => (*first).clone(),
        None => filled(example_for(document, schema_value, name), schema.kind),
    });
    let least = schema
        .get("minItems")
        .and_then(Value::as_u64)
        .and_then(|least| usize::try_from(least).ok())
        .unwrap_or_default();
    let example = as_long(example, least.min(50));
    let kind = match schema.kind {
        _ if is_time => Some("datetime"),
        Kind::Text => None,
        Kind::Integer => Some("integer"),
        Kind::Number => Some("number"),
        Kind::Boolean => Some("boolean"),
        Kind::List => Some("list"),
        Kind::Object => Some("object"),
        Kind::Any => Some("any"),
    };
    let bound = |key: &str| schema.get(key).filter(|bound| bound.is_number());
    let count = |key: &str| schema.get(key).filter(|count| count.as_u64().is_some_and(|count| count < 1_000_000));
    let numeric = matches!(schema.kind, Kind::Integer | Kind::Number);
    let text = schema.kind == Kind::Text && !is_time && allowed.is_empty();
    let list = schema.kind == Kind::List;
    let email = text && schema.text("format") == Some("email");
    let description = said.description.or_else(|| schema.text("description")).and_then(sentence);
    let mut rules = Map::new().with_some("type", kind);
    if said.required {
        rules.put("required", true);
    }
    let choices = (!allowed.is_empty() && schema.kind != Kind::Boolean)
        .then(|| Yaml::List(allowed.iter().map(|value| Yaml::from(*value)).collect()));
    let rules = rules
        .with_some("enum", choices)
        .with_some("min", bound("minimum").filter(|_| numeric && allowed.is_empty()))
        .with_some("max", bound("maximum").filter(|_| numeric && allowed.is_empty()))
        .with_some("min_length", count("minLength").filter(|least| text && **least != 0))
        .with_some("max_length", count("maxLength").filter(|_| text))
        .with_some("min_items", count("minItems").filter(|least| list && **least != 0))
        .with_some("max_items", count("maxItems").filter(|_| list))
        .with_some("format", email.then_some("email"))
        .with("label", title_of(name))
        .with_some("description", description);
    let field = FieldDraft { example: Some(example), required: said.required, ..FieldDraft::new(name, rules) };
    (field, given.is_some())
}

/// Whether the document's own example passes the rules that are written.
fn usable(schema: &Schema<'_>, value: &Value, allowed: &[&Value], said: Said<'_>) -> bool {
    let length = value.as_str().map_or(0, |text| text.chars().count());
    let bound = |key: &str| schema.get(key).and_then(Value::as_u64).and_then(|bound| usize::try_from(bound).ok());
    let number = |key: &str| schema.get(key).and_then(Value::as_f64);
    let within = |value: f64| {
        number("minimum").is_none_or(|least| value >= least) && number("maximum").is_none_or(|most| value <= most)
    };
    let empty = match value {
        Value::String(text) => text.trim().is_empty() || text.contains("{{"),
        Value::Array(items) => items.is_empty(),
        Value::Object(map) => map.is_empty(),
        _ => false,
    };
    let plain = |text: &str| text.chars().all(|c| c.is_ascii_alphanumeric() || "-_".contains(c));
    fits(schema.kind, value)
        && !empty
        && value.to_string().len() < 400
        && (allowed.is_empty() || allowed.contains(&value))
        && bound("minLength").is_none_or(|least| !value.is_string() || length >= least)
        && bound("maxLength").is_none_or(|most| !value.is_string() || length <= most)
        && value.as_array().is_none_or(|items| {
            bound("minItems").is_none_or(|least| items.len() >= least)
                && bound("maxItems").is_none_or(|most| items.len() <= most)
        })
        && value.as_f64().is_none_or(within)
        && (schema.text("format") != Some("email") || value.as_str().is_some_and(is_email))
        && (!said.plain_example || value.as_str().is_none_or(plain))
}

fn is_email(text: &str) -> bool {
    let at = text.split_once('@');
    at.is_some_and(|(name, host)| {
        !name.is_empty() && host.contains('.') && text.is_ascii() && !text.contains([' ', '<', ','])
    })
}

/// A list with as many items as it must have.
fn as_long(value: Value, least: usize) -> Value {
    match value {
        Value::Array(items) if !items.is_empty() && items.len() < least => {
            Value::Array(items.iter().cycle().take(least).cloned().collect())
        }
        value => value,
    }
}

/// A list or object that holds nothing would count as not sent.
fn filled(value: Value, kind: Kind) -> Value {
    match (&value, kind) {
        (Value::Array(items), _) if items.is_empty() => serde_json::json!(["example"]),
        (Value::Object(map), Kind::Object) if map.is_empty() => serde_json::json!({ "example": "value" }),
        _ => value,
    }
}

/// The first sentence or line of a description, without markup.
pub(super) fn sentence(text: &str) -> Option<String> {
    let mut plain = String::new();
    let mut tag = false;
    for c in text.trim().chars() {
        match c {
            '<' => tag = true,
            '>' if tag => tag = false,
            '\n' | '\r' if !plain.trim().is_empty() && !tag => break,
            c if tag || c.is_control() => {}
            '`' | '*' => {}
            c => plain.push(c),
        }
    }
    let first = plain.find(". ").map_or(plain.as_str(), |at| plain.get(..=at).unwrap_or(&plain));
    let single = first.split_whitespace().collect::<Vec<_>>().join(" ");
    let short: String = single.chars().take(LONGEST).collect();
    (!short.is_empty()).then(|| short.trim_end().to_owned())
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[track_caller]
    fn check(schema: Value, required: bool, expected: &str) {
        let document = Document::read("a", "openapi: 3.0.0").unwrap();
        let (field, _) = field(&document, "the_field", &schema, Said { required, ..Said::default() });
        let written = Map::new().with("f", field.rules).to_text();
        assert_eq!(written.trim_end(), format!("f: {{ {expected}label: The field }}"));
    }

    #[test]
    fn rules_come_from_the_schema() {
        check(json!({ "type": "string" }), false, "");
        check(json!({ "type": ["string", "null"], "maxLength": 5 }), true, "required: true, max_length: 5, ");
        check(json!({ "type": "string", "enum": ["a", "b", null] }), false, "enum: [a, b], ");
        check(json!({ "type": "integer", "minimum": 1, "maximum": 9 }), false, "type: integer, min: 1, max: 9, ");
        check(json!({ "type": "string", "format": "date-time" }), false, "type: datetime, ");
        check(json!({ "type": "string", "format": "email" }), false, "format: email, ");
        check(json!({ "type": "array", "minItems": 1 }), false, "type: list, min_items: 1, ");
        check(json!({ "allOf": [{ "type": "object" }, { "properties": {} }] }), false, "type: object, ");
        check(json!({ "anyOf": [{ "type": "integer" }, { "type": "null" }] }), false, "type: integer, ");
        check(json!({ "oneOf": [{ "type": "string" }, { "type": "integer" }] }), false, "type: any, ");
    }

    #[test]
    fn descriptions_are_one_plain_sentence() {
        assert_eq!(sentence("<p>The `name`. And more.</p>").as_deref(), Some("The name."));
        assert_eq!(sentence(" \n "), None);
    }
}
