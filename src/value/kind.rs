//! What kind of thing a value is, in the words of messages, and its text.
//!
//! Messages name kinds and never show values, which may be secrets.

use std::borrow::Cow;

use serde_json::Value;

use super::{exact_digits, is_integer};

/// The kind of a value for a message: `absent`, `null`, `a boolean`, `a whole number`, `a number`, `text`, `a list`, `a map`.
#[must_use]
pub fn kind_of(value: Option<&Value>) -> &'static str {
    match value {
        None => "absent",
        Some(Value::Null) => "null",
        Some(Value::Bool(_)) => "a boolean",
        Some(Value::Number(number)) if is_integer(number) => "a whole number",
        Some(Value::Number(_)) => "a number",
        Some(Value::String(_)) => "text",
        Some(Value::Array(_)) => "a list",
        Some(Value::Object(_)) => "a map",
    }
}

/// Whether there is a value and it is not null.
#[must_use]
pub fn is_present(value: Option<&Value>) -> bool {
    !matches!(value, None | Some(Value::Null))
}

/// Whether a value is absent, null, `""`, `[]` or `{}`.
#[must_use]
pub fn is_empty(value: Option<&Value>) -> bool {
    match value {
        None | Some(Value::Null) => true,
        Some(Value::String(text)) => text.is_empty(),
        Some(Value::Array(items)) => items.is_empty(),
        Some(Value::Object(members)) => members.is_empty(),
        Some(Value::Bool(_) | Value::Number(_)) => false,
    }
}

/// Whether a text is nothing but white space.
#[must_use]
pub fn is_blank(text: &str) -> bool {
    text.chars().all(char::is_whitespace)
}

/// The text of a scalar, a number with its exact digits; absent for null, a list or a map.
#[must_use]
pub fn text_of(value: &Value) -> Option<Cow<'_, str>> {
    match value {
        Value::String(text) => Some(text.into()),
        Value::Number(number) => Some(exact_digits(number).into()),
        Value::Bool(flag) => Some(if *flag { "true" } else { "false" }.into()),
        Value::Null | Value::Array(_) | Value::Object(_) => None,
    }
}

/// The same of a value that is no longer needed, without a copy of a text.
#[must_use]
pub fn into_text(value: Value) -> Option<String> {
    match value {
        Value::String(text) => Some(text),
        other => text_of(&other).map(Cow::into_owned),
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[test]
    fn every_kind_has_a_word() {
        let values = [json!(null), json!(true), json!(3), json!(3.5), json!("x"), json!([]), json!({})];
        let kinds: Vec<_> = values.iter().map(|value| kind_of(Some(value))).collect();
        assert_eq!(kinds, ["null", "a boolean", "a whole number", "a number", "text", "a list", "a map"]);
        assert_eq!(kind_of(None), "absent");
    }

    #[test]
    fn zero_and_false_are_present_and_not_empty() {
        for value in [json!(0), json!(false), json!(" "), json!([null])] {
            assert!(is_present(Some(&value)) && !is_empty(Some(&value)), "{value}");
        }
        for value in [json!(""), json!([]), json!({})] {
            assert!(is_present(Some(&value)) && is_empty(Some(&value)), "{value}");
        }
        assert!(!is_present(Some(&Value::Null)) && is_empty(Some(&Value::Null)) && is_empty(None));
    }

    #[test]
    fn only_scalars_have_text() {
        let number: Value = serde_json::from_str("12345678901234567890").unwrap();
        assert_eq!(text_of(&number).as_deref(), Some("12345678901234567890"));
        assert_eq!(text_of(&json!("a")).as_deref(), Some("a"));
        assert_eq!(text_of(&json!(true)).as_deref(), Some("true"));
        assert_eq!([text_of(&json!(null)), text_of(&json!([1])), text_of(&json!({}))], [None, None, None]);
    }
}
