//! The keys that may stand at a place, by the schemas.

use serde_json::Value;

use super::outline::Outline;
use crate::document::{action_schema, service_schema};

/// A key that the language has.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Key {
    pub(super) name: String,
    pub(super) description: String,
}

/// The schema of one kind of file.
#[derive(Debug)]
pub(super) struct Schema {
    root: Value,
}

impl Schema {
    /// Of a `service.yaml`, or of an action.
    pub(super) fn of(is_service: bool) -> Self {
        Self { root: if is_service { service_schema() } else { action_schema() } }
    }

    /// The description of the key at a path.
    pub(super) fn description(&self, path: &[&str]) -> Option<String> {
        let (last, above) = path.split_last()?;
        let nodes = self.nodes(above);
        let found = nodes.iter().find_map(|node| node.get("properties")?.get(*last))?;
        let text = self.expand(found).iter().find_map(|node| node.get("description")?.as_str().map(str::to_owned));
        let example =
            found.pointer("/examples/0").map(|example| format!("\n\nFor example `{example}`")).unwrap_or_default();
        text.map(|text| format!("{text}{example}"))
    }

    /// The keys that may stand below an entry, where some stand already.
    pub(super) fn keys(&self, outline: &Outline, text: &str, parent: Option<usize>) -> Vec<Key> {
        let path = parent.map(|index| outline.path(index)).unwrap_or_default();
        let child = |name: &str| {
            outline.children(parent).find(|index| outline.entries.get(*index).is_some_and(|entry| entry.key == name))
        };
        // Of the ways to prove who one is, the one that is chosen.
        let chosen =
            child("type").and_then(|index| outline.entries.get(index)).and_then(|entry| text.get(entry.value.clone()));
        let chosen = chosen.map(|value| value.trim().trim_matches(['"', '\'']).to_owned());
        let mut found: Vec<Key> = Vec::new();
        for node in self.nodes(&path) {
            let Some(properties) = node.get("properties").and_then(Value::as_object) else { continue };
            let fits = properties
                .get("type")
                .and_then(|rules| rules.get("const").or(rules.pointer("/enum/0")))
                .and_then(Value::as_str);
            if let (Some(fits), Some(chosen)) = (fits, &chosen)
                && fits != chosen
            {
                continue;
            }
            for (name, rules) in properties {
                if found.iter().any(|key| key.name == *name) || child(name).is_some() {
                    continue;
                }
                let description =
                    self.expand(rules).iter().find_map(|node| node.get("description")?.as_str().map(str::to_owned));
                found.push(Key { name: name.clone(), description: description.unwrap_or_default() });
            }
        }
        found
    }

    /// The values that a key may have, where they are few.
    pub(super) fn values(&self, path: &[&str]) -> Vec<String> {
        let mut found = Vec::new();
        for node in self.nodes(path) {
            let listed = node.get("enum").and_then(Value::as_array).into_iter().flatten().chain(node.get("const"));
            for value in listed {
                let text = value.as_str().map_or_else(|| value.to_string(), str::to_owned);
                if !found.contains(&text) {
                    found.push(text);
                }
            }
            if node.get("type") == Some(&"boolean".into()) && found.is_empty() {
                found.extend(["true".to_owned(), "false".to_owned()]);
            }
        }
        found
    }

    /// What the schema says of a path, every alternative of it.
    fn nodes(&self, path: &[&str]) -> Vec<&Value> {
        let mut here = self.expand(&self.root);
        for step in path {
            let next = here.iter().flat_map(|node| {
                let named = node.get("properties").and_then(|properties| properties.get(*step));
                let any = || node.get("additionalProperties").filter(|any| any.is_object());
                let item = || node.get("items").filter(|_| *step == "[]");
                named.or_else(item).or_else(any).map(|found| self.expand(found)).unwrap_or_default()
            });
            here = next.collect();
        }
        here
    }

    /// A node with all that it is made of.
    fn expand<'s>(&'s self, node: &'s Value) -> Vec<&'s Value> {
        let (mut found, mut left) = (Vec::new(), vec![node]);
        while let Some(node) = left.pop() {
            if found.len() > 200 {
                break;
            }
            if let Some(name) = node.get("$ref").and_then(Value::as_str).and_then(|path| path.strip_prefix('#')) {
                left.extend(self.root.pointer(name));
            }
            for key in ["oneOf", "anyOf", "allOf"] {
                left.extend(node.get(key).and_then(Value::as_array).into_iter().flatten().rev());
            }
            found.push(node);
        }
        found
    }
}
