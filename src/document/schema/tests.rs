//! The schemas and the decoders say the same.

use std::collections::BTreeSet;
use std::sync::Arc;

use schemars::JsonSchema;
use schemars::generate::SchemaSettings;
use serde_json::{Map, Value, json};

use super::{action_schema, service_schema, settings_schema};
use crate::diagnostic::{Code, Diagnostic, Problems, Source};
use crate::document::yaml::{Bounds, read_yaml};
use crate::document::{
    ActionDocument, AnswerDocument, ApplyDocument, AssertionDocument, AuthFieldDocument, AuthenticationDocument,
    CallDocument, CallersDocument, CaptureRuleDocument, ClientDocument, ConditionDocument, Decode, DetailSource,
    ErrorRuleDocument, ExpectedRequestDocument, ExpiryDocument, FieldDocument, ForEachDocument, GraphqlDocument,
    HeaderDocument, HmacCallerDocument, IdempotencyDocument, IdentityDocument, InputDocument, LimitsDocument,
    LogDocument, NetworkDocument, NetworksDocument, RawBodyDocument, RequestDocument, ResultDocument, RetryDocument,
    SecretsDocument, ServerLimitsDocument, ServiceDocument, ServiceSettingsDocument, SettingsDocument, StepDocument,
    StyleDocument, SuccessDocument, TestDocument, TestInputDocument, TimeoutDocument, TlsDocument, TokenDocument,
    TracesDocument, VerifyDocument, record,
};

/// Decodes a piece of YAML as `T`.
fn problems_of<T: Decode>(file: &str) -> Vec<Diagnostic> {
    let mut problems = Problems::new(Arc::new(Source::new("test.yaml", file)));
    let node = read_yaml(&mut problems, Bounds::DEFINITION).expect("YAML");
    let _ = T::decode(&node, &mut problems);
    problems.finish()
}

fn properties_of<T: JsonSchema>() -> Map<String, Value> {
    let mut generator = SchemaSettings::draft07().into_generator();
    let schema = T::json_schema(&mut generator).to_value();
    assert_eq!(schema["additionalProperties"], json!(false), "{}", T::schema_name());
    schema["properties"].as_object().cloned().expect("properties")
}

/// The decoder of `T` knows the keys that its schema has, and takes their examples.
#[track_caller]
fn check<T: Decode + JsonSchema>() {
    let properties = properties_of::<T>();
    record::take_keys();
    problems_of::<T>("{}");
    let known = record::take_keys().into_iter().next_back().expect("a map was read");
    let in_schema: BTreeSet<&str> = properties.keys().map(String::as_str).collect();
    assert_eq!(in_schema, known.into_iter().collect(), "{}", T::schema_name());
    check_examples::<T>(&properties, "");
}

/// `before` holds keys that must stand beside the one looked at.
#[track_caller]
fn check_examples<T: Decode>(properties: &Map<String, Value>, before: &str) {
    for (key, schema) in properties {
        let examples = schema["examples"].as_array().expect("examples");
        for value in examples.iter().chain(schema.get("default")) {
            let wrong: Vec<Diagnostic> = problems_of::<T>(&format!("{{ {before}\"{key}\": {value} }}"))
                .into_iter()
                // Other keys may be missing beside it.
                .filter(|problem| !matches!(problem.code, Code::MissingKey | Code::ConflictingKeys))
                .collect();
            assert_eq!(wrong, [], "`{key}`");
        }
    }
}

