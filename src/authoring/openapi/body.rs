//! The body of an operation → its structure, with an input for each value.

use serde_json::{Map as JsonMap, Value};

use super::super::sample::{literal, literal_key};
use super::super::yaml::{Map, Yaml};
use super::field::Said;
use super::operation::Operation;
use super::parameters::{Inputs, TEXT};
use super::schema::{Kind, Property, Schema};

/// Objects that are taken apart.
const DEEPEST: usize = 3;

/// A body as written, and as the test expects it.
#[derive(Debug)]
pub(super) struct Body {
    /// `json`, `form`, `multipart`, `text`.
    pub(super) kind: &'static str,
    pub(super) written: Yaml,
    pub(super) expected: Option<Value>,
    /// A media type of its own.
    pub(super) content_type: Option<String>,
    /// `style`, where it is not the default.
    pub(super) style: Option<Map>,
    pub(super) note: Option<String>,
}

/// The body, if there is one that can be built.
pub(super) fn body<'d>(operation: &Operation<'d>, inputs: &mut Inputs<'d>) -> Result<Option<Body>, String> {
    let Some((media_type, media)) = operation.body() else { return Ok(None) };
    let schema_value = media.get("schema").unwrap_or(&Value::Null);
    let listed = || {
        media.get("examples")?.as_object()?.values().next().map(|example| inputs.document.follow(example))?.get("value")
    };
    let example = media.get("example").or_else(listed);
    let plain = media_type.split(';').next().unwrap_or_default().trim().to_ascii_lowercase();
    let kind = match plain.as_str() {
        "*/*" => "json",
        kind if kind.ends_with("json") => "json",
        "application/x-www-form-urlencoded" => "form",
        "multipart/form-data" => "multipart",
        kind if kind.starts_with("text/") && !kind.ends_with("xml") => "text",
        other => {
            return Err(format!("a body of `{other}`: write it as `xml:`, or as `body: {{ base64, content_type }}`"));
        }
    };
    let content_type =
        (kind == "json" && !["application/json", "*/*"].contains(&plain.as_str())).then(|| media_type.to_owned());
    let schema = Schema::of(inputs.document, schema_value);
    let required = operation.is_body_required() || kind != "json";
    if kind == "text" || schema.kind != Kind::Object || schema.properties.is_empty() {
        let schema_value = if kind == "text" { &*TEXT } else { schema_value };
        let example = example.filter(|example| kind != "text" || example.is_string());
        let said = Said { required: true, example, ..Said::default() };
        if kind == "form" || kind == "multipart" {
            return Err("the document does not say which fields the form has: add them under `form:`".to_owned());
        }
        let (template, expected) = inputs.add(&["body"], schema_value, said);
        return Ok(Some(Body { kind, written: template.into(), expected, content_type, style: None, note: None }));
    }
    let mut note = None;
    let mut taker = Taker { inputs, multipart: kind == "multipart" };
    let (written, mut expected) = taker.object(&schema, "", example, DEEPEST);
    if expected.is_empty() && !required {
        note = Some("the document says that the body may be left out; here it is always sent".to_owned());
    }
    let style = (kind == "form" && indexed(media)).then(|| Map::new().with("lists", "indices"));
    if kind == "form" {
        expected = expected.into_iter().flat_map(|(name, value)| form_fields(&name, &value, style.is_some())).collect();
    }
    if kind == "multipart" {
        // A part that comes once reads back as that part, whether it came from a list or not.
        for value in expected.values_mut() {
            if let Value::Array(items) = value
                && let [only] = items.as_slice()
            {
                *value = only.clone();
            }
        }
    }
    let written = if kind == "json" { written.block() } else { Yaml::Map(written) };
    Ok(Some(Body { kind, written, expected: Some(Value::Object(expected)), content_type, style, note }))
}

