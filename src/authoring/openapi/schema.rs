//! A JSON Schema as OpenAPI uses it, read for what an input field needs.
//!
//! `allOf` is merged; of `oneOf` and `anyOf` what all have in common is kept.

use serde_json::{Map, Value};

use super::document::Document;

/// Schemas within schemas.
const DEEPEST: usize = 12;

/// Schemas that one is made of: one that is made of itself several times over would never end.
const MOST: usize = 200;

/// What a value may be.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Kind {
    Text,
    Integer,
    Number,
    Boolean,
    List,
    Object,
    Any,
}

/// A schema, flattened.
#[derive(Clone, Debug)]
pub(super) struct Schema<'d> {
    pub(super) kind: Kind,
    /// Keys of the schema itself, and of what it is made of; the first found wins.
    keys: Vec<&'d Map<String, Value>>,
    /// Properties in their order.
    pub(super) properties: Vec<Property<'d>>,
    pub(super) items: Option<&'d Value>,
}

/// One property of an object.
#[derive(Clone, Debug)]
pub(super) struct Property<'d> {
    pub(super) name: &'d str,
    pub(super) schema: &'d Value,
    pub(super) required: bool,
}

impl<'d> Schema<'d> {
    /// Reads a schema.
    pub(super) fn of(document: &'d Document, schema: &'d Value) -> Self {
        let mut found = Self { kind: Kind::Any, keys: Vec::new(), properties: Vec::new(), items: None };
        let mut required: Vec<&'d str> = Vec::new();
        found.collect(document, schema, &mut required, 0);
        for property in &mut found.properties {
            property.required = required.contains(&property.name);
        }
        found.kind = found.kind_of(document);
        found
    }

    fn collect(&mut self, document: &'d Document, schema: &'d Value, required: &mut Vec<&'d str>, depth: usize) {
        let Some(map) = document.follow(schema).as_object() else { return };
        if depth >= DEEPEST || self.keys.len() >= MOST {
            return;
        }
        self.keys.push(map);
        for (name, schema) in map.get("properties").and_then(Value::as_object).into_iter().flatten() {
            if !self.properties.iter().any(|property| property.name == name) {
                self.properties.push(Property { name, schema, required: false });
            }
        }
        required.extend(map.get("required").and_then(Value::as_array).into_iter().flatten().filter_map(Value::as_str));
        self.items = self.items.or(map.get("items"));
        for part in map.get("allOf").and_then(Value::as_array).into_iter().flatten() {
            self.collect(document, part, required, depth + 1);
        }
        for key in ["oneOf", "anyOf"] {
            let branches: Vec<&Value> = map
                .get(key)
                .and_then(Value::as_array)
                .into_iter()
                .flatten()
                .filter(|branch| document.follow(branch).get("type") != Some(&"null".into()))
                .collect();
            if let [only] = branches.as_slice() {
                self.collect(document, only, required, depth + 1);
            }
        }
    }

    fn kind_of(&self, document: &Document) -> Kind {
        let types: Vec<&str> = self
            .keys
            .iter()
            .filter_map(|keys| keys.get("type"))
            .flat_map(|kind| match kind {
                Value::Array(kinds) => kinds.iter().filter_map(Value::as_str).collect(),
                kind => kind.as_str().into_iter().collect::<Vec<_>>(),
            })
            .filter(|kind| *kind != "null")
            .collect();
        match types.first().copied() {
            Some(first) if types.iter().all(|kind| *kind == first) => kind_named(first),
            Some(_) => Kind::Any,
            None if !self.properties.is_empty() || self.get("additionalProperties").is_some() => Kind::Object,
            None if self.items.is_some() => Kind::List,
            None => self.kind_of_branches(document).unwrap_or_else(|| match self.allowed().first() {
                Some(Value::String(_)) => Kind::Text,
                Some(Value::Bool(_)) => Kind::Boolean,
                _ => Kind::Any,
            }),
        }
    }

    /// What all branches agree on.
    fn kind_of_branches(&self, document: &Document) -> Option<Kind> {
        let branches = ["oneOf", "anyOf"].iter().find_map(|key| self.get(key)?.as_array())?;
        let mut kinds = branches.iter().map(|branch| Schema::of_branch(document, branch));
        let first = kinds.next()?;
        kinds.all(|kind| kind == first).then_some(first)
    }

    fn of_branch(document: &Document, branch: &Value) -> Kind {
        match document.follow(branch).get("type").and_then(Value::as_str) {
            Some(kind) => kind_named(kind),
            None => Kind::Any,
        }
    }

    /// A key of the schema, or of what it is made of.
    pub(super) fn get(&self, key: &str) -> Option<&'d Value> {
        self.keys.iter().find_map(|keys| keys.get(key))
    }

    pub(super) fn text(&self, key: &str) -> Option<&'d str> {
        self.get(key).and_then(Value::as_str)
    }

    pub(super) fn is(&self, key: &str) -> bool {
        self.get(key) == Some(&Value::Bool(true))
    }

    /// `enum`, without null.
    pub(super) fn allowed(&self) -> Vec<&'d Value> {
        let listed = self.get("enum").and_then(Value::as_array).into_iter().flatten();
        listed.chain(self.get("const")).filter(|value| !value.is_null()).collect()
    }

    /// The only value there can be.
    pub(super) fn constant(&self) -> Option<&'d Value> {
        let allowed = self.allowed();
        match allowed.as_slice() {
            [only] => Some(only),
            _ => None,
        }
    }

    /// The example that the document gives.
    pub(super) fn example(&self) -> Option<&'d Value> {
        let listed = || self.get("examples").and_then(Value::as_array).and_then(|examples| examples.first());
        self.get("example").or_else(listed)
    }
}

fn kind_named(name: &str) -> Kind {
    match name {
        "string" => Kind::Text,
        "integer" => Kind::Integer,
        "number" => Kind::Number,
        "boolean" => Kind::Boolean,
        "array" => Kind::List,
        "object" => Kind::Object,
        _ => Kind::Any,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_schema_made_of_itself_many_times_ends() {
        let part = "{ $ref: '#/components/schemas/A' }";
        let text =
            format!("openapi: 3.0.0\ncomponents: {{ schemas: {{ A: {{ allOf: [{}] }} }} }}\n", [part; 9].join(", "));
        let document = Document::read("a", &text).unwrap();
        let schema = serde_json::json!({ "$ref": "#/components/schemas/A" });
        assert!(Schema::of(&document, &schema).keys.len() <= MOST);
    }
}
