//! The routes as an OpenAPI 3.1 document: what is accepted, what is answered, with examples from the tests.
//!
//! <https://spec.openapis.org/oas/v3.1.1>

use std::sync::Arc;

use serde_json::{Map, Value, json};

use crate::catalog::{Action, Catalog, FieldRule, Purpose};
use crate::keyword::{FieldFormat, FieldType};

/// The document, for a bridge at this address.
#[must_use]
pub fn openapi(catalog: &Catalog, base_url: &str) -> Value {
    let mut paths = Map::new();
    let mut tags = Vec::new();
    for directory in catalog.directories().filter(|directory| !directory.actions().is_empty()) {
        let tag = if directory.name().is_empty() { "actions" } else { directory.name() };
        let service = directory.service();
        tags.push(json!({ "name": tag, "description": service.map(|service| service.title()).unwrap_or_default() }));
        for action in directory.actions().iter().chain(directory.verify()) {
            paths.insert(action.route().to_owned(), json!({ "post": operation(action, tag) }));
        }
    }
    json!({
        "openapi": "3.1.0",
        "info": {
            "title": "Actions",
            "version": env!("CARGO_PKG_VERSION"),
            "description": "What Talkdesk calls. Unknown keys are ignored; in `auth` and `meta` null is the same as not sent.",
        },
        "servers": [{ "url": base_url.trim_end_matches('/') }],
        "tags": tags,
        "paths": paths,
        "components": { "schemas": { "Reply": reply(), "Failure": failure() } },
    })
}

fn operation(action: &Action, tag: &str) -> Value {
    let input = action.input();
    let (mut properties, mut required) = (Map::new(), Vec::new());
    for (part, rules) in [("auth", &input.auth), ("data", &input.data), ("meta", &input.meta)] {
        let verifying = matches!(action.purpose(), Purpose::Verify(_));
        if verifying && part != "auth" {
            continue;
        }
        let needed = rules.iter().any(|rule| rule.is_required());
        properties.insert(part.to_owned(), part_schema(rules, part, needed));
        if needed {
            required.push(part);
        }
    }
    let verifying = matches!(action.purpose(), Purpose::Verify(_));
    let mut responses = Map::new();
    if verifying {
        responses.insert(
            "200".to_owned(),
            answer(
                "The credentials are good; these fields come back inside `auth`.",
                &json!({ "type": "object" }),
                None,
            ),
        );
        responses.insert(
            "401".to_owned(),
            answer("The credentials are not good.", &json!({ "$ref": "#/components/schemas/Failure" }), None),
        );
    } else {
        let example = action.tests().iter().find(|test| test.status == 201).and_then(|test| test.body.as_ref());
        responses.insert(
            "201".to_owned(),
            answer("Carried out.", &json!({ "$ref": "#/components/schemas/Reply" }), example),
        );
        if action.replies_401() {
            responses.insert(
                "401".to_owned(),
                answer(
                    "The service refuses the credentials.",
                    &json!({ "$ref": "#/components/schemas/Failure" }),
                    None,
                ),
            );
        }
    }
    let example = action.tests().iter().find(|test| test.status == 400).and_then(|test| test.body.as_ref());
    responses.insert(
        "400".to_owned(),
        answer("Not carried out, and why.", &json!({ "$ref": "#/components/schemas/Failure" }), example),
    );
    json!({
        "operationId": action.route().trim_start_matches('/').replace('/', "_"),
        "summary": action.title(),
        "description": action.description().unwrap_or_default(),
        "tags": [tag],
        "requestBody": {
            "required": true,
            "content": { "application/json": {
                "schema": { "type": "object", "properties": properties, "required": required },
                "examples": examples(action),
            } },
        },
        "responses": responses,
    })
}

/// The inputs of the tests that succeed.
fn examples(action: &Action) -> Map<String, Value> {
    let good = action.tests().iter().filter(|test| test.status < 300);
    good.map(|test| {
        let parts = ["auth", "data", "meta"].into_iter().zip(&test.input).filter(|(_, value)| !value.is_null());
        let value: Map<String, Value> = parts.map(|(part, value)| (part.to_owned(), value.clone())).collect();
        (crate::authoring::identifier(&test.name), json!({ "summary": test.name, "value": value }))
    })
    .collect()
}

fn answer(description: &str, schema: &Value, example: Option<&Value>) -> Value {
    let mut content = json!({ "schema": schema });
    if let (Some(example), Some(map)) = (example, content.as_object_mut()) {
        map.insert("example".to_owned(), example.clone());
    }
    json!({ "description": description, "content": { "application/json": content } })
}

fn part_schema(rules: &[Arc<FieldRule>], part: &str, needed: bool) -> Value {
    let mut properties = Map::new();
    for rule in rules {
        properties.insert(rule.name().to_owned(), field(rule, part));
    }
    let required: Vec<&str> = rules.iter().filter(|rule| rule.is_required()).map(|rule| rule.name()).collect();
    let kind = if needed { json!("object") } else { json!(["object", "null"]) };
    json!({ "type": kind, "properties": properties, "required": required })
}