/// Whether lists are written with indices: `items[0][price]`.
fn indexed(media: &Value) -> bool {
    let encodings = media.get("encoding").and_then(Value::as_object);
    encodings.is_some_and(|fields| fields.values().any(|field| field.get("style") == Some(&"deepObject".into())))
}

/// A form field as it decodes.
fn form_fields(name: &str, value: &Value, indices: bool) -> Vec<(String, Value)> {
    match value {
        Value::Object(map) => {
            map.iter().flat_map(|(key, value)| form_fields(&format!("{name}[{key}]"), value, indices)).collect()
        }
        Value::Array(items) if indices => items
            .iter()
            .enumerate()
            .flat_map(|(index, value)| form_fields(&format!("{name}[{index}]"), value, indices))
            .collect(),
        // One value of a name reads back as that value, whether it came from a list or not.
        Value::Array(items) if items.len() == 1 => {
            items.first().map(|item| (name.to_owned(), item.clone())).into_iter().collect()
        }
        other => vec![(name.to_owned(), other.clone())],
    }
}

struct Taker<'i, 'd> {
    inputs: &'i mut Inputs<'d>,
    multipart: bool,
}

impl<'d> Taker<'_, 'd> {
    fn object(
        &mut self,
        schema: &Schema<'d>,
        parent: &str,
        example: Option<&'d Value>,
        depth: usize,
    ) -> (Map, JsonMap<String, Value>) {
        let (mut written, mut expected) = (Map::new(), JsonMap::new());
        let alone = schema.properties.len() == 1;
        for property in &schema.properties {
            let read = Schema::of(self.inputs.document, property.schema);
            if read.is("readOnly") || (read.is("deprecated") && !property.required) {
                continue;
            }
            let example = example.and_then(|example| example.get(property.name));
            let (value, found) = self.property(property, &read, (parent, example), (alone, depth));
            written.put(literal_key(property.name), value);
            expected.extend(found.map(|found| (property.name.to_owned(), found)));
        }
        (written, expected)
    }

    fn property(
        &mut self,
        property: &Property<'d>,
        read: &Schema<'d>,
        (parent, example): (&str, Option<&'d Value>),
        (alone, depth): (bool, usize),
    ) -> (Yaml, Option<Value>) {
        if let Some(constant) = read.constant().filter(|_| property.required) {
            return (literal(constant), Some(constant.clone()));
        }
        // An object that is always there is taken apart; another is an input of its own, or not sent.
        let has_required = read.properties.iter().any(|inner| inner.required);
        if read.kind == Kind::Object
            && depth > 0
            && !self.multipart
            && ((property.required && has_required) || (alone && !read.properties.is_empty()))
        {
            let (written, expected) = self.object(read, property.name, example, depth - 1);
            return (Yaml::Map(written), Some(Value::Object(expected)));
        }
        let long = format!("{parent}_{}", property.name);
        let said = Said { required: property.required, example, ..Said::default() };
        if self.multipart && read.kind == Kind::Text && matches!(read.text("format"), Some("binary")) {
            return self.file(property, said);
        }
        let (template, value) = self.inputs.add(&[property.name, &long, "body_value"], property.schema, said);
        (template.into(), value)
    }

    fn file(&mut self, property: &Property<'d>, said: Said<'d>) -> (Yaml, Option<Value>) {
        let said = Said { example: None, ..said };
        let (name, name_value) = self.inputs.add(&[&format!("{}_name", property.name)], &TEXT, said);
        let (bytes, value) = self.inputs.add(&[property.name, "file"], property.schema, said);
        let file = Map::new().with("filename", name).with("base64", bytes.as_str());
        let written = if said.required {
            file
        } else {
            let present = bytes.trim_matches(['{', '}']).to_owned();
            Map::new().with("$when", Map::new().with("present", present)).with("$value", file)
        };
        let expected = value.zip(name_value).map(|(_, name)| serde_json::json!({ "filename": name, "content_type": "application/octet-stream", "text": "example" }));
        (written.into(), expected)
    }
}
