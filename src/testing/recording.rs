//! A call that really happened → an example that can be run again, with its secrets replaced.
//!
//! What is written are the requests that the definition builds from the replaced input, not the ones that went out.

use std::path::Path;
use std::sync::{Arc, Mutex, PoisonError};

use http::HeaderMap;
use serde_json::{Map, Value};

use super::case::DEADLINE;
use super::mock_transport::{MockTransport, read_multipart};
use crate::authoring::{Map as YamlMap, TestDraft, Yaml, is_credential};
use crate::budget::BudgetBounds;
use crate::call::{CallContext, Conditions, Envelope, SharedState, Trace, execute};
use crate::catalog::{Action, ExpectedCall, ExpectedRequest, MockAnswer, MockBody};
use crate::secret::{MASK, Masks};
use crate::server::answer_of;
use crate::state::State;
use crate::template::CallClock;
use crate::upstream::{Answer, OutboundRequest, SendError, Sender};

/// Headers of an answer that say nothing about it.
const NOISE: [&str; 12] = [
    "date",
    "server",
    "connection",
    "content-length",
    "content-type",
    "transfer-encoding",
    "set-cookie",
    "vary",
    "cache-control",
    "strict-transport-security",
    "keep-alive",
    "content-encoding",
];

/// Sends by another sender, and keeps what was sent and answered.
#[derive(Debug)]
pub struct Recording<S> {
    sender: Arc<S>,
    exchanges: Mutex<Vec<(OutboundRequest, Result<Answer, SendError>)>>,
}

impl<S: Sender> Recording<S> {
    /// Keeps what this sender sends.
    pub fn new(sender: Arc<S>) -> Self {
        Self { sender, exchanges: Mutex::default() }
    }

    fn exchanges(&self) -> Vec<(OutboundRequest, Result<Answer, SendError>)> {
        self.exchanges.lock().unwrap_or_else(PoisonError::into_inner).clone()
    }
}

impl<S: Sender> Sender for Recording<S> {
    async fn send(&self, request: Box<OutboundRequest>) -> Result<Answer, SendError> {
        let answer = self.sender.send(request.clone()).await;
        let mut exchanges = self.exchanges.lock().unwrap_or_else(PoisonError::into_inner);
        exchanges.push((*request, answer.clone()));
        answer
    }
}

/// Why there is nothing to record.
#[derive(Debug, PartialEq, Eq, thiserror::Error)]
pub enum RecordError {
    /// A request never reached the service, or its answer never came.
    #[error("nothing is recorded: the service did not answer ({0})")]
    NotAnswered(String),
    /// The example values of the secrets do not fit where they are used.
    #[error(
        "nothing is recorded: with example values for the secrets the call ends otherwise ({0}); give the secret fields an `example` that fits, and record again"
    )]
    Differs(String),
}

/// What a call was made of.
#[derive(Debug)]
pub struct RealCall<'c, S> {
    /// Every request and answer.
    pub recording: Arc<Recording<S>>,
    /// The operator's secrets.
    pub secrets: &'c Value,
    /// What the call learned to mask, tokens included.
    pub learned: Masks,
    /// The status that the caller got.
    pub status: u16,
}

