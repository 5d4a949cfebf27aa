//! A service that answers from a test, and notes where a request is not the one expected.

use std::path::{Path, PathBuf};
use std::sync::{Mutex, PoisonError};

use http::{HeaderMap, HeaderValue};
use serde_json::{Map, Value};

use super::difference::differences;
use crate::catalog::{ExpectedBody, ExpectedCall, ExpectedRequest, MockAnswer, MockBody};
use crate::keyword::AnswerFault;
use crate::upstream::{Answer, OutboundRequest, SendError, Sender};
use crate::value::{JsonLimits, XmlLimits, decode_json, read_xml, text_of};

/// The calls of one test, answered in order.
pub struct MockTransport {
    calls: Vec<ExpectedCall>,
    /// Files of answers are below it.
    directory: PathBuf,
    seen: Mutex<Seen>,
}

#[derive(Default)]
struct Seen {
    requests: usize,
    problems: Vec<String>,
}

impl MockTransport {
    /// Answers from these calls; files of answers are below `directory`.
    #[must_use]
    pub fn new(calls: Vec<ExpectedCall>, directory: &Path) -> Self {
        Self { calls, directory: directory.to_owned(), seen: Mutex::new(Seen::default()) }
    }

    /// Where requests were not as expected, the missing ones included.
    pub(super) fn problems(&self) -> Vec<String> {
        let seen = self.seen.lock().unwrap_or_else(PoisonError::into_inner);
        let mut problems = seen.problems.clone();
        for number in seen.requests + 1..=self.calls.len() {
            problems.push(format!("request {number}: expected, but not sent"));
        }
        problems
    }

    fn answer(&self, answer: &MockAnswer) -> Result<Answer, String> {
        let MockAnswer::Answer { status, headers, body } = answer else {
            return Err("a fault is no answer".to_owned());
        };
        let (bytes, content_type) = match body {
            MockBody::Empty => (Vec::new(), None),
            MockBody::Json(value) => (value.to_string().into_bytes(), Some("application/json")),
            MockBody::Text(text, content_type) => (text.clone().into_bytes(), Some(*content_type)),
            MockBody::File(name) => {
                let path = self.directory.join(name);
                let bytes = std::fs::read(&path)
                    .map_err(|error| format!("the answer's file {} cannot be read: {error}", path.display()))?;
                (bytes, media_type(name))
            }
        };
        let mut map = HeaderMap::new();
        if let Some(content_type) = content_type {
            map.insert(http::header::CONTENT_TYPE, HeaderValue::from_static(content_type));
        }
        for (name, text) in headers {
            let value =
                HeaderValue::from_str(text).map_err(|_| format!("the answer's header `{name}` cannot be sent"))?;
            map.insert(name, value);
        }
        Ok(Answer { status: *status, headers: map, body: bytes.into() })
    }
}

impl Sender for MockTransport {
    async fn send(&self, request: Box<OutboundRequest>) -> Result<Answer, SendError> {
        let mut seen = self.seen.lock().unwrap_or_else(PoisonError::into_inner);
        seen.requests += 1;
        let number = seen.requests;
        let Some(call) = self.calls.get(number - 1) else {
            seen.problems.push(format!("request {number}: not expected: {} {}", request.method, request.url.path()));
            return Err(SendError::Connect);
        };
        seen.problems
            .extend(compare(&call.request, &request).into_iter().map(|line| format!("request {number}: {line}")));
        match &call.answer {
            MockAnswer::Fault(AnswerFault::Connect) => Err(SendError::Connect),
            MockAnswer::Fault(AnswerFault::Timeout) => Err(SendError::Timeout),
            MockAnswer::Fault(AnswerFault::Cut) => Err(SendError::Cut),
            answer => self.answer(answer).map_err(|problem| {
                seen.problems.push(format!("request {number}: {problem}"));
                SendError::Connect
            }),
        }
    }
}

fn media_type(name: &str) -> Option<&'static str> {
    match name.rsplit('.').next() {
        Some("json") => Some("application/json"),
        Some("xml") => Some("application/xml"),
        Some("html") => Some("text/html; charset=utf-8"),
        Some("txt") => Some("text/plain; charset=utf-8"),
        _ => None,
    }
}

/// What is given is compared, bodies whole.
fn compare(expected: &ExpectedRequest, found: &OutboundRequest) -> Vec<String> {
    let mut lines = Vec::new();
    let mut text = |place: &str, expected: &Option<String>, found: &str| {
        if let Some(expected) = expected.as_ref().filter(|expected| expected.as_str() != found) {
            lines.push(format!("{place}: expected {expected}, found {found}"));
        }
    };
    text("method", &expected.method, found.method.as_str());
    text("path", &expected.path, found.url.path());
    let mut bare = found.url.clone();
    bare.set_query(None);
    text("url", &expected.url, bare.as_str());
    lines.extend(compare_query(expected, found));
    for (name, value) in &expected.headers {
        let found =
            found.headers.get(name).map(|value| Value::String(String::from_utf8_lossy(value.as_bytes()).into_owned()));
        lines.extend(compare_optional(&format!("headers.{name}"), value, found.as_ref()));
    }
    if let Some(body) = &expected.body {
        lines.extend(compare_body(body, found));
    }
    lines
}

