//! Parameters → path, query and headers of a request, with an input for each.

use std::sync::LazyLock;

use serde_json::{Map as JsonMap, Value};

use super::super::draft::FieldDraft;
use super::super::names::Names;
use super::super::sample::literal;
use super::super::yaml::Map;
use super::document::Document;
use super::field::{Said, field};
use super::operation::Operation;
use super::schema::{Kind, Schema};

/// Headers that the engine or another key writes.
const OWN_HEADERS: [&str; 12] = [
    "accept",
    "authorization",
    "content-type",
    "content-length",
    "host",
    "connection",
    "transfer-encoding",
    "te",
    "upgrade",
    "trailer",
    "keep-alive",
    "expect",
];

/// The inputs of an action, gathered from every part of its request.
#[derive(Debug)]
pub(super) struct Inputs<'d> {
    pub(super) document: &'d Document,
    names: Names,
    pub(super) fields: Vec<FieldDraft>,
    /// The values of the test.
    pub(super) values: JsonMap<String, Value>,
}

impl<'d> Inputs<'d> {
    pub(super) fn new(document: &'d Document) -> Self {
        Self { document, names: Names::default(), fields: Vec::new(), values: JsonMap::new() }
    }

    /// Adds a field: its template, and its value if the test gives it one.
    pub(super) fn add(&mut self, wanted: &[&str], schema: &'d Value, said: Said<'d>) -> (String, Option<Value>) {
        let name = self.names.free(wanted);
        let (field, given) = field(self.document, &name, schema, said);
        let value = field.example.clone().filter(|_| said.required || given);
        if let Some(value) = &value {
            self.values.insert(name.clone(), value.clone());
        }
        self.fields.push(field);
        (format!("{{{{data.{name}}}}}"), value)
    }
}

/// Path, query and headers, as written and as the test expects them.
#[derive(Debug, Default)]
pub(super) struct Placed {
    pub(super) path: String,
    pub(super) expected_path: String,
    pub(super) query: Map,
    pub(super) expected_query: JsonMap<String, Value>,
    pub(super) headers: Map,
    pub(super) expected_headers: JsonMap<String, Value>,
    pub(super) notes: Vec<String>,
}

/// Places every parameter; those of authentication are left to it.
pub(super) fn place<'d>(operation: &Operation<'d>, inputs: &mut Inputs<'d>, credentials: &[String]) -> Placed {
    let (path, fixed_query) = operation.path.split_once('?').unwrap_or((operation.path, ""));
    let path = path.split('#').next().unwrap_or(path);
    let mut placed = Placed { path: path.to_owned(), expected_path: path.to_owned(), ..Placed::default() };
    for (name, value) in url::form_urlencoded::parse(fixed_query.as_bytes()) {
        // A placeholder is declared as a parameter as well.
        if value.starts_with('{') {
            continue;
        }
        placed.query.put(name.clone().into_owned(), literal(&Value::String(value.clone().into_owned())));
        placed.expected_query.insert(name.into_owned(), Value::String(value.into_owned()));
    }
    for parameter in operation.parameters() {
        let name = parameter.get("name").and_then(Value::as_str).unwrap_or_default();
        let place = parameter.get("in").and_then(Value::as_str).unwrap_or_default();
        let schema = schema_of(parameter);
        let said = Said {
            required: parameter.get("required") == Some(&Value::Bool(true)),
            description: parameter.get("description").and_then(Value::as_str),
            example: example_of(parameter),
            plain_example: place == "path",
        };
        match place {
            _ if name.is_empty() || parameter.get("deprecated") == Some(&Value::Bool(true)) && !said.required => {}
            "path" => in_path(name, schema, said, inputs, &mut placed),
            "query" if !credentials.contains(&name.to_lowercase()) => {
                in_query(name, parameter, schema, said, (inputs, &mut placed));
            }
            "header"
                if !OWN_HEADERS.contains(&name.to_lowercase().as_str())
                    && !credentials.contains(&name.to_lowercase()) =>
            {
                in_header(name, schema, said, inputs, &mut placed);
            }
            "cookie" => placed.notes.push(format!("the cookie `{name}`: cookies are sent only by `authentication`")),
            _ => {}
        }
    }
    undeclared(inputs, &mut placed);
    placed
}

fn schema_of(parameter: &Value) -> &Value {
    let of_content = || parameter.get("content")?.as_object()?.values().next()?.get("schema");
    parameter.get("schema").or_else(of_content).unwrap_or(&Value::Null)
}

fn example_of(parameter: &Value) -> Option<&Value> {
    let listed = || parameter.get("examples")?.as_object()?.values().next()?.get("value");
    parameter.get("example").or_else(listed)
}

fn in_path<'d>(name: &str, schema: &'d Value, said: Said<'d>, inputs: &mut Inputs<'d>, placed: &mut Placed) {
    let mark = format!("{{{name}}}");
    if !placed.path.contains(&mark) {
        return;
    }
    let kind = Schema::of(inputs.document, schema).kind;
    let simple = matches!(kind, Kind::Text | Kind::Integer | Kind::Number | Kind::Boolean);
    // A list or an object in a path is text to whoever fills it in.
    let (template, value) = inputs.add(&[name], if simple { schema } else { &TEXT }, Said { required: true, ..said });
    placed.path = placed.path.replace(&mark, &template);
    placed.expected_path = placed.expected_path.replace(&mark, &encoded(value.as_ref()));
}

