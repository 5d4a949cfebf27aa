//! Request plan + scope → the request that will be sent. Pure: no I/O, no clock.

use http::{HeaderMap, HeaderName, HeaderValue};

use super::pairs::{flatten, query_text};
use super::{BuildError, build_body, build_url, build_value};
use crate::catalog::{RequestPlan, Structure};
use crate::template::Scope;
use crate::upstream::OutboundRequest;
use crate::value::{into_text, kind_of};

/// Builds a request whole but for its credentials, which are applied anew to each attempt.
///
/// # Errors
/// The part that cannot be built; nothing is ever left out silently.
pub fn build_request(plan: &RequestPlan, scope: &Scope<'_>) -> Result<OutboundRequest, BuildError> {
    let mut url = build_url(&plan.url, scope, &plan.allowed_hosts)?;
    let mut pairs = Vec::new();
    for (name, structure) in &plan.query {
        let value = build_value(structure, scope).map_err(|error| error.within(name).within("query"))?;
        if let Some(value) = value {
            flatten(name, &value, plan.style, &mut pairs, scope.budget()).map_err(|error| error.within("query"))?;
        }
    }
    if !pairs.is_empty() {
        let query = query_text(&pairs, scope.budget()).map_err(|exhausted| BuildError::over("query", exhausted))?;
        url.set_query(Some(&query));
    }
    let body = build_body(plan, scope)?;
    let mut headers = HeaderMap::new();
    if let Some(content_type) = &body.content_type {
        headers.insert(http::header::CONTENT_TYPE, header_value("content_type", content_type)?);
    }
    for (name, structure) in &plan.headers {
        if let Some(text) = header_text(name, structure, scope)? {
            headers.insert(name, header_value(name.as_str(), &text)?);
        }
    }
    Ok(OutboundRequest {
        method: plan.method.clone(),
        url,
        headers,
        body: body.bytes,
        connect_timeout: plan.connect_timeout,
        attempt_timeout: plan.attempt_timeout,
        max_answer: plan.max_answer,
        identity: None,
        service: None,
        shown_host: None,
        caller: 0,
    })
}

fn header_text(name: &HeaderName, structure: &Structure, scope: &Scope<'_>) -> Result<Option<String>, BuildError> {
    let place = format!("headers.{name}");
    match build_value(structure, scope).map_err(|error| error.within(&place))? {
        None | Some(serde_json::Value::Null) => Ok(None),
        Some(value) => {
            let found = kind_of(Some(&value));
            let unfit = || BuildError::new(place, format!("a header is text, found {found}"));
            into_text(value).map(Some).ok_or_else(unfit)
        }
    }
}

/// A header's value; a line break in one would begin another header.
fn header_value(name: &str, text: &str) -> Result<HeaderValue, BuildError> {
    // uncharged: as long as the text whose building was charged.
    let visible = text.bytes().all(|byte| (0x20..0x7f).contains(&byte) || byte == b'\t');
    let refuse = || {
        BuildError::new(
            format!("headers.{name}"),
            "the value has a line break, a control character or a non-ASCII letter, which a header cannot carry",
        )
    };
    if !visible {
        return Err(refuse());
    }
    HeaderValue::from_str(text.trim()).map_err(|_| refuse())
}