/// Null says "not sent"; numbers and booleans are compared as the text they are sent as.
fn compare_optional(place: &str, expected: &Value, found: Option<&Value>) -> Vec<String> {
    match (expected, found) {
        (Value::Null, None) => Vec::new(),
        (Value::Null, Some(found)) => vec![format!("{place}: expected nothing, found {found}")],
        (Value::Array(_), found) => differences(place, expected, found),
        (expected, found) => {
            let expected = text_of(expected).map_or_else(|| expected.clone(), |text| Value::String(text.into_owned()));
            differences(place, &expected, found)
        }
    }
}

fn compare_query(expected: &ExpectedRequest, found: &OutboundRequest) -> Vec<String> {
    let pairs = collected(found.url.query_pairs().map(|(name, value)| (name.into_owned(), value.into_owned())));
    expected
        .query
        .iter()
        .flat_map(|(name, value)| compare_optional(&format!("query.{name}"), &as_texts(value), pairs.get(name)))
        .collect()
}

fn as_texts(value: &Value) -> Value {
    match value {
        Value::Array(items) => Value::Array(items.iter().map(as_texts).collect()),
        Value::Object(map) => Value::Object(map.iter().map(|(name, value)| (name.clone(), as_texts(value))).collect()),
        Value::Null => Value::Null,
        scalar => text_of(scalar).map_or(Value::Null, |text| Value::String(text.into_owned())),
    }
}

/// Pairs as a map; a name that comes more than once holds a list.
pub(super) fn collected(pairs: impl Iterator<Item = (String, String)>) -> Map<String, Value> {
    let mut map = Map::new();
    for (name, text) in pairs {
        let text = Value::String(text);
        match map.get_mut(&name) {
            None => {
                map.insert(name, text);
            }
            Some(Value::Array(texts)) => texts.push(text),
            Some(single) => *single = Value::Array(vec![single.take(), text]),
        }
    }
    map
}

fn compare_body(expected: &ExpectedBody, found: &OutboundRequest) -> Vec<String> {
    let unreadable = |kind: &str, reason: String| vec![format!("body: expected {kind}, but {reason}")];
    match expected {
        ExpectedBody::Json(expected) => match decode_json(&found.body, JsonLimits::default()) {
            Ok(body) => differences("json", expected, Some(&body)),
            Err(error) => unreadable("JSON", error.to_string()),
        },
        ExpectedBody::Form(expected) => {
            let pairs =
                url::form_urlencoded::parse(&found.body).map(|(name, value)| (name.into_owned(), value.into_owned()));
            differences("form", &as_texts(expected), Some(&Value::Object(collected(pairs))))
        }
        ExpectedBody::Xml(expected) => {
            let read = std::str::from_utf8(&found.body).map_err(|error| error.to_string());
            let read = read.and_then(|text| read_xml(text, XmlLimits::default()).map_err(|error| error.to_string()));
            match read {
                Ok(body) => differences("xml", expected, Some(&body)),
                Err(reason) => unreadable("XML", reason),
            }
        }
        ExpectedBody::Text(expected) => {
            let body = String::from_utf8_lossy(&found.body).into_owned();
            differences("text", &Value::String(expected.clone()), Some(&Value::String(body)))
        }
        ExpectedBody::Multipart(expected) => match read_multipart(found) {
            Some(parts) => differences("multipart", &as_texts(expected), Some(&Value::Object(parts))),
            None => unreadable("multipart", "it is not that".to_owned()),
        },
    }
}

/// The parts of a body of ours: text as text, files as `{ filename, content_type, text }`.
pub(super) fn read_multipart(request: &OutboundRequest) -> Option<Map<String, Value>> {
    let content_type = request.headers.get(http::header::CONTENT_TYPE)?.to_str().ok()?;
    let boundary = content_type.split_once("boundary=")?.1;
    let body = String::from_utf8_lossy(&request.body).into_owned();
    let mut found: Map<String, Value> = Map::new();
    for part in body.split(&format!("--{boundary}")).skip(1).filter(|part| !part.starts_with("--")) {
        let (head, content) = part.trim_start_matches("\r\n").split_once("\r\n\r\n")?;
        let content = content.strip_suffix("\r\n").unwrap_or(content);
        let name = head.split_once("name=\"")?.1.split_once('"')?.0.to_owned();
        let value = match head.split_once("filename=\"") {
            None => Value::String(content.to_owned()),
            Some((_, rest)) => {
                let filename = rest.split_once('"')?.0;
                let content_type =
                    head.split_once("Content-Type: ").map(|(_, rest)| rest.lines().next().unwrap_or_default());
                let mut file = Map::new();
                file.insert("filename".to_owned(), Value::String(filename.to_owned()));
                file.extend(content_type.map(|text| ("content_type".to_owned(), Value::String(text.to_owned()))));
                file.insert("text".to_owned(), Value::String(content.to_owned()));
                Value::Object(file)
            }
        };
        match found.get_mut(&name) {
            None => {
                found.insert(name, value);
            }
            Some(Value::Array(values)) => values.push(value),
            Some(single) => *single = Value::Array(vec![single.take(), value]),
        }
    }
    Some(found)
}