/// What a field accepts: values of its type, and the texts that are read as such. At least that: not every rule of a
/// text, and nothing of what a service refuses, can be said in a schema.
fn field(rule: &FieldRule, part: &str) -> Value {
    let scalar = || json!({ "type": ["number", "boolean"] });
    let mut alternatives = match rule.field_type() {
        _ if !rule.allowed().is_empty() => vec![json!({ "enum": choices(rule) })],
        FieldType::String if rule.format() == Some(FieldFormat::Phone) => vec![text(rule), json!({ "type": "number" })],
        FieldType::String if rule.format().is_some() => vec![text(rule)],
        FieldType::String => vec![text(rule), scalar()],
        FieldType::Integer => {
            vec![bounded(rule, "integer"), json!({ "type": "string", "pattern": "^\\s*-?(0|[1-9][0-9]*)\\s*$" })]
        }
        FieldType::Number => {
            let digits = "^\\s*-?(0|[1-9][0-9]*)(\\.[0-9]+)?([eE][+-]?[0-9]+)?\\s*$";
            vec![bounded(rule, "number"), json!({ "type": "string", "pattern": digits })]
        }
        FieldType::Boolean => vec![json!({ "type": "boolean" }), json!({ "enum": ["true", "false", "True", "False"] })],
        FieldType::List => vec![
            json!({ "type": "array", "minItems": u8::from(rule.is_required()) }),
            json!({ "type": "string", "pattern": "[^\\s,\\[\\]{}]", "description": "`a, b`, or a JSON list" }),
        ],
        FieldType::Object => vec![json!({ "type": "object" }), json!({ "type": "string", "pattern": "^\\s*\\{" })],
        FieldType::Datetime => vec![
            json!({ "type": "string", "format": "date-time" }),
            json!({ "type": ["string", "number"], "description": "`2026-01-31 12:00:00 UTC`, or seconds since 1970" }),
        ],
        FieldType::Any => vec![json!({})],
    };
    if !rule.is_required() && rule.field_type() != FieldType::Any {
        // An explicit null of `data` is passed on; elsewhere it is the same as not sent.
        alternatives.push(json!({ "type": "null", "description": if part == "data" { "null" } else { "not sent" } }));
        if rule.is_choosy() || rule.field_type() != FieldType::String {
            alternatives.push(json!({ "type": "string", "pattern": "^\\s*$", "description": "not sent" }));
        }
    }
    let mut schema = match alternatives.as_slice() {
        [only] => only.clone(),
        _ => json!({ "anyOf": alternatives }),
    };
    if let Some(map) = schema.as_object_mut() {
        let texts = [("title", rule.label()), ("description", rule.description())];
        map.extend(texts.into_iter().filter_map(|(key, text)| Some((key.to_owned(), text?.into()))));
        map.extend(rule.default().map(|default| ("default".to_owned(), default.clone())));
        map.extend(
            rule.example().filter(|_| !rule.is_secret()).map(|example| ("examples".to_owned(), json!([example]))),
        );
        if rule.is_secret() {
            map.insert("writeOnly".to_owned(), Value::Bool(true));
        }
    }
    schema
}

/// The values allowed, and the texts that are read as them.
fn choices(rule: &FieldRule) -> Vec<Value> {
    let texts = rule.allowed().iter().filter(|value| !value.is_string()).map(|value| Value::String(value.to_string()));
    rule.allowed().iter().cloned().chain(texts).collect()
}

fn text(rule: &FieldRule) -> Value {
    let mut schema = json!({ "type": "string" });
    let Some(map) = schema.as_object_mut() else { return schema };
    let (least, most) = rule.length();
    map.extend(least.map(|least| ("minLength".to_owned(), least.into())));
    map.extend(most.map(|most| ("maxLength".to_owned(), most.into())));
    if let Some(pattern) = rule.pattern() {
        map.insert("pattern".to_owned(), pattern.into());
    } else if rule.is_required() {
        map.insert("pattern".to_owned(), "\\S".into());
    }
    if let Some(format) = rule.format() {
        let (key, value) = match format {
            FieldFormat::Email => ("format", "email"),
            FieldFormat::Url => ("format", "uri"),
            FieldFormat::HostnameLabel => ("pattern", "^[A-Za-z0-9]([A-Za-z0-9-]{0,61}[A-Za-z0-9])?$"),
            FieldFormat::Phone => ("pattern", "[0-9]"),
        };
        map.insert(key.to_owned(), value.into());
    }
    schema
}

fn bounded(rule: &FieldRule, kind: &str) -> Value {
    let (min, max) = rule.bounds();
    let mut schema = json!({ "type": kind });
    if let Some(map) = schema.as_object_mut() {
        map.extend(min.map(|min| ("minimum".to_owned(), Value::Number(min.clone()))));
        map.extend(max.map(|max| ("maximum".to_owned(), Value::Number(max.clone()))));
    }
    schema
}

fn reply() -> Value {
    let text = || json!({ "type": "string" });
    json!({
        "type": "object",
        "properties": {
            "message": text(),
            "external_id": text(),
            "contact_external_id": text(),
            "contact_external_type": text(),
            "contact_external_url": text(),
        },
        "required": ["message"],
        "additionalProperties": false,
    })
}

fn failure() -> Value {
    json!({
        "type": "object",
        "properties": { "message": { "type": "string", "maxLength": 500 } },
        "required": ["message"],
        "additionalProperties": false,
    })
}