/// Makes a test of what was recorded.
///
/// # Errors
/// A request that the service did not answer.
pub async fn recorded<S: Sender>(
    action: &Arc<Action>,
    name: &str,
    envelope: &Envelope,
    call: RealCall<'_, S>,
) -> Result<TestDraft, RecordError> {
    let replaced = Replaced::of(action, envelope, call.secrets, call.learned);
    let mut answers = Vec::new();
    for (_, answer) in call.recording.exchanges() {
        let answer = answer.map_err(|error| RecordError::NotAnswered(error.to_string()))?;
        answers.push(ExpectedCall { request: ExpectedRequest::default(), answer: replaced.answer(&answer) });
    }
    let transport = MockTransport::new(answers.clone(), Path::new("."));
    let again = Arc::new(Recording::new(Arc::new(transport)));
    let operators = Value::Object(replaced.secrets.clone());
    let context = CallContext {
        sender: Arc::clone(&again),
        shared: Arc::new(SharedState::new(State::memory())),
        secrets: Arc::new(operators.clone()),
        bounds: BudgetBounds::default(),
    };
    let clock = CallClock::fixed(jiff::Timestamp::UNIX_EPOCH, [0; 16]);
    let conditions = Conditions::from_now(clock, DEADLINE, &Trace::OFF);
    let (outcome, _) = execute(&context, &conditions, action, replaced.envelope.clone()).await;
    let (status, body) = answer_of(&outcome);
    let sent = again.exchanges();
    if status != call.status || sent.len() != answers.len() {
        let message = body.get("message").and_then(Value::as_str).unwrap_or_default();
        return Err(RecordError::Differs(format!("{} of {} requests, {status} {message}", sent.len(), answers.len())));
    }
    let calls = sent.iter().zip(&answers).map(|((request, _), call)| (expected(request), mock_answer(&call.answer)));
    Ok(TestDraft {
        name: name.to_owned(),
        input: replaced.input(),
        secrets: (!replaced.secrets.is_empty()).then(|| Yaml::from(&operators)),
        calls: calls.collect(),
        result: YamlMap::new().with("status", u64::from(status)).with("body", &body),
    })
}

/// The input with its secrets replaced, and what replaces them in answers.
struct Replaced {
    envelope: Envelope,
    secrets: Map<String, Value>,
    /// Masks what is left of a secret.
    masks: Masks,
}

impl Replaced {
    fn of(action: &Action, envelope: &Envelope, secrets: &Value, masks: Masks) -> Self {
        let mut replaced = envelope.clone();
        let input = action.input();
        let parts = [
            (&mut replaced.auth, &input.auth, true),
            (&mut replaced.data, &input.data, false),
            (&mut replaced.meta, &input.meta, false),
        ];
        for (values, rules, of_auth) in parts {
            for (name, value) in values.iter_mut() {
                let rule = rules.iter().find(|rule| rule.name() == name);
                if rule.map_or(of_auth, |rule| rule.is_secret()) {
                    let example = rule.and_then(|rule| rule.example()).cloned();
                    *value = example.unwrap_or_else(|| Value::String(example_for(name)));
                } else {
                    // A secret may be in another field as well.
                    masked(value, &masks);
                }
            }
        }
        let mut examples = Map::new();
        for name in secrets.as_object().into_iter().flat_map(Map::keys) {
            examples.insert(name.clone(), Value::String(example_for(name)));
        }
        Self { envelope: replaced, secrets: examples, masks }
    }

    fn input(&self) -> YamlMap {
        let mut input = YamlMap::new();
        for (part, values) in
            [("auth", &self.envelope.auth), ("data", &self.envelope.data), ("meta", &self.envelope.meta)]
        {
            if !values.is_empty() {
                input.put(part, &values.to_value());
            }
        }
        input
    }

    fn answer(&self, answer: &Answer) -> MockAnswer {
        let text = String::from_utf8_lossy(&answer.body);
        let body = match serde_json::from_str::<Value>(&text) {
            Ok(mut value) => {
                masked(&mut value, &self.masks);
                without_credentials(&mut value);
                MockBody::Json(value)
            }
            Err(_) if text.is_empty() => MockBody::Empty,
            Err(_) => MockBody::Text(plain(&self.masks, &text), media_type(&answer.headers)),
        };
        let headers = answer.headers.iter().filter(|(name, _)| {
            !NOISE.contains(&name.as_str()) && !is_credential(name.as_str()) && !name.as_str().starts_with("cf-")
        });
        let headers =
            headers.map(|(name, value)| (name.clone(), plain(&self.masks, &String::from_utf8_lossy(value.as_bytes()))));
        MockAnswer::Answer { status: answer.status, headers: headers.collect(), body }
    }
}

fn example_for(name: &str) -> String {
    format!("example-{}", name.replace('_', "-"))
}