/// The schema of a text.
pub(super) static TEXT: LazyLock<Value> = LazyLock::new(|| serde_json::json!({ "type": "string" }));

/// What is in the path and declared nowhere.
fn undeclared(inputs: &mut Inputs<'_>, placed: &mut Placed) {
    // Braces that do not pair could make new marks of what is put there: no more marks than braces.
    for _ in 0..placed.path.matches('{').count() {
        let Some((name, place)) = single_mark(&placed.path) else { return };
        let (template, value) =
            inputs.add(&[&name], &TEXT, Said { required: true, plain_example: true, ..Said::default() });
        let mark = placed.path.get(place.clone()).unwrap_or_default().to_owned();
        placed.path.replace_range(place, &template);
        placed.expected_path = placed.expected_path.replacen(&mark, &encoded(value.as_ref()), 1);
        placed.notes.push(format!("`{name}` stands in the path, and the document does not say what it is"));
    }
}

/// A value as it stands in a path (RFC 3986, unreserved characters stay).
fn encoded(value: Option<&Value>) -> String {
    const KEPT: &percent_encoding::AsciiSet =
        &percent_encoding::NON_ALPHANUMERIC.remove(b'-').remove(b'.').remove(b'_').remove(b'~');
    percent_encoding::utf8_percent_encode(&as_text(value), KEPT).to_string()
}

/// The first `{name}` that is no template.
fn single_mark(path: &str) -> Option<(String, std::ops::Range<usize>)> {
    let plain = path.replace("{{", "  ").replace("}}", "  ");
    let open = plain.find('{')?;
    let close = plain.get(open..)?.find('}')? + open;
    Some((plain.get(open + 1..close)?.to_owned(), open..close + 1))
}

fn in_query<'d>(
    name: &str,
    parameter: &Value,
    schema: &'d Value,
    said: Said<'d>,
    (inputs, placed): (&mut Inputs<'d>, &mut Placed),
) {
    let read = Schema::of(inputs.document, schema);
    if let Some(constant) = read.constant().filter(|_| said.required) {
        placed.query.put(name, literal(constant));
        placed.expected_query.insert(name.to_owned(), Value::String(as_text(Some(constant))));
        return;
    }
    let short = name.split('[').next().unwrap_or(name);
    let (template, value) = inputs.add(&[short, name], schema, said);
    let joined = read.kind == Kind::List && parameter.get("explode") == Some(&Value::Bool(false));
    let separator = match parameter.get("style").and_then(Value::as_str) {
        Some("spaceDelimited") => " ",
        Some("pipeDelimited") => "|",
        _ => ",",
    };
    let (template, value) = if joined {
        let inner = template.trim_matches(['{', '}']);
        let text = value.as_ref().and_then(Value::as_array).map(|items| {
            Value::String(items.iter().map(|item| as_text(Some(item))).collect::<Vec<_>>().join(separator))
        });
        (format!("{{{{join {inner} '{separator}'}}}}"), text)
    } else {
        (template, value)
    };
    placed.query.put(name, template);
    for (name, value) in value.map(|value| flat(name, &value)).unwrap_or_default() {
        placed.expected_query.insert(name, value);
    }
}

/// An object's members are parameters of their own: `filter[name]`.
fn flat(name: &str, value: &Value) -> Vec<(String, Value)> {
    match value {
        Value::Object(map) => map.iter().flat_map(|(key, value)| flat(&format!("{name}[{key}]"), value)).collect(),
        // One value of a name reads back as that value, whether it came from a list or not.
        Value::Array(items) if items.len() == 1 => items.iter().flat_map(|item| flat(name, item)).collect(),
        other => vec![(name.to_owned(), other.clone())],
    }
}

fn in_header<'d>(name: &str, schema: &'d Value, said: Said<'d>, inputs: &mut Inputs<'d>, placed: &mut Placed) {
    if let Some(constant) = Schema::of(inputs.document, schema).constant().filter(|_| said.required) {
        placed.headers.put(name, literal(&Value::String(as_text(Some(constant)))));
        placed.expected_headers.insert(name.to_owned(), Value::String(as_text(Some(constant))));
        return;
    }
    let (template, value) = inputs.add(&[name.trim_start_matches("X-"), name], schema, said);
    placed.headers.put(name, template);
    placed.expected_headers.extend(value.map(|value| (name.to_owned(), Value::String(as_text(Some(&value))))));
}

pub(super) fn as_text(value: Option<&Value>) -> String {
    match value {
        Some(Value::String(text)) => text.clone(),
        Some(other) => other.to_string(),
        None => String::new(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_mark_is_braces_that_are_no_template() {
        let mark = single_mark;
        assert_eq!(mark("/a/{id}/b"), Some(("id".to_owned(), 3..7)));
        assert_eq!(mark("/{{data.a}}/{b}"), Some(("b".to_owned(), 12..15)));
        assert_eq!(mark("/{X{X/each}}+/t/{id}"), Some(("X{X/each  +/t/{id".to_owned(), 1..20)));
        assert_eq!(mark("/{{data.a}}"), None);
    }
}
