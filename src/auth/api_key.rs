//! A key in a header, a query parameter or a cookie.

use http::header::COOKIE;
use http::{HeaderName, HeaderValue};
use percent_encoding::{NON_ALPHANUMERIC, utf8_percent_encode};

use super::AuthError;
use crate::keyword::KeyPlace;
use crate::secret::Redactor;
use crate::upstream::OutboundRequest;

/// Adds the key where it goes.
pub(super) fn apply(
    place: KeyPlace,
    name: &str,
    key: &str,
    request: &mut OutboundRequest,
    redactor: &mut Redactor,
) -> Result<(), AuthError> {
    redactor.add(key);
    match place {
        KeyPlace::Header => {
            let name = HeaderName::try_from(name).map_err(|_| unfit("the header", "its name is not one"))?;
            request.headers.insert(name, sensitive(key, "the header of the key")?);
        }
        KeyPlace::Query => {
            let encode = |text: &str| utf8_percent_encode(text, NON_ALPHANUMERIC).to_string();
            let pair = format!("{}={}", encode(name), encode(key));
            let query = request.url.query().map_or_else(|| pair.clone(), |query| format!("{query}&{pair}"));
            request.url.set_query(Some(&query));
        }
        KeyPlace::Cookie => {
            // RFC 6265 §4.1.1: what a cookie's value may hold.
            let fits = key.bytes().all(|byte| byte.is_ascii_graphic() && !b"\",;\\".contains(&byte));
            if !fits {
                return Err(unfit("a cookie", "it has a blank, a comma, a semicolon, a quote or a non-ASCII letter"));
            }
            let pair = format!("{name}={key}");
            let cookies = request.headers.get(COOKIE).and_then(|value| value.to_str().ok());
            let cookies = cookies.map_or_else(|| pair.clone(), |cookies| format!("{cookies}; {pair}"));
            request.headers.insert(COOKIE, sensitive(&cookies, "a cookie")?);
        }
    }
    Ok(())
}

fn sensitive(text: &str, place: &str) -> Result<HeaderValue, AuthError> {
    let visible = !text.is_empty() && text.bytes().all(|byte| (0x20..0x7f).contains(&byte));
    if !visible {
        return Err(unfit(place, "it is empty or has a line break or a non-ASCII letter"));
    }
    let mut value =
        HeaderValue::from_str(text).map_err(|_| unfit(place, "it has characters that headers do not have"))?;
    value.set_sensitive(true);
    Ok(value)
}

fn unfit(place: &str, reason: &'static str) -> AuthError {
    AuthError::Unfit { place: place.to_owned(), reason }
}