/// Masked with a text that fits a header as well.
fn plain(masks: &Masks, text: &str) -> String {
    masks.redact(text).replace(MASK, "example-secret")
}

fn masked(value: &mut Value, masks: &Masks) {
    match value {
        Value::String(text) => *text = plain(masks, text),
        Value::Array(items) => items.iter_mut().for_each(|item| masked(item, masks)),
        Value::Object(map) => map.values_mut().for_each(|value| masked(value, masks)),
        Value::Number(number) => {
            let text = number.to_string();
            if masks.redact(&text) != text {
                *value = Value::String("example-secret".to_owned());
            }
        }
        Value::Null | Value::Bool(_) => {}
    }
}

/// The media types that a test can say.
fn media_type(headers: &HeaderMap) -> &'static str {
    let said = headers.get(http::header::CONTENT_TYPE).and_then(|value| value.to_str().ok()).unwrap_or_default();
    if said.contains("xml") { "application/xml" } else { "text/plain" }
}

/// Tokens and the like that a service answered.
fn without_credentials(value: &mut Value) {
    match value {
        Value::Object(map) => {
            for (name, value) in map.iter_mut() {
                match value {
                    // A key of a thing, such as an issue's, is no credential.
                    Value::String(text) if is_credential(name) && !name.eq_ignore_ascii_case("key") => {
                        *text = example_for(&crate::authoring::identifier(name));
                    }
                    other => without_credentials(other),
                }
            }
        }
        Value::Array(items) => items.iter_mut().for_each(without_credentials),
        _ => {}
    }
}

/// The request as a test expects it.
fn expected(request: &OutboundRequest) -> YamlMap {
    let mut bare = request.url.clone();
    bare.set_query(None);
    let mut map = YamlMap::new().with("method", request.method.as_str()).with("url", bare.as_str());
    let pairs = collected(request.url.query_pairs());
    if !pairs.is_empty() {
        map.put("query", &Value::Object(pairs));
    }
    if request.body.is_empty() {
        return map;
    }
    let kind =
        request.headers.get(http::header::CONTENT_TYPE).and_then(|value| value.to_str().ok()).unwrap_or_default();
    let text = String::from_utf8_lossy(&request.body);
    if kind.starts_with("application/x-www-form-urlencoded") {
        map.put("form", &Value::Object(collected(url::form_urlencoded::parse(&request.body))));
    } else if let (true, Some(parts)) = (kind.starts_with("multipart/"), read_multipart(request)) {
        map.put("multipart", &Value::Object(parts));
    } else if let Ok(value) = serde_json::from_str::<Value>(&text) {
        map.put("json", Yaml::from(&value).opened());
    } else if let Ok(value) = crate::value::read_xml(&text, crate::value::XmlLimits::default()) {
        map.put("xml", &value);
    } else {
        map.put("text", text.as_ref());
    }
    map
}

fn collected<'p>(
    pairs: impl Iterator<Item = (std::borrow::Cow<'p, str>, std::borrow::Cow<'p, str>)>,
) -> Map<String, Value> {
    super::mock_transport::collected(pairs.map(|(name, value)| (name.into_owned(), value.into_owned())))
}

/// The answer as a test gives it.
fn mock_answer(answer: &MockAnswer) -> YamlMap {
    let (status, headers, body) = match answer {
        MockAnswer::Answer { status, headers, body } => (*status, headers, body),
        MockAnswer::Fault(_) => return YamlMap::new(),
    };
    let mut map = YamlMap::new().with("status", u64::from(status));
    if !headers.is_empty() {
        let mut written = YamlMap::new();
        headers.iter().for_each(|(name, value)| written.put(name.as_str(), value.as_str()));
        map.put("headers", written);
    }
    match body {
        MockBody::Empty | MockBody::File(_) => map,
        MockBody::Json(value) => map.with("json", Yaml::from(value).opened()),
        MockBody::Text(text, "application/xml") => map.with("xml", text.as_str()),
        MockBody::Text(text, _) => map.with("text", text.as_str()),
    }
}
