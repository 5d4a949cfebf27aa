//! Captured values → the five fields of the response. Pure.

use serde_json::Value;

use super::capture::{MapError, capture_value};
use crate::budget::Exhausted;
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
        // uncharged: four fields
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
    /// The bound, if the budget of the call is why.
    pub exhausted: Option<Exhausted>,
}

impl ResponseError {
    /// Whether the budget of the call ended it, and how.
    #[must_use]
    pub fn exhausted(&self) -> Option<Exhausted> {
        self.exhausted
    }
}

/// Why a field has no text.
struct Unfit {
    reason: String,
    exhausted: Option<Exhausted>,
}

impl From<&str> for Unfit {
    fn from(reason: &str) -> Self {
        Self { reason: reason.to_owned(), exhausted: None }
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
    // uncharged: the fields of the definition; each charges what it finds.
    for field in action.response() {
        let text = field_text(field, &scope.clone().with("response", &seen), answer);
        match text {
            Ok(Some(text)) => seen.push(field.kind.as_str().into(), Value::String(text)),
            Ok(None) => unmapped.push(format!("`response.{}` found nothing", field.kind.as_str())),
            // What is started again finds its optional fields as well.
            Err(Unfit { reason, exhausted }) if is_required(field) || exhausted == Some(Exhausted::Stretch) => {
                return Err(ResponseError { field: field.kind.as_str(), reason, exhausted });
            }
            // The service did its work; an optional field is no reason to report a failure.
            Err(Unfit { reason, .. }) => unmapped.push(format!("`response.{}`: {reason}", field.kind.as_str())),
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
) -> Result<Option<String>, Unfit> {
    let text = match &field.source {
        ResponseSource::Url(plan) => match build_link(plan, scope) {
            Ok(url) => Some(url.to_string()),
            Err(error) => return Err(Unfit { reason: error.to_string(), exhausted: error.exhausted() }),
        },
        ResponseSource::Capture(capture) => {
            let value = capture_value(capture, scope, answer)
                .map_err(|error: MapError| Unfit { reason: error.to_string(), exhausted: error.exhausted() })?;
            value.and_then(into_text)
        }
    };
    let Some(text) = text else { return Ok(None) };
    if is_blank(&text) && is_required(field) {
        return Err("the value found is empty".into());
    }
    if field.kind == ResponseKey::ContactExternalUrl && !is_web_address(&text) {
        return Err("the value found is not an http or https address".into());
    }
    Ok(Some(text))
}

/// Anything else, `javascript:` above all, has no business in a link that agents click.
fn is_web_address(text: &str) -> bool {
    url::Url::parse(text).is_ok_and(|url| matches!(url.scheme(), "http" | "https") && url.has_host())
}
