//! The values of an example request: which stay as they are, and which become inputs.

use serde_json::{Map as JsonMap, Value};

use super::super::draft::FieldDraft;
use super::super::names::{Names, title_of};
use super::super::yaml::{Map, Yaml};
use super::options::Wish;
use super::placeholder::whole;
use super::request::{SampleBody, SamplePart};

/// The inputs that come of a sample's values.
#[derive(Debug)]
pub(super) struct Inputs<'w> {
    wishes: &'w [Wish],
    /// Fields of `auth`, which placeholders elsewhere may mean too.
    auth: &'w [FieldDraft],
    /// The wishes that were met.
    met: Vec<bool>,
    names: Names,
    /// Fields of `data`, in the order found.
    pub(super) fields: Vec<FieldDraft>,
}

/// In front of the names of headers.
const HEADER: &str = "headers.";

/// A value as it is written, and as the test expects it.
pub(super) type Written = (Yaml, Value);

impl<'w> Inputs<'w> {
    pub(super) fn new(wishes: &'w [Wish], auth: &'w [FieldDraft]) -> Self {
        Self { wishes, auth, met: vec![false; wishes.len()], names: Names::default(), fields: Vec::new() }
    }

    /// The wishes that nothing in the sample met.
    pub(super) fn unmet(&self) -> Vec<&'w Wish> {
        self.wishes.iter().zip(&self.met).filter(|(_, met)| !**met).map(|(wish, _)| wish).collect()
    }

    /// A field for a placeholder, or the one that it has already.
    pub(super) fn placeholder(&mut self, name: &str) -> (String, Value) {
        for (root, fields) in [("auth", self.auth), ("data", &self.fields)] {
            if let Some(field) = fields.iter().find(|field| field.name == name) {
                return (format!("{{{{{root}.{name}}}}}"), field.example.clone().unwrap_or_default());
            }
        }
        self.field(name, Value::String(format!("example-{}", name.replace('_', "-"))))
    }

    fn field(&mut self, name: &str, example: Value) -> (String, Value) {
        let name = self.names.free(&[name]);
        let kind = match &example {
            Value::Bool(_) => Some("boolean"),
            Value::Number(number) if number.is_i64() || number.is_u64() => Some("integer"),
            Value::Number(_) => Some("number"),
            Value::Array(_) => Some("list"),
            Value::Object(_) => Some("object"),
            Value::Null | Value::String(_) => None,
        };
        let rules = Map::new().with_some("type", kind).with("required", true).with("label", title_of(&name));
        self.fields.push(FieldDraft {
            example: Some(example.clone()),
            required: true,
            ..FieldDraft::new(&name, rules)
        });
        (format!("{{{{data.{name}}}}}"), example)
    }

    /// The input that a value becomes, if it becomes one.
    fn wanted(&mut self, path: &str, value: &Value) -> Option<Written> {
        if let Value::String(text) = value
            && let Some(name) = whole(text)
        {
            let (template, example) = self.placeholder(&name);
            return Some((template.into(), example));
        }
        let last = path.strip_prefix(HEADER).unwrap_or(path.rsplit('.').next().unwrap_or(path));
        let is_leaf = match value {
            Value::Object(_) | Value::Null => false,
            Value::Array(items) => !items.is_empty(),
            Value::String(text) => !text.is_empty(),
            _ => true,
        };
        let named = |wish: &Wish| matches!(wish, Wish::At { path: wanted, .. } if wanted == path || wanted == last);
        let at = self.wishes.iter().position(named);
        let at = at.or_else(|| {
            (is_leaf && !path.starts_with(HEADER))
                .then(|| self.wishes.iter().position(|wish| *wish == Wish::All))
                .flatten()
        })?;
        if let Some(met) = self.met.get_mut(at) {
            *met = true;
        }
        let name = match self.wishes.get(at) {
            Some(Wish::At { name: Some(name), .. }) => name.as_str(),
            _ => last,
        };
        let (template, example) = self.field(name, value.clone());
        Some((template.into(), example))
    }

    /// A value of a JSON body.
    pub(super) fn json(&mut self, path: &str, value: &Value) -> Written {
        if let Some(input) = self.wanted(path, value) {
            return input;
        }
        match value {
            Value::Object(map) => {
                let (mut written, mut expected) = (Map::new(), JsonMap::new());
                for (key, value) in map {
                    let inner = if path.is_empty() { key.clone() } else { format!("{path}.{key}") };
                    let (value, found) = self.json(&inner, value);
                    written.put(literal_key(key), value);
                    expected.insert(key.clone(), found);
                }
                (Yaml::Map(written), Value::Object(expected))
            }
            Value::Array(items) => {
                let items = items.iter().enumerate().map(|(index, item)| self.json(&format!("{path}.{index}"), item));
                let (written, expected) = items.unzip();
                (Yaml::List(written), Value::Array(expected))
            }
            other => (literal(other), other.clone()),
        }
    }

    /// A header; it becomes an input only if it is asked for by name.
    pub(super) fn header(&mut self, name: &str, value: &str) -> Written {
        if has_braces(value) {
            let (template, expected) = self.field(name, Value::String(value.to_owned()));
            return (template.into(), expected);
        }
        self.json(&format!("{HEADER}{name}"), &Value::String(value.to_owned()))
    }

    /// Query parameters, or form fields with `key` for their names; a name that comes several times becomes a list.
    pub(super) fn pairs(
        &mut self,
        pairs: &[(String, String)],
        key: fn(&str) -> String,
    ) -> (Map, JsonMap<String, Value>) {
        let mut grouped: Vec<(&str, Vec<&str>)> = Vec::new();
        for (name, value) in pairs {
            match grouped.iter_mut().find(|(known, _)| known == name) {
                Some((_, values)) => values.push(value),
                None => grouped.push((name, vec![value])),
            }
        }
        let (mut written, mut expected) = (Map::new(), JsonMap::new());
        for (name, values) in grouped {
            let value = match values.as_slice() {
                [one] => Value::String((*one).to_owned()),
                several => several.iter().map(|value| Value::String((*value).to_owned())).collect(),
            };
            let (value, found) = self.json(name, &value);
            written.put(key(name), value);
            expected.insert(name.to_owned(), found);
        }
        (written, expected)
    }

    fn part(&mut self, part: &SamplePart) -> Written {
        let Some(media_type) = &part.file else {
            return self.json(&part.name, &Value::String(part.content.clone()));
        };
        let (name, _) = self.field(&format!("{}_name", part.name), Value::String(part.content.clone()));
        // "example" in base64.
        let (bytes, _) = self.field(&part.name, Value::String("ZXhhbXBsZQ==".to_owned()));
        let written = Map::new().with("filename", name).with("content_type", media_type.as_str()).with("base64", bytes);
        let expected = serde_json::json!({ "filename": part.content, "content_type": media_type, "text": "example" });
        (written.into(), expected)
    }

    /// The body as keys of a request: what is written, and what the test expects.
    pub(super) fn body(&mut self, body: &SampleBody) -> Option<(&'static str, Yaml, Yaml)> {
        match body {
            SampleBody::None => None,
            SampleBody::Json(value) => {
                let (written, expected) = self.json("", value);
                Some(("json", opened(written), Yaml::from(&expected)))
            }
            SampleBody::Form(pairs) => {
                let (written, expected) = self.pairs(pairs, literal_key);
                Some(("form", written.into(), Yaml::from(&Value::Object(expected))))
            }
            SampleBody::Multipart(parts) => {
                let mut grouped: Vec<(&str, Vec<Written>)> = Vec::new();
                for part in parts {
                    let found = self.part(part);
                    match grouped.iter_mut().find(|(known, _)| *known == part.name) {
                        Some((_, several)) => several.push(found),
                        None => grouped.push((&part.name, vec![found])),
                    }
                }
                let (mut written, mut expected) = (Map::new(), JsonMap::new());
                for (name, several) in grouped {
                    let (mut values, mut found): (Vec<Yaml>, Vec<Value>) = several.into_iter().unzip();
                    let single = values.len() == 1;
                    let value = if single { values.pop() } else { None };
                    written.put(literal_key(name), value.unwrap_or(Yaml::List(values)));
                    let value = if single { found.pop() } else { None };
                    expected.insert(name.to_owned(), value.unwrap_or(Value::Array(found)));
                }
                Some(("multipart", written.block(), Yaml::from(&Value::Object(expected))))
            }
            SampleBody::Text(text, _) => {
                let value = Value::String(text.clone());
                let (written, expected) = match has_braces(text) {
                    true => {
                        let (template, expected) = self.field("text", value);
                        (template.into(), expected)
                    }
                    false => self.json("text", &value),
                };
                Some(("text", written, Yaml::from(&expected)))
            }
        }
    }
}

/// A body has a line for each of its keys.
fn opened(body: Yaml) -> Yaml {
    match body {
        Yaml::Map(map) => map.block(),
        other => other,
    }
}

/// Whether a text or a header holds braces that would be a template's: there they cannot be literal, so the caller gives them.
fn has_braces(text: &str) -> bool {
    text.contains("{{") && whole(text).is_none()
}

/// A key that is not one of ours.
pub(in super::super) fn literal_key(key: &str) -> String {
    if key.starts_with('$') { format!("${key}") } else { key.to_owned() }
}

/// A scalar that is never a template.
pub(in super::super) fn literal(value: &Value) -> Yaml {
    match value {
        Value::String(text) if text.contains("{{") => Map::new().with("$literal", text.as_str()).into(),
        other => other.into(),
    }
}
