//! Error responses → where the reason stands, and a test that it is told.

use serde_json::Value;

use super::super::answer::{reason_in, telling};
use super::super::yaml::Map;
use super::example::example_of;
use super::operation::Operation;

/// Alternatives that are worth trying.
const MOST: usize = 6;

/// What the document says of failures.
#[derive(Clone, Debug, Default)]
pub(super) struct Failures {
    /// Paths to a reason, as often as they occur.
    pub(super) reasons: Vec<String>,
    /// A failure for a test: status, answer, and the reason in it.
    pub(super) sample: Option<(u64, Value, String)>,
}

/// Reads the error responses of an operation.
pub(super) fn failures(operation: &Operation<'_>) -> Failures {
    let mut found = Failures::default();
    for (status, response) in operation.responses() {
        let code = status.parse::<u64>().ok();
        let is_error = code.is_some_and(|code| (400..500).contains(&code))
            || status == "default"
            || status.eq_ignore_ascii_case("4xx");
        let Some(media) = operation.json_of(response).filter(|_| is_error) else { continue };
        let answer = answer_of(operation, media);
        let Some(path) = reason_in(&answer) else { continue };
        let reason = at(&answer, &path);
        let tellable =
            |text: &str| !text.is_empty() && text.len() < 120 && !text.contains(['<', '>', '{', '\n', '\r', '&']);
        let tested = code.filter(|code| ![401, 429].contains(code)).or(code.is_none().then_some(422));
        if let (Some(code), Some(reason), None) = (tested, reason.filter(|reason| tellable(reason)), &found.sample) {
            found.sample = Some((code, kept(&answer, &path), reason.to_owned()));
        }
        found.reasons.push(path);
    }
    found
}

/// The document's example of an answer, or one that fits its schema.
pub(super) fn answer_of<'d>(operation: &Operation<'d>, media: &'d Value) -> Value {
    let listed = || {
        media
            .get("examples")?
            .as_object()?
            .values()
            .next()
            .map(|example| operation.document.follow(example))?
            .get("value")
    };
    let given = media.get("example").or_else(listed).filter(|example| example.is_object() || example.is_array());
    given
        .cloned()
        .unwrap_or_else(|| media.get("schema").map(|schema| example_of(operation.document, schema)).unwrap_or_default())
}

/// The text at one of our own paths.
fn at<'v>(answer: &'v Value, path: &str) -> Option<&'v str> {
    steps(path)
        .iter()
        .try_fold(answer, |value, step| value.get(step).or_else(|| value.get(step.parse::<usize>().ok()?)))
        .and_then(Value::as_str)
}

/// The steps of a path as [`super::super::answer`] writes them.
fn steps(path: &str) -> Vec<String> {
    let (mut steps, mut rest) = (Vec::new(), path.trim_start_matches('$'));
    while !rest.is_empty() {
        let (step, after) = if let Some(quoted) = rest.strip_prefix("['") {
            quoted.split_once("']").unwrap_or((quoted, ""))
        } else if let Some(index) = rest.strip_prefix('[') {
            index.split_once(']').unwrap_or((index, ""))
        } else {
            let plain = rest.trim_start_matches('.');
            plain.split_at(plain.find(['.', '[']).unwrap_or(plain.len()))
        };
        steps.push(step.replace("\\'", "'").replace("\\\\", "\\"));
        rest = after;
    }
    steps
}

/// The answer with what leads to a path, and a little beside it: documents show whole objects.
pub(super) fn kept(answer: &Value, path: &str) -> Value {
    if answer.to_string().len() <= 300 {
        return answer.clone();
    }
    keep(answer, &steps(path))
}

fn keep(value: &Value, steps: &[String]) -> Value {
    let Some((first, rest)) = steps.split_first() else { return value.clone() };
    match value {
        Value::Object(map) => {
            let short = |value: &Value| match value {
                Value::String(text) => text.len() <= 30,
                Value::Number(_) | Value::Bool(_) => true,
                _ => false,
            };
            let beside = map.iter().filter(|(key, value)| *key != first && short(value)).take(2);
            let on_the_way = map.get(first).map(|value| (first.clone(), keep(value, rest)));
            on_the_way.into_iter().chain(beside.map(|(key, value)| (key.clone(), value.clone()))).collect()
        }
        Value::Array(items) => items.first().map(|item| Value::Array(vec![keep(item, rest)])).unwrap_or_default(),
        other => other.clone(),
    }
}

/// The rules of a service whose failures are told so.
pub(super) fn rules(title: &str, reasons: &[String]) -> Vec<Map> {
    let mut rules = vec![
        Map::new()
            .with("status", 401)
            .with("kind", "auth")
            .with("message", format!("{title} does not accept the credentials")),
    ];
    let mut counted: Vec<(usize, &str)> = Vec::new();
    for reason in reasons {
        match counted.iter_mut().find(|(_, path)| path == reason) {
            Some((count, _)) => *count += 1,
            None => counted.push((1, reason)),
        }
    }
    // The most telling first, as in a single answer; of equals the one that occurs more often.
    counted.sort_by_key(|(count, path)| (telling(path), std::cmp::Reverse(*count)));
    let paths: Vec<&str> = counted.into_iter().map(|(_, path)| path).take(MOST).collect();
    let rule = |detail: super::super::yaml::Yaml| {
        Map::new()
            .with("status", "4xx")
            .with("detail", detail)
            .with("message", format!("{title} refused: {{{{detail}}}}"))
    };
    match paths.as_slice() {
        [] => {}
        [only] => rules.push(rule((*only).into())),
        several => {
            rules.push(rule(super::super::yaml::Yaml::List(several.iter().map(|path| (*path).into()).collect())));
        }
    }
    rules
}
