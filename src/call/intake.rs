//! The caller's values against the declared fields. Pure.

use std::sync::Arc;

use serde_json::Value;

use super::failure::CallError;
use super::{Envelope, Failure, FailureKind};
use crate::catalog::{Action, FieldRule};
use crate::keyword::{FieldType, Placeholders};
use crate::secret::Masks;
use crate::value::{FieldMap, is_blank};

/// The declared fields that are there, in their types.
#[derive(Clone)]
pub struct Inputs {
    /// `auth`
    pub auth: FieldMap,
    /// `data`
    pub data: FieldMap,
    /// `meta`
    pub meta: FieldMap,
}

impl std::fmt::Debug for Inputs {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("Inputs(«values left out»)")
    }
}

/// The inputs of a call, and every secret in them together with the operator's.
///
/// # Errors
/// All violations together, by key and label, without values.
pub fn intake(action: &Action, envelope: Envelope, operator: &Masks) -> Result<(Inputs, Masks), Failure> {
    let mut masks = secrets_of(action, &envelope);
    masks.add_all(operator);
    match check_input(action, envelope) {
        Ok(inputs) => Ok((inputs, masks)),
        Err(failure) => Err(failure.masked(&masks)),
    }
}

/// Checks and coerces every declared field; fields that are not declared are left out.
fn check_input(action: &Action, mut envelope: Envelope) -> Result<Inputs, CallError> {
    let (mut violations, mut fields) = (Vec::new(), Vec::new());
    let input = action.input();
    let mut part = |name: Part, rules: &[Arc<FieldRule>], sent: &mut FieldMap| {
        let mut checked = FieldMap::with_capacity(rules.len());
        for rule in rules {
            match field(rule, sent, name, action.placeholders()) {
                Ok(Some(value)) => checked.push(rule.shared_name(), value),
                Ok(None) => {}
                Err(violation) => {
                    violations.push(violation);
                    fields.push(rule.name().to_owned());
                }
            }
        }
        checked
    };
    let auth = part(Part::Auth, &input.auth, &mut envelope.auth);
    let data = part(Part::Data, &input.data, &mut envelope.data);
    let meta = part(Part::Meta, &input.meta, &mut envelope.meta);
    if violations.is_empty() {
        return Ok(Inputs { auth, data, meta });
    }
    let noun = if violations.len() == 1 { "value does" } else { "values do" };
    let message = format!("{} {noun} not fit: {}.", violations.len(), violations.join("; "));
    Err(CallError::new(FailureKind::Input, message).caused_by(format!("input: {}", fields.join(", "))))
}

/// Every secret the caller sent, so that no message can repeat one.
fn secrets_of(action: &Action, envelope: &Envelope) -> Masks {
    let mut masks = Masks::default();
    let public =
        |rules: &[Arc<FieldRule>], name: &str| rules.iter().any(|rule| rule.name() == name && !rule.is_secret());
    let secret =
        |rules: &[Arc<FieldRule>], name: &str| rules.iter().any(|rule| rule.name() == name && rule.is_secret());
    let input = action.input();
    let of_auth = envelope.auth.iter().filter(|(name, _)| !public(&input.auth, name));
    let of_data = envelope.data.iter().filter(|(name, _)| secret(&input.data, name));
    let of_meta = envelope.meta.iter().filter(|(name, _)| secret(&input.meta, name));
    of_auth.chain(of_data).chain(of_meta).for_each(|(_, value)| add_texts(value, &mut masks));
    masks
}

fn add_texts(value: &Value, masks: &mut Masks) {
    match value {
        Value::String(text) => masks.add(text),
        Value::Number(number) => masks.add(&number.to_string()),
        Value::Array(items) => items.iter().for_each(|item| add_texts(item, masks)),
        Value::Object(map) => map.values().for_each(|value| add_texts(value, masks)),
        Value::Null | Value::Bool(_) => {}
    }
}

