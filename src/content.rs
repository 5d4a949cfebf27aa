//! The body of an answer as paths see it: JSON, XML, text or nothing.
//!
//! Pure; the bytes come from the engine.

use std::sync::{Arc, OnceLock};

use bytes::Bytes;
use serde_json::Value;

use crate::budget::{Budget, Exhausted};
use crate::json_path::{JsonPath, PathError, Reading};
use crate::keyword::AnswerFormat;
use crate::value::{
    JsonLimits, NODE_SIZE, Projected, Projection, XmlLimits, decode_json_part, decode_json_within, decode_text,
    is_blank, read_xml_within,
};

/// Deepest nesting of an answer.
const LIMITS: JsonLimits = JsonLimits { max_depth: 64 };

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
    /// As far as it was projection.
    found: Option<Projected>,
    /// What of it was projection; nothing more is made of the text until it is asked for.
    projection: Arc<Projection>,
    whole: OnceLock<Option<Value>>,
    text: String,
    problem: Option<String>,
}

impl Content {
    /// Reads a body, whatever it is, since nothing may need it. Of JSON only what is projection is made into values at
    /// once. Charges the text and the values.
    ///
    /// # Errors
    /// When the budget is exhausted, and only then.
    pub fn read(
        body: Bytes,
        content_type: Option<&str>,
        format: AnswerFormat,
        projection: &Arc<Projection>,
        budget: &Budget,
    ) -> Result<Self, Exhausted> {
        budget.charge_bytes(body.len())?;
        let text = match decode_text(body, content_type) {
            Ok(text) => text,
            Err((error, body)) => {
                return Ok(Self::broken(String::from_utf8_lossy(&body).into_owned(), error.to_string()));
            }
        };
        if is_blank(&text) {
            return Ok(Self::new(ContentKind::Empty, None, String::new()));
        }
        match format {
            AnswerFormat::Json => Self::json(text, projection, budget),
            AnswerFormat::Xml => Self::xml(text, budget),
            AnswerFormat::Text => Self::plain(text, budget),
            AnswerFormat::Auto => Self::guess(text, content_type.unwrap_or_default(), projection, budget),
        }
    }

    /// What the body is.
    #[must_use]
    pub fn kind(&self) -> ContentKind {
        self.kind
    }

    /// The body as a value: JSON as it is, XML as maps, a text as a string; absent if empty or broken.
    ///
    /// # Errors
    /// When the budget is exhausted: what was read in part is read whole now.
    pub fn value(&self, budget: &Budget) -> Result<Option<&Value>, Exhausted> {
        if let Some(Projected::Whole(value)) = self.found.as_ref().filter(|_| *self.projection == Projection::Whole) {
            return Ok(Some(value));
        }
        if let Some(whole) = self.whole.get() {
            return Ok(whole.as_ref());
        }
        let whole = match self.found {
            None => None,
            Some(_) => {
                budget.charge_bytes(self.text.len())?;
                match decode_json_within(self.text.as_bytes(), LIMITS, budget) {
                    Ok(value) => Some(value),
                    Err(error) => error.exhausted().map_or(Ok(None), Err)?,
                }
            }
        };
        Ok(self.whole.get_or_init(|| whole).as_ref())
    }

    /// A member of a body that is a map.
    ///
    /// # Errors
    /// As [`Self::value`].
    pub fn member(&self, name: &str, budget: &Budget) -> Result<Option<&Value>, Exhausted> {
        if !self.projection.covers([name].into_iter()) {
            return Ok(self.value(budget)?.and_then(|value| value.get(name)));
        }
        let found = self.found.as_ref().and_then(|found| found.follow(&self.projection, [name].into_iter()));
        Ok(match found {
            Some((value, 0)) => value.get(name),
            Some((value, _)) => Some(value),
            None => None,
        })
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
    /// When the budget is exhausted.
    pub fn nodes<'a>(&'a self, path: &JsonPath, budget: &Budget) -> Result<Vec<&'a Value>, PathError> {
        let start = match self.projection.covers(path.way()) {
            true => self.found.as_ref().and_then(|found| found.follow(&self.projection, path.way())),
            false => self.value(budget)?.map(|value| (value, 0)),
        };
        let Some((value, names)) = start else { return Ok(Vec::new()) };
        path.nodes_beyond(names, value, self.reading(), budget)
    }

    /// What the body has near a path that found nothing; names of keys only.
    ///
    /// # Errors
    /// When the budget is exhausted.
    pub fn near_miss(&self, path: &JsonPath, budget: &Budget) -> Result<Option<String>, Exhausted> {
        match self.value(budget)? {
            Some(value) => path.missed(value, self.reading(), budget),
            None => Ok(None),
        }
    }

    fn reading(&self) -> Reading {
        if self.kind == ContentKind::Xml { Reading::Xml } else { Reading::Json }
    }

    /// By content first, since content types lie; a claim only settles what is unclear.
    fn guess(
        text: String,
        content_type: &str,
        projection: &Arc<Projection>,
        budget: &Budget,
    ) -> Result<Self, Exhausted> {
        let start = text.trim_start();
        if start.starts_with(['{', '[']) {
            return Self::json(text, projection, budget);
        }
        let claims = content_type.to_ascii_lowercase();
        if start.starts_with('<') && !looks_like_html(start) {
            let read = Self::xml(text, budget)?;
            let claimed = claims.contains("xml") || read.text.trim_start().starts_with("<?xml");
            return if read.kind == ContentKind::Broken && !claimed {
                Self::plain(read.text, budget)
            } else {
                Ok(read)
            };
        }
        if claims.contains("json") {
            let read = Self::json(text, projection, budget)?;
            return if read.kind == ContentKind::Broken { Self::plain(read.text, budget) } else { Ok(read) };
        }
        Self::plain(text, budget)
    }

    fn new(kind: ContentKind, found: Option<Projected>, text: String) -> Self {
        Self { kind, found, projection: Arc::default(), whole: OnceLock::new(), text, problem: None }
    }

    fn json(text: String, projection: &Arc<Projection>, budget: &Budget) -> Result<Self, Exhausted> {
        match decode_json_part(text.as_bytes(), LIMITS, projection, budget) {
            Ok(found) => {
                let read = Self::new(ContentKind::Json, Some(found), text);
                Ok(Self { projection: Arc::clone(projection), ..read })
            }
            Err(error) => match error.exhausted() {
                Some(exhausted) => Err(exhausted),
                None => Ok(Self::broken(text, error.to_string())),
            },
        }
    }

    fn xml(text: String, budget: &Budget) -> Result<Self, Exhausted> {
        match read_xml_within(&text, XmlLimits::default(), budget) {
            Ok(value) => Ok(Self::new(ContentKind::Xml, Some(Projected::Whole(value)), text)),
            Err(error) => match error.exhausted() {
                Some(exhausted) => Err(exhausted),
                None => Ok(Self::broken(text, error.to_string())),
            },
        }
    }

    fn plain(text: String, budget: &Budget) -> Result<Self, Exhausted> {
        budget.charge_bytes(NODE_SIZE + text.len())?;
        Ok(Self::new(ContentKind::Text, Some(Projected::Whole(Value::String(text.clone()))), text))
    }

    fn broken(text: String, problem: String) -> Self {
        Self { problem: Some(problem), ..Self::new(ContentKind::Broken, None, text) }
    }
}

