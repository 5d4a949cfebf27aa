//! The places a credential can go to: header, query, cookie, field of the body.

use bytes::Bytes;
use http::header::{CONTENT_TYPE, COOKIE};
use http::{HeaderName, HeaderValue, Method};
use percent_encoding::{NON_ALPHANUMERIC, utf8_percent_encode};
use serde_json::Value;

use super::error::AuthError;
use crate::keyword::KeyPlace;
use crate::upstream::OutboundRequest;
use crate::value::{JsonLimits, decode_json};

/// Puts a credential in its place.
pub(super) fn put(place: KeyPlace, name: &str, text: &str, request: &mut OutboundRequest) -> Result<(), AuthError> {
    match place {
        KeyPlace::Header => {
            let name = HeaderName::try_from(name).map_err(|_| unfit("the header", "its name is not one"))?;
            let value = sensitive(text, &format!("the header `{name}`"))?;
            request.headers.insert(name, value);
        }
        KeyPlace::Query => {
            let pair = format!("{}={}", encoded(name), encoded(text));
            let query = request.url.query().map_or_else(|| pair.clone(), |query| format!("{query}&{pair}"));
            request.url.set_query(Some(&query));
        }
        KeyPlace::Cookie => {
            // RFC 6265 §4.1.1: what a cookie's value may hold.
            let fits = text.bytes().all(|byte| byte.is_ascii_graphic() && !b"\",;\\".contains(&byte));
            if !fits {
                return Err(unfit("a cookie", "it has a blank, a comma, a semicolon, a quote or a non-ASCII letter"));
            }
            let pair = format!("{name}={text}");
            let cookies = request.headers.get(COOKIE).and_then(|value| value.to_str().ok());
            let cookies = cookies.map_or_else(|| pair.clone(), |cookies| format!("{cookies}; {pair}"));
            request.headers.insert(COOKIE, sensitive(&cookies, "a cookie")?);
        }
        KeyPlace::Field => request.body = with_field(name, text, request)?,
    }
    Ok(())
}

/// The body with one more field at its top.
fn with_field(name: &str, text: &str, request: &OutboundRequest) -> Result<Bytes, AuthError> {
    let place = || format!("the field `{name}` of the body");
    if matches!(request.method, Method::GET | Method::HEAD) {
        return Err(unfit(&place(), "the request has no body; use `header` or `query`"));
    }
    let content_type = request.headers.get(CONTENT_TYPE).and_then(|value| value.to_str().ok()).unwrap_or_default();
    if content_type.starts_with("application/x-www-form-urlencoded") {
        let mut body = url::form_urlencoded::Serializer::new(String::new());
        let pair = body.append_pair(name, text).finish();
        let before = String::from_utf8_lossy(&request.body);
        return Ok(if before.is_empty() { pair } else { format!("{before}&{pair}") }.into());
    }
    match decode_json(&request.body, JsonLimits::default()) {
        Ok(Value::Object(mut fields)) => {
            fields.insert(name.to_owned(), Value::String(text.to_owned()));
            Ok(Value::Object(fields).to_string().into())
        }
        _ => Err(unfit(&place(), "the body is neither a JSON object nor a form")),
    }
}

fn encoded(text: &str) -> String {
    utf8_percent_encode(text, NON_ALPHANUMERIC).to_string()
}

fn unfit(place: &str, reason: &'static str) -> AuthError {
    AuthError::Unfit { place: place.to_owned(), reason }
}

/// A header's value that is never printed.
fn sensitive(text: &str, place: &str) -> Result<HeaderValue, AuthError> {
    let unfit = |reason| AuthError::Unfit { place: place.to_owned(), reason };
    if text.is_empty() || !text.bytes().all(|byte| (0x20..0x7f).contains(&byte)) {
        return Err(unfit("it is empty or has a line break or a non-ASCII letter"));
    }
    let mut value = HeaderValue::from_str(text).map_err(|_| unfit("it has characters that headers do not have"))?;
    value.set_sensitive(true);
    Ok(value)
}