#[derive(Clone, Copy, PartialEq, Eq)]
enum Part {
    Auth,
    Data,
    Meta,
}

fn field(
    rule: &FieldRule,
    sent: &mut FieldMap,
    part: Part,
    placeholders: Placeholders,
) -> Result<Option<Value>, String> {
    let value = sent.get_mut(rule.name()).map(Value::take);
    let value = value.filter(|value| !is_absent(value, rule, part, placeholders));
    let Some(value) = value else {
        if rule.is_required() {
            return Err(format!("{} is missing", name_of(rule, part)));
        }
        return Ok(rule.default().cloned());
    };
    if value.is_null() {
        // Only `data` knows an explicit null, and a required field is not satisfied by one.
        return if rule.is_required() {
            Err(format!("{} is missing", name_of(rule, part)))
        } else {
            Ok(Some(Value::Null))
        };
    }
    let accepted = rule.accept(value).map_err(|misfit| format!("{} {}", name_of(rule, part), misfit.0))?;
    let hollow = match &accepted {
        Value::String(text) => is_blank(text),
        Value::Array(items) => items.is_empty(),
        _ => false,
    };
    if hollow && rule.is_required() {
        return Err(format!("{} is empty", name_of(rule, part)));
    }
    Ok(Some(accepted))
}

/// Whether a value that was sent counts as not sent.
fn is_absent(value: &Value, rule: &FieldRule, part: Part, placeholders: Placeholders) -> bool {
    if is_nothing(value, part) {
        return true;
    }
    match value {
        // A stored credential is never filled in by an automation: a password may look like anything.
        Value::String(text) if part != Part::Auth && placeholders == Placeholders::Absent && is_placeholder(text) => {
            true
        }
        // Talkdesk sends "" for what a form left empty; only a plain optional text can mean it.
        Value::String(text) if is_blank(text) => {
            !matches!(rule.field_type(), FieldType::String | FieldType::Any | FieldType::List)
                || (rule.is_choosy() && !rule.is_required())
        }
        _ => false,
    }
}

/// Whether a value means absent in every field of its part: a form sends the texts that it does not fill in.
fn is_nothing(value: &Value, part: Part) -> bool {
    part != Part::Data && (value.is_null() || value.as_str() == Some(""))
}

/// Nothing but one `{{…}}`, as Talkdesk sends for a placeholder without a value.
fn is_placeholder(text: &str) -> bool {
    text.trim()
        .strip_prefix("{{")
        .and_then(|rest| rest.strip_suffix("}}"))
        .is_some_and(|inside| !is_blank(inside) && !inside.contains(['{', '}']))
}

fn name_of(rule: &FieldRule, part: Part) -> String {
    let prefix = match part {
        Part::Auth => "auth.",
        Part::Data => "",
        Part::Meta => "meta.",
    };
    match rule.label() {
        Some(label) => format!("`{prefix}{}` ({label})", rule.name()),
        None => format!("`{prefix}{}`", rule.name()),
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::{Part, is_nothing, is_placeholder};

    #[test]
    fn null_and_the_empty_text_are_absent_in_auth_and_meta() {
        for part in [Part::Auth, Part::Meta] {
            assert!(is_nothing(&json!(null), part) && is_nothing(&json!(""), part));
            assert!([json!(" "), json!(0), json!([]), json!(false)].iter().all(|value| !is_nothing(value, part)));
        }
        assert!(!is_nothing(&json!(null), Part::Data) && !is_nothing(&json!(""), Part::Data));
    }

    #[test]
    fn only_one_whole_placeholder_counts() {
        assert!(is_placeholder("{{contact.email}}"));
        assert!(is_placeholder(" {{ contact.email }} "));
        for text in ["{{a}} and {{b}}", "Hi {{a}}", "{{}}", "{{{{a}}}}", "{{a}", ""] {
            assert!(!is_placeholder(text), "{text}");
        }
    }
}