fn looks_like_html(start: &str) -> bool {
    let head: String = start.chars().take(15).collect::<String>().to_ascii_lowercase();
    head.starts_with("<!doctype html") || head.starts_with("<html")
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;
    use serde_json::json;

    use super::*;

    fn document() -> impl Strategy<Value = Value> {
        let leaf =
            prop_oneof![Just(Value::Null), any::<i64>().prop_map(Value::from), "[ab\"é]{0,3}".prop_map(Value::from)];
        leaf.prop_recursive(4, 24, 4, |inner| {
            prop_oneof![
                prop::collection::vec(inner.clone(), 0..4).prop_map(Value::from),
                prop::collection::vec(("[abc]", inner), 0..4).prop_map(|members| members.into_iter().collect()),
            ]
        })
    }

    proptest! {
        /// What is read only in part answers every path as the whole does, projection or not.
        #[test]
        fn a_part_answers_as_the_whole_does(
            document in document(),
            projection in prop::collection::vec("\\$(\\.[abc]|\\[0\\]|\\[-1\\]|\\[\\*\\]|\\.\\.a|\\[\\?@\\.a\\]|\\[\\?\\$\\.b\\]){0,4}", 0..3),
            other in "\\$(\\.[abc]|\\[0\\]){0,3}",
        ) {
            let paths: Vec<JsonPath> = projection.iter().map(|text| JsonPath::compile(text).unwrap()).collect();
            let mut needs = Projection::nothing();
            paths.iter().for_each(|path| needs.add(path.way()));
            let text = document.to_string();
            let read = |projection| Content::read(Bytes::copy_from_slice(text.as_bytes()), None, AnswerFormat::Json, &Arc::new(projection), &Budget::unlimited()).unwrap();
            let budget = Budget::unlimited();
            let (part, whole) = (read(needs), read(Projection::Whole));
            for path in paths.iter().chain([&JsonPath::compile(&other).unwrap()]) {
                prop_assert_eq!(part.nodes(path, &budget).unwrap(), whole.nodes(path, &budget).unwrap(), "{}", path.text());
            }
            prop_assert_eq!(part.member("a", &budget), whole.member("a", &budget));
            prop_assert_eq!(part.value(&budget), whole.value(&budget));
        }
    }

    #[test]
    fn what_is_not_wanted_is_json_and_no_more() {
        let mut needs = Projection::nothing();
        needs.add(["id"].into_iter());
        let read = |text: &str| {
            let (body, needs) = (Bytes::copy_from_slice(text.as_bytes()), Arc::new(needs.clone()));
            Content::read(body, None, AnswerFormat::Json, &needs, &Budget::unlimited()).unwrap()
        };
        assert_eq!(read(r#"{"id":1,"x":{"a":1,"a":2}}"#).member("id", &Budget::unlimited()), Ok(Some(&json!(1))));
        assert_eq!(read(r#"{"x\"":"\\","\u0069d":1}"#).member("id", &Budget::unlimited()), Ok(Some(&json!(1))));
        assert_eq!(read(r#"{"id":1,"\u0069d":2}"#).kind(), ContentKind::Broken);
        for broken in [r#"{"id":1,"x":[}"#, r#"{"id":1,"id":2}"#, r#"{"id":1} 2"#, r#"{"id":1,"x":tru}"#] {
            assert_eq!(read(broken).kind(), ContentKind::Broken, "{broken}");
        }
    }

    #[track_caller]
    fn check(body: &str, content_type: &str, expected: ContentKind) {
        let content = Content::read(
            Bytes::copy_from_slice(body.as_bytes()),
            Some(content_type),
            AnswerFormat::Auto,
            &Arc::default(),
            &Budget::unlimited(),
        )
        .unwrap();
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
