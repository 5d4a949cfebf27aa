//! The body of an answer as paths see it: JSON, XML, text or nothing.
//!
//! Pure; the bytes come from the engine.

use serde_json::Value;

use crate::json_path::{JsonPath, PathError, Reading};
use crate::keyword::AnswerFormat;
use crate::value::{JsonLimits, XmlLimits, decode_json, decode_text, read_xml};

/// Deepest nesting of an answer.
const MAX_DEPTH: usize = 64;

/// What an answer's body is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum ContentKind {
    /// No body, or white space only.
    Empty,
    /// JSON.
    Json,
    /// XML.
    Xml,
    /// Text that is neither; also HTML.
    Text,
    /// It should have been JSON or XML, or text, and cannot be read.
    Broken,
}

/// An answer's body, read once.
#[derive(Clone, Debug)]
pub struct Content {
    kind: ContentKind,
    value: Option<Value>,
    text: String,
    problem: Option<String>,
}

impl Content {
    /// Reads a body; never fails, since a body that nothing needs may be anything.
    #[must_use]
    pub fn read(body: &[u8], content_type: Option<&str>, format: AnswerFormat) -> Self {
        let text = match decode_text(body, content_type) {
            Ok(text) => text,
            Err(error) => return Self::broken(String::from_utf8_lossy(body).into_owned(), error.to_string()),
        };
        if text.trim().is_empty() {
            return Self { kind: ContentKind::Empty, value: None, text: String::new(), problem: None };
        }
        match format {
            AnswerFormat::Json => Self::json(text),
            AnswerFormat::Xml => Self::xml(text),
            AnswerFormat::Text => Self::plain(text),
            AnswerFormat::Auto => Self::guess(text, content_type.unwrap_or_default()),
        }
    }

    /// What the body is.
    #[must_use]
    pub fn kind(&self) -> ContentKind {
        self.kind
    }

    /// The body as a value: JSON as it is, XML as maps, a text as a string; absent if empty or broken.
    #[must_use]
    pub fn value(&self) -> Option<&Value> {
        self.value.as_ref()
    }

    /// The body as text, for messages.
    #[must_use]
    pub fn text(&self) -> &str {
        &self.text
    }

    /// Why the body cannot be read, if it cannot.
    #[must_use]
    pub fn problem(&self) -> Option<&str> {
        self.problem.as_deref()
    }

    /// The nodes that `path` finds; none in an empty or broken body.
    ///
    /// # Errors
    /// When the search is too expensive.
    pub fn nodes<'a>(&'a self, path: &JsonPath) -> Result<Vec<&'a Value>, PathError> {
        self.value.as_ref().map_or_else(|| Ok(Vec::new()), |value| path.nodes_as(value, self.reading()))
    }

    /// What the body has near a path that found nothing; names of keys only.
    #[must_use]
    pub fn near_miss(&self, path: &JsonPath) -> Option<String> {
        self.value.as_ref().and_then(|value| path.missed(value, self.reading()))
    }

    fn reading(&self) -> Reading {
        if self.kind == ContentKind::Xml { Reading::Xml } else { Reading::Json }
    }

    /// By content first, since content types lie; a claim only settles what is unclear.
    fn guess(text: String, content_type: &str) -> Self {
        let start = text.trim_start();
        if start.starts_with(['{', '[']) {
            return Self::json(text);
        }
        let claims = content_type.to_ascii_lowercase();
        if start.starts_with('<') && !looks_like_html(start) {
            let read = Self::xml(text);
            let claimed = claims.contains("xml") || read.text.trim_start().starts_with("<?xml");
            return if read.kind == ContentKind::Broken && !claimed { Self::plain(read.text) } else { read };
        }
        if claims.contains("json") {
            let read = Self::json(text);
            return if read.kind == ContentKind::Broken { Self::plain(read.text) } else { read };
        }
        Self::plain(text)
    }

    fn json(text: String) -> Self {
        match decode_json(text.as_bytes(), JsonLimits { max_depth: MAX_DEPTH }) {
            Ok(value) => Self { kind: ContentKind::Json, value: Some(value), text, problem: None },
            Err(error) => Self::broken(text, error.to_string()),
        }
    }

    fn xml(text: String) -> Self {
        match read_xml(&text, XmlLimits::default()) {
            Ok(value) => Self { kind: ContentKind::Xml, value: Some(value), text, problem: None },
            Err(error) => Self::broken(text, error.to_string()),
        }
    }

    fn plain(text: String) -> Self {
        Self { kind: ContentKind::Text, value: Some(Value::String(text.clone())), text, problem: None }
    }

    fn broken(text: String, problem: String) -> Self {
        Self { kind: ContentKind::Broken, value: None, text, problem: Some(problem) }
    }
}

fn looks_like_html(start: &str) -> bool {
    let head: String = start.chars().take(15).collect::<String>().to_ascii_lowercase();
    head.starts_with("<!doctype html") || head.starts_with("<html")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[track_caller]
    fn check(body: &str, content_type: &str, expected: ContentKind) {
        let content = Content::read(body.as_bytes(), Some(content_type), AnswerFormat::Auto);
        assert_eq!(content.kind(), expected, "{body}");
    }

    #[test]
    fn the_content_decides_over_its_type() {
        check(r#"{"a":1}"#, "text/html", ContentKind::Json);
        check("\u{feff}{\"a\":1}", "application/json; charset=utf-8", ContentKind::Json);
        check("<a/>", "application/json", ContentKind::Xml);
        check("<!DOCTYPE html><p>x", "application/xml", ContentKind::Text);
        check("OK", "application/json", ContentKind::Text);
        check("\"OK\"", "application/json", ContentKind::Json);
        check(" \r\n", "application/json", ContentKind::Empty);
        check("{broken", "application/json", ContentKind::Broken);
        check("a < b", "text/plain", ContentKind::Text);
    }
}
