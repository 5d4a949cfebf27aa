//! The form that an action's inputs make, and the call that a filled one makes.

use std::sync::Arc;

use maud::{Markup, html};
use serde_json::Value;

use super::labels;
use crate::call::Envelope;
use crate::call::decode_envelope;
use crate::catalog::{FieldRule, Input, TestCase};
use crate::keyword::{FieldFormat, FieldType};
use crate::server::Pairs;
use crate::value::{FieldMap, JsonLimits, decode_json};

const PARTS: [&str; 3] = ["auth", "data", "meta"];

/// The field that holds a whole body in place of single fields.
const WHOLE: &str = "whole";

fn rules<'i>(input: &'i Input, part: &str) -> &'i [Arc<FieldRule>] {
    match part {
        "auth" => &input.auth,
        "data" => &input.data,
        _ => &input.meta,
    }
}

/// What the fields begin with: what was sent, what a test sends, or the fields' own examples.
pub(super) struct Values<'v> {
    pub(super) form: Option<&'v Pairs>,
    pub(super) case: Option<&'v TestCase>,
}

impl Values<'_> {
    fn of(&self, part: &str, rule: &FieldRule) -> String {
        if let Some(form) = self.form {
            // A secret is not sent back.
            let sent = form.get(&format!("{part}.{}", rule.name())).filter(|_| !rule.is_secret());
            return sent.unwrap_or_default().to_owned();
        }
        let value = match self.case {
            Some(case) => {
                let [auth, data, meta] = &case.input;
                let whole = match part {
                    "auth" => auth,
                    "data" => data,
                    _ => meta,
                };
                whole.get(rule.name())
            }
            None => rule.example().or(rule.default()).filter(|_| !rule.is_secret()),
        };
        value.map(as_typed).unwrap_or_default()
    }
}

/// A value as one types it.
fn as_typed(value: &Value) -> String {
    match value {
        Value::String(text) => text.clone(),
        Value::Null => String::new(),
        other => other.to_string(),
    }
}

/// The fields.
pub(super) fn fields(input: &Input, values: &Values<'_>) -> Markup {
    html! {
        @for part in PARTS {
            @let rules = rules(input, part);
            @if !rules.is_empty() {
                fieldset {
                    legend { code { (part) } }
                    @for rule in rules { (field(part, rule, &values.of(part, rule))) }
                }
            }
        }
        details {
            summary { "Send a whole body instead" }
            label for="whole" { "JSON with " code { "auth" } ", " code { "data" } " and " code { "meta" } }
            textarea #whole name=(WHOLE) rows="6" spellcheck="false" { (values.form.and_then(|form| form.get(WHOLE)).unwrap_or_default()) }
        }
    }
}

fn field(part: &str, rule: &FieldRule, value: &str) -> Markup {
    let name = format!("{part}.{}", rule.name());
    let hint = format!("{name}-hint");
    // A choice that is no text is compared as one types it.
    let choices: Vec<String> = match rule.field_type() {
        FieldType::Boolean if rule.allowed().is_empty() => vec!["true".to_owned(), "false".to_owned()],
        _ => rule.allowed().iter().map(as_typed).collect(),
    };
    html! {
        div.field {
            label for=(name) {
                (rule.label().unwrap_or(rule.name()))
                @if rule.is_required() { span.required title="required" { " *" } }
                @if rule.label().is_some() { " " code.quiet { (rule.name()) } }
            }
            @if !choices.is_empty() {
                select id=(name) name=(name) aria-describedby=(hint) {
                    option value="" { "not sent" }
                    @for choice in &choices { option value=(choice) selected[choice == value] { (choice) } }
                }
            } @else if rule.is_secret() {
                input id=(name) name=(name) type="password" value=(value) autocomplete="off" aria-describedby=(hint);
            } @else if matches!(rule.field_type(), FieldType::Object | FieldType::Any) || value.contains('\n') {
                textarea id=(name) name=(name) rows="3" spellcheck="false" aria-describedby=(hint) { (value) }
            } @else {
                input id=(name) name=(name) type="text" value=(value) autocomplete="off" inputmode=[keyboard(rule)] aria-describedby=(hint);
            }
            small id=(hint) { (kind(rule)) @if let Some(text) = rule.description() { ". " (labels::with_code(text)) } }
        }
    }
}

fn keyboard(rule: &FieldRule) -> Option<&'static str> {
    match rule.field_type() {
        FieldType::Integer => Some("numeric"),
        FieldType::Number => Some("decimal"),
        _ => None,
    }
}

/// The type and the rules of a field, in a few words.
pub(super) fn kind(rule: &FieldRule) -> String {
    let mut words = vec![type_name(rule.field_type()).to_owned()];
    words.extend(rule.format().map(|format| format_name(format).to_owned()));
    words.extend(rule.is_secret().then(|| "secret".to_owned()));
    words.extend(rule.default().filter(|_| !rule.is_secret()).map(|value| format!("default {}", as_typed(value))));
    let (least, most) = rule.bounds();
    words.extend(least.map(|least| format!("at least {least}")));
    words.extend(most.map(|most| format!("at most {most}")));
    let (shortest, longest) = rule.length();
    words.extend(shortest.map(|shortest| format!("{shortest} characters or more")));
    words.extend(longest.map(|longest| format!("{longest} characters or fewer")));
    words.extend(rule.pattern().map(|pattern| format!("like {pattern}")));
    words.join(", ")
}

fn format_name(format: FieldFormat) -> &'static str {
    match format {
        FieldFormat::Email => "an e-mail address",
        FieldFormat::Url => "an address of the web",
        FieldFormat::HostnameLabel => "one label of a host name",
        FieldFormat::Phone => "a telephone number",
    }
}

fn type_name(field_type: FieldType) -> &'static str {
    match field_type {
        FieldType::String => "text",
        FieldType::Integer => "whole number",
        FieldType::Number => "number",
        FieldType::Boolean => "true or false",
        FieldType::List => "list",
        FieldType::Object => "object",
        FieldType::Datetime => "date and time",
        FieldType::Any => "anything",
    }
}

/// The call that a filled form makes. What is empty is not sent; texts stay texts, as Talkdesk sends them.
pub(super) fn envelope(input: &Input, form: &Pairs) -> Result<Envelope, String> {
    if let Some(whole) = form.get(WHOLE) {
        return decode_envelope(whole.as_bytes()).map_err(|error| error.to_string());
    }
    let part = |part: &str| -> Result<FieldMap, String> {
        let mut map = FieldMap::default();
        for rule in rules(input, part) {
            let name = format!("{part}.{}", rule.name());
            if let Some(text) = form.get(&name) {
                map.push(rule.shared_name(), typed(rule, text).map_err(|why| format!("`{name}`: {why}"))?);
            }
        }
        Ok(map)
    };
    Ok(Envelope { auth: part("auth")?, data: part("data")?, meta: part("meta")? })
}

fn typed(rule: &FieldRule, text: &str) -> Result<Value, String> {
    let text = text.replace("\r\n", "\n");
    let whole = text.trim_start().starts_with(['{', '[']);
    match rule.field_type() {
        // Lists and objects as JSON; other texts are coerced as a caller's would be.
        FieldType::List | FieldType::Object | FieldType::Any if whole => {
            decode_json(text.as_bytes(), JsonLimits::default()).map_err(|error| format!("this is not JSON: {error}"))
        }
        _ => Ok(Value::String(text)),
    }
}
