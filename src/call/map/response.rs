//! Captured values → the five fields of the response. Pure.

use serde_json::Value;

use super::capture::{MapError, capture_value};
use crate::call::ServiceAnswer;
use crate::call::build::build_link;
use crate::catalog::{Action, ResponseField, ResponseKey, ResponseSource};
use crate::template::Scope;
use crate::value::{FieldMap, into_text, is_blank};

/// The five fields as the definition maps them, before anything is checked or masked.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct MappedReply {
    /// `message`
    pub message: String,
    /// `external_id`
    pub external_id: Option<String>,
    /// `contact_external_id`
    pub contact_external_id: Option<String>,
    /// `contact_external_type`
    pub contact_external_type: Option<String>,
    /// `contact_external_url`
    pub contact_external_url: Option<String>,
}

impl MappedReply {
    /// Those that are there, by the contract's names.
    pub fn fields(&self) -> impl Iterator<Item = (&'static str, &str)> {
        let optional = [
            ("external_id", &self.external_id),
            ("contact_external_id", &self.contact_external_id),
            ("contact_external_type", &self.contact_external_type),
            ("contact_external_url", &self.contact_external_url),
        ];
        let there = optional.into_iter().filter_map(|(name, value)| Some((name, value.as_deref()?)));
        std::iter::once(("message", self.message.as_str())).chain(there)
    }
}

/// The response, and the optional fields for which nothing was found.
#[derive(Clone, Debug, Default)]
pub struct Response {
    /// What the definition gives the caller.
    pub reply: MappedReply,
    /// Why an optional field is missing.
    pub unmapped: Vec<String>,
}

/// A required field for which nothing usable was found.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("`response.{field}`: {reason}")]
pub struct ResponseError {
    /// Which.
    pub field: &'static str,
    /// Why.
    pub reason: String,
}

impl ResponseError {
    /// What of the call's budget is used up, where that is the reason.
    #[must_use]
    pub fn exhausted(&self) -> Option<crate::budget::Exhausted> {
        None
    }
}

/// Builds the response.
///
/// # Errors
/// The first required field that nothing usable was found for.
pub fn build_response(
    action: &Action,
    scope: &Scope<'_>,
    answer: Option<&ServiceAnswer>,
) -> Result<Response, ResponseError> {
    let mut seen = FieldMap::default();
    let mut unmapped = Vec::new();
    for field in action.response() {
        let text = field_text(field, &scope.clone().with("response", &seen), answer);
        match text {
            Ok(Some(text)) => seen.push(field.kind.as_str().into(), Value::String(text)),
            Ok(None) => unmapped.push(format!("`response.{}` found nothing", field.kind.as_str())),
            Err(reason) if is_required(field) => return Err(ResponseError { field: field.kind.as_str(), reason }),
            // What the service did stands; an optional field is no reason to tell of a failure.
            Err(reason) => unmapped.push(format!("`response.{}`: {reason}", field.kind.as_str())),
        }
    }
    let mut text_of = |key: ResponseKey| match seen.get_mut(key.as_str()).map(Value::take) {
        Some(Value::String(text)) => Some(text),
        _ => None,
    };
    let message = text_of(ResponseKey::Message).filter(|text| !is_blank(text));
    let reply = MappedReply {
        message: message.unwrap_or_else(|| format!("{}: done", action.title())),
        external_id: text_of(ResponseKey::ExternalId),
        contact_external_id: text_of(ResponseKey::ContactExternalId),
        contact_external_type: text_of(ResponseKey::ContactExternalType),
        contact_external_url: text_of(ResponseKey::ContactExternalUrl),
    };
    Ok(Response { reply, unmapped })
}

fn is_required(field: &ResponseField) -> bool {
    matches!(&field.source, ResponseSource::Capture(capture) if capture.required)
}

fn field_text(
    field: &ResponseField,
    scope: &Scope<'_>,
    answer: Option<&ServiceAnswer>,
) -> Result<Option<String>, String> {
    let text = match &field.source {
        ResponseSource::Url(plan) => match build_link(plan, scope) {
            Ok(url) => Some(url.to_string()),
            Err(error) => return Err(error.to_string()),
        },
        ResponseSource::Capture(capture) => {
            let value = capture_value(capture, scope, answer).map_err(|error: MapError| error.to_string())?;
            value.and_then(into_text)
        }
    };
    let Some(text) = text else { return Ok(None) };
    if is_blank(&text) && is_required(field) {
        return Err("the value found is empty".to_owned());
    }
    if field.kind == ResponseKey::ContactExternalUrl && !is_web_address(&text) {
        return Err("the value found is not an http or https address".to_owned());
    }
    Ok(Some(text))
}

/// Anything else, `javascript:` above all, has no business in a link that agents click.
fn is_web_address(text: &str) -> bool {
    url::Url::parse(text).is_ok_and(|url| matches!(url.scheme(), "http" | "https") && url.has_host())
}
