//! What leaves in a reply: bounded, clean, and without a secret, by value. Pure.
//!
//! What the service did is done: an optional field that may not leave is omitted and counted; only a required one fails the
//! call, as done.

use serde_json::{Map, Value};

use super::failure::CallError;
use super::{FailureKind, Reply};
use crate::catalog::{Action, ResponseSource};
use crate::secret::Masks;
use crate::value::shorten;

/// Characters of an id or a type, of an address, of a message.
const LONGEST_ID: usize = 1000;
const LONGEST_URL: usize = 2000;
const LONGEST_MESSAGE: usize = 2000;

/// The reply as it may leave, and the fields that may not.
///
/// # Errors
/// The first required field that may not leave.
pub(super) fn checked(
    action: &Action,
    reply: super::map::MappedReply,
    (masks, guarded): (&Masks, &Masks),
) -> Result<(Reply, Vec<String>), CallError> {
    let mut omitted = Vec::new();
    let mut field = |key: &'static str, text: Option<String>, longest: usize| {
        let Some(text) = text else { return Ok(None) };
        let Some(reason) = unfit(&text, longest, guarded) else { return Ok(Some(text)) };
        if is_required(action, key) {
            return Err(CallError {
                is_done: true,
                ..CallError::new(
                    FailureKind::BadAnswer,
                    format!("{} answered, but `response.{key}` {reason}", action.service_title()),
                )
                .caused_by("response")
            });
        }
        omitted.push(format!("`response.{key}` {reason}"));
        Ok(None)
    };
    let external_id = field("external_id", reply.external_id, LONGEST_ID)?;
    let contact_external_id = field("contact_external_id", reply.contact_external_id, LONGEST_ID)?;
    let contact_external_type = field("contact_external_type", reply.contact_external_type, LONGEST_ID)?;
    let contact_external_url = field("contact_external_url", reply.contact_external_url, LONGEST_URL)?;
    // A message may repeat what the service said; masked before it is cut, since half a secret would not be recognised.
    let message = shorten(&without_controls(&masks.redact(&reply.message)), LONGEST_MESSAGE);
    let message = masks.mask(&message);
    Ok((Reply { message, external_id, contact_external_id, contact_external_type, contact_external_url }, omitted))
}

/// What a check of credentials gives back, if none of it is a secret of the operator or a token.
///
/// # Errors
/// The first field that holds one.
pub(super) fn checked_return(
    title: &str,
    fields: Map<String, Value>,
    guarded: &Masks,
) -> Result<Map<String, Value>, CallError> {
    match fields.iter().find(|(_, value)| holds_secret(value, guarded)) {
        None => Ok(fields),
        Some((name, _)) => {
            let message = format!("{title} answered, but `return.{name}` would hold a secret");
            Err(CallError::new(FailureKind::BadAnswer, message).caused_by("verify"))
        }
    }
}

fn holds_secret(value: &Value, guarded: &Masks) -> bool {
    match value {
        Value::String(text) => guarded.finds(text),
        Value::Number(number) => guarded.finds(&number.to_string()),
        Value::Array(items) => items.iter().any(|item| holds_secret(item, guarded)),
        Value::Object(map) => map.iter().any(|(key, value)| guarded.finds(key) || holds_secret(value, guarded)),
        Value::Null | Value::Bool(_) => false,
    }
}

/// Why a field may not leave.
fn unfit(text: &str, longest: usize, guarded: &Masks) -> Option<String> {
    if text.chars().nth(longest).is_some() {
        return Some(format!("is longer than {longest} characters"));
    }
    if text.chars().any(is_control) {
        return Some("has a control or direction character".to_owned());
    }
    guarded.finds(text).then(|| "would hold a secret".to_owned())
}

fn is_required(action: &Action, key: &str) -> bool {
    action.response().iter().any(|field| {
        field.kind.as_str() == key && matches!(&field.source, ResponseSource::Capture(capture) if capture.required)
    })
}

/// Line breaks become blanks; other control characters and those that turn the direction of text go.
fn without_controls(text: &str) -> String {
    text.chars()
        .map(|character| if matches!(character, '\n' | '\r' | '\t') { ' ' } else { character })
        .filter(|character| !is_control(*character))
        .collect()
}

fn is_control(character: char) -> bool {
    character.is_control()
        || matches!(character, '\u{200e}' | '\u{200f}' | '\u{061c}' | '\u{202a}'..='\u{202e}' | '\u{2066}'..='\u{2069}')
}

#[cfg(test)]
mod tests {
    use super::*;

    #[track_caller]
    fn check(text: &str, expected: Option<&str>) {
        let mut guarded = Masks::default();
        guarded.add("operators-secret");
        assert_eq!(unfit(text, LONGEST_ID, &guarded).as_deref(), expected);
    }

    #[test]
    fn an_id_is_bounded_and_clean() {
        check(&"9".repeat(LONGEST_ID), None);
        check(&"9".repeat(LONGEST_ID + 1), Some("is longer than 1000 characters"));
        check("a\u{7}b", Some("has a control or direction character"));
        check("a\u{202e}b", Some("has a control or direction character"));
        check("grüße 7", None);
    }

    #[test]
    fn a_secret_is_found_in_any_spelling() {
        check("operators-secret", Some("would hold a secret"));
        check("x-b3BlcmF0b3JzLXNlY3JldA==", Some("would hold a secret"));
    }

    #[test]
    fn a_message_is_one_clean_line() {
        assert_eq!(without_controls("a\r\nb\u{0}\u{2066}c\td"), "a  bc d");
    }

    #[test]
    fn what_is_returned_is_looked_through_whole() {
        let mut guarded = Masks::default();
        guarded.add("the-access-token");
        let deep = serde_json::json!({ "a": [{ "b": "the-access-token" }] });
        let Value::Object(fields) = deep else { panic!("a map") };
        let failure = checked_return("Desk", fields, &guarded).unwrap_err();
        assert_eq!(failure.message, "Desk answered, but `return.a` would hold a secret");
        guarded.add("1234567890");
        for holding in
            [serde_json::json!({ "n": 1_234_567_890 }), serde_json::json!({ "n": { "the-access-token": 1 } })]
        {
            let Value::Object(fields) = holding else { panic!("a map") };
            assert!(checked_return("Desk", fields, &guarded).is_err());
        }
    }
}