#[test]
fn decoders_and_schemas_know_the_same_keys_and_examples_decode() {
    check::<ActionDocument>();
    check::<ServiceDocument>();
    check::<InputDocument>();
    check::<FieldDocument>();
    check::<TimeoutDocument>();
    check::<RetryDocument>();
    check::<LimitsDocument>();
    check::<RequestDocument>();
    check::<StyleDocument>();
    check::<GraphqlDocument>();
    check::<RawBodyDocument>();
    check::<CaptureRuleDocument>();
    check::<SuccessDocument>();
    check::<ErrorRuleDocument>();
    check::<DetailSource>();
    check::<StepDocument>();
    check::<ForEachDocument>();
    check::<TestDocument>();
    check::<TestInputDocument>();
    check::<CallDocument>();
    check::<ExpectedRequestDocument>();
    check::<AnswerDocument>();
    check::<ResultDocument>();
    check::<ApplyDocument>();
    check::<AssertionDocument>();
    check::<ClientDocument>();
    check::<ExpiryDocument>();
    check::<IdempotencyDocument>();
    check::<TokenDocument>();
    check::<VerifyDocument>();
    check::<SettingsDocument>();
    check::<LogDocument>();
    check::<TracesDocument>();
    check::<TlsDocument>();
    check::<CallersDocument>();
    check::<HeaderDocument>();
    check::<AuthFieldDocument>();
    check::<SecretsDocument>();
    check::<NetworksDocument>();
    check::<HmacCallerDocument>();
    check::<ServerLimitsDocument>();
    check::<NetworkDocument>();
    check::<IdentityDocument>();
    check::<ServiceSettingsDocument>();
}

/// The lists above and below name every map of the language.
#[test]
fn no_map_of_the_schema_is_forgotten() {
    let mut names: BTreeSet<String> = BTreeSet::new();
    for schema in [action_schema(), service_schema(), settings_schema()] {
        names.extend(schema["definitions"].as_object().expect("definitions").keys().cloned());
    }
    // 44 checked one by one, less the three files themselves, and conditions and authentication.
    assert_eq!(names.len(), 43, "{names:?}");
}

#[test]
fn the_forms_of_authentication_are_those_that_decode() {
    let mut generator = SchemaSettings::draft07().into_generator();
    let schema = AuthenticationDocument::json_schema(&mut generator).to_value();
    let mut in_schema: BTreeSet<(String, String)> = BTreeSet::new();
    let mut types: BTreeSet<String> = BTreeSet::new();
    for form in schema["oneOf"].as_array().expect("forms") {
        let properties = form["properties"].as_object().expect("properties").clone();
        let name = properties["type"]["enum"][0].as_str().expect("a type").to_owned();
        check_examples::<AuthenticationDocument>(&without_type(&properties), &format!("type: {name}, "));
        let written: Map<String, Value> =
            properties.iter().map(|(key, schema)| (key.clone(), schema["examples"][0].clone())).collect();
        assert_eq!(problems_of::<AuthenticationDocument>(&Value::Object(written).to_string()), []);
        in_schema.extend(properties.keys().map(|key| (name.clone(), key.clone())));
        types.insert(name);
    }
    record::take_words();
    let mut known: BTreeSet<(String, String)> = BTreeSet::new();
    for name in &types {
        record::take_keys();
        problems_of::<AuthenticationDocument>(&format!("type: {name}"));
        let keys = record::take_keys().into_iter().next_back().expect("a map was read");
        known.extend(keys.into_iter().map(|key| (name.clone(), key.to_owned())));
    }
    assert_eq!(in_schema, known);
    let words = record::take_words().into_iter().next_back().expect("a word was read");
    assert_eq!(types, words.into_iter().map(str::to_owned).collect());
}

fn without_type(properties: &Map<String, Value>) -> Map<String, Value> {
    properties.iter().filter(|(key, _)| *key != "type").map(|(key, schema)| (key.clone(), schema.clone())).collect()
}

#[test]
fn the_conditions_are_those_that_decode() {
    let properties = properties_of::<ConditionDocument>();
    check_examples::<ConditionDocument>(&properties, "");
    let problems = problems_of::<ConditionDocument>("zzzzzz: 1");
    let help = problems[0].help.as_deref().expect("help");
    let known = help.strip_prefix("the conditions are ").expect("the list").split(", ").collect::<BTreeSet<_>>();
    assert_eq!(properties.keys().map(String::as_str).collect::<BTreeSet<_>>(), known);
}

