//! The document: read, brought to version 3, references followed.

use std::sync::Arc;

use serde_json::{Map, Value};

use super::swagger;
use crate::diagnostic::Source;
use crate::document::read_foreign_yaml;

/// References that lead to references.
const LONGEST_CHAIN: usize = 20;

/// An OpenAPI document.
#[derive(Debug)]
pub struct Document {
    root: Value,
    /// References to other files, which are not followed.
    elsewhere: Vec<String>,
}

/// Why a document cannot be used.
#[derive(Debug, PartialEq, Eq, thiserror::Error)]
pub enum DocumentError {
    /// It cannot be parsed.
    #[error("it is neither JSON nor YAML: {0}")]
    Syntax(String),
    /// It is something else.
    #[error("it is no OpenAPI document: expected `openapi: 3.…` or `swagger: \"2.0\"` at its top")]
    Other,
    /// Another version.
    #[error("it is of version {0}; versions 2.0, 3.0 and 3.1 can be imported")]
    Version(String),
    /// It has no operations.
    #[error("it describes no operations")]
    NoOperations,
    /// It names no server.
    #[error("it does not say where the service is; give its address with `--base-url https://…`")]
    NoServer,
}

impl Document {
    /// Reads a document, JSON or YAML.
    ///
    /// # Errors
    /// A text that is no OpenAPI document.
    pub fn read(name: &str, text: &str) -> Result<Self, DocumentError> {
        let root = if text.trim_start().starts_with('{') {
            serde_json::from_str(text).map_err(|error| DocumentError::Syntax(error.to_string()))?
        } else {
            let (value, problems) = read_foreign_yaml(Arc::new(Source::new(name, text)));
            value.ok_or_else(|| {
                let first = problems.iter().next();
                DocumentError::Syntax(first.map_or_else(String::new, |problem| problem.message.to_string()))
            })?
        };
        let version = |key: &str| {
            root.get(key).map(|version| version.as_str().map_or_else(|| version.to_string(), str::to_owned))
        };
        match (version("openapi"), version("swagger")) {
            (Some(version), _) if version.starts_with("3.0") || version.starts_with("3.1") => Ok(Self::of(root)),
            (Some(version), _) => Err(DocumentError::Version(version)),
            (None, Some(version)) if version.starts_with("2.") => Ok(Self::of(swagger::to_version_3(root))),
            (None, Some(version)) => Err(DocumentError::Version(version)),
            (None, None) => Err(DocumentError::Other),
        }
    }

    fn of(root: Value) -> Self {
        let mut elsewhere = std::collections::BTreeSet::new();
        let mut left = vec![&root];
        while let Some(value) = left.pop() {
            match value {
                Value::Object(map) => {
                    let outside =
                        map.get("$ref").and_then(Value::as_str).filter(|reference| !reference.starts_with('#'));
                    elsewhere.extend(outside.map(str::to_owned));
                    left.extend(map.values());
                }
                Value::Array(items) => left.extend(items),
                _ => {}
            }
        }
        Self { elsewhere: elsewhere.into_iter().collect(), root }
    }

    /// References to other files: what stands behind them is taken for anything.
    pub(super) fn elsewhere(&self) -> &[String] {
        &self.elsewhere
    }

    /// The title of the API.
    #[must_use]
    pub fn title(&self) -> Option<&str> {
        self.root.pointer("/info/title").and_then(Value::as_str)
    }

    /// The version of the API.
    #[must_use]
    pub fn version(&self) -> Option<&str> {
        self.root.pointer("/info/version").and_then(Value::as_str)
    }

    /// Its paths and what each holds, references followed.
    pub(super) fn paths(&self) -> impl Iterator<Item = (&String, &Value)> {
        let paths = self.root.get("paths").and_then(Value::as_object);
        paths.into_iter().flatten().map(|(path, item)| (path, self.follow(item)))
    }

    /// A part of the document, references followed; what leads nowhere is null.
    pub(super) fn follow<'d>(&'d self, mut value: &'d Value) -> &'d Value {
        for _ in 0..LONGEST_CHAIN {
            let Some(reference) = value.get("$ref").and_then(Value::as_str) else { return value };
            let found = reference.strip_prefix('#').and_then(|pointer| {
                let decoded = percent_encoding::percent_decode_str(pointer).decode_utf8().ok()?;
                self.root.pointer(&decoded)
            });
            value = found.unwrap_or(&Value::Null);
        }
        &Value::Null
    }

    pub(super) fn servers(&self) -> Option<&Value> {
        self.root.get("servers")
    }

    pub(super) fn security(&self) -> Option<&Value> {
        self.root.get("security")
    }

    /// The ways to prove who one is, by name.
    pub(super) fn schemes(&self) -> Option<&Map<String, Value>> {
        self.root.pointer("/components/securitySchemes").and_then(Value::as_object)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn versions_are_told_apart() {
        assert!(Document::read("a", "openapi: 3.1.0\npaths: {}\n").is_ok());
        assert!(Document::read("a", "{\"swagger\": \"2.0\"}").is_ok());
        assert_eq!(Document::read("a", "openapi: 4.0.0").err(), Some(DocumentError::Version("4.0.0".to_owned())));
        assert_eq!(Document::read("a", "a: b").err(), Some(DocumentError::Other));
        assert!(matches!(Document::read("a", "{").err(), Some(DocumentError::Syntax(_))));
    }

    #[test]
    fn references_are_followed_and_circles_end() {
        let text = "openapi: 3.0.0\na/b: {c: 1}\nx: {$ref: '#/y'}\n'y': {$ref: '#/x'}\n";
        let document = Document::read("a", text).unwrap();
        let follow = |reference: &str| document.follow(&serde_json::json!({ "$ref": reference })).clone();
        assert_eq!(follow("#/a~1b/c"), 1);
        assert_eq!(follow("#/x"), Value::Null);
        assert_eq!(follow("other.yaml#/x"), Value::Null);
    }
}