/// Calls `visit` with every schema in `schema`, itself included.
fn each(schema: &Value, visit: &mut dyn FnMut(&Value)) {
    visit(schema);
    let Value::Object(keywords) = schema else { return };
    for (keyword, part) in keywords {
        match (keyword.as_str(), part) {
            ("properties" | "definitions", Value::Object(parts)) => parts.values().for_each(|part| each(part, visit)),
            ("allOf" | "anyOf" | "oneOf" | "items", Value::Array(parts)) => {
                parts.iter().for_each(|part| each(part, visit));
            }
            ("additionalProperties" | "items" | "not", part) => each(part, visit),
            _ => {}
        }
    }
}

#[test]
fn every_key_is_described_with_an_example() {
    for schema in [action_schema(), service_schema(), settings_schema()] {
        each(&schema, &mut |schema| {
            for (key, property) in schema["properties"].as_object().into_iter().flatten() {
                let description = property["description"].as_str().unwrap_or_default();
                assert!(description.len() > 8 && description.ends_with(['.', ')']), "`{key}`: {property:#}");
                assert!(property["examples"].as_array().is_some_and(|examples| !examples.is_empty()), "`{key}`");
                assert!(!description.contains("[`"), "`{key}` links into the code: {description}");
            }
        });
    }
}

#[test]
fn every_map_is_closed_or_by_name() {
    for schema in [action_schema(), service_schema(), settings_schema()] {
        each(&schema, &mut |schema| {
            if schema["type"] == "object" {
                assert!(schema.get("additionalProperties").is_some(), "{schema:#}");
            }
        });
    }
}

#[test]
fn null_is_allowed_only_where_it_means_something() {
    for schema in [action_schema(), service_schema(), settings_schema()] {
        each(&schema, &mut |schema| {
            let types = &schema["type"];
            assert!(
                types != "null" && !types.as_array().is_some_and(|types| types.contains(&json!("null"))),
                "{schema:#}"
            );
        });
    }
    let timeout = &service_schema()["definitions"]["TimeoutDocument"]["properties"];
    assert_eq!(timeout["connect"]["anyOf"][1], json!({ "const": null }));
}

#[test]
fn allowed_words_are_those_that_decode() {
    let mut in_schema: BTreeSet<Vec<String>> = BTreeSet::new();
    each(&action_schema(), &mut |schema| {
        let Some(words) = schema["enum"].as_array() else { return };
        let words: Vec<String> = words.iter().map(|word| word.as_str().expect("a word").to_owned()).collect();
        if let Some(descriptions) = schema["enumDescriptions"].as_array() {
            assert_eq!(descriptions.len(), words.len());
            in_schema.insert(words);
        }
    });
    record::take_words();
    for request in ["line_ends", "answer", "style: { lists: x, maps: x }, x"] {
        problems_of::<RequestDocument>(&format!("{{ {request}: x }}"));
    }
    problems_of::<FieldDocument>("{ type: x, format: x }");
    problems_of::<CaptureRuleDocument>("{ as: x, pick: x }");
    problems_of::<ErrorRuleDocument>("{ kind: x, detail: { as: x } }");
    problems_of::<AnswerDocument>("{ fault: x }");
    problems_of::<ServiceDocument>("{ placeholders: x }");
    problems_of::<ClientDocument>("{ send: x, alg: x }");
    problems_of::<AuthenticationDocument>("{ type: hmac, algorithm: x, encoding: x }");
    problems_of::<AuthenticationDocument>("{ type: oauth1, method: x }");
    // Types have a form each in the schema, which another test looks at.
    let known = record::take_words().into_iter().filter(|words| !words.contains(&"mtls"));
    let known = known.map(|words| words.into_iter().map(str::to_owned).collect()).collect();
    assert_eq!(in_schema, known);
}

#[test]
fn the_roots_say_nothing_of_their_own_address() {
    for schema in [action_schema(), service_schema()] {
        for keyword in ["title", "$schema", "$id"] {
            assert!(schema.get(keyword).is_none());
        }
        assert_eq!(schema["required"], json!(["version"]));
        assert_eq!(schema["properties"]["version"]["const"], json!(1));
    }
}
