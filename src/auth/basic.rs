//! HTTP Basic authentication (RFC 7617), in UTF-8.

use std::io::Write as _;

use base64::engine::general_purpose::STANDARD;
use base64::write::EncoderStringWriter;
use http::HeaderValue;
use http::header::AUTHORIZATION;

use super::error::AuthError;
use crate::secret::Masks;
use crate::upstream::OutboundRequest;

/// Sets `Authorization: Basic …`. RFC 7617 §2: a user name holds no colon, neither holds controls.
pub(super) fn apply(
    username: &str,
    password: &str,
    request: &mut OutboundRequest,
    masks: &mut Masks,
) -> Result<(), AuthError> {
    let unfit = |place: &str, reason| AuthError::Unfit { place: place.to_owned(), reason };
    if username.contains(':') {
        return Err(unfit("the user name of basic authentication", "it has a colon"));
    }
    if [username, password].iter().any(|text| has_control(text)) {
        return Err(unfit("basic authentication", "it has a control character"));
    }
    let length = username.len() + ":".len() + password.len();
    let mut value = String::with_capacity("Basic ".len() + length.div_ceil(3) * 4);
    value.push_str("Basic ");
    let mut encoded = EncoderStringWriter::from_consumer(&mut value, &STANDARD);
    let written = [username, ":", password].iter().try_for_each(|part| encoded.write_all(part.as_bytes()));
    written.map_err(|_| unfit("basic authentication", "it cannot be encoded"))?;
    encoded.into_inner();
    masks.add(value.trim_start_matches("Basic "));
    let mut value =
        HeaderValue::try_from(value).map_err(|_| unfit("a header", "it has characters that headers do not have"))?;
    value.set_sensitive(true);
    request.headers.insert(AUTHORIZATION, value);
    Ok(())
}

fn has_control(text: &str) -> bool {
    match text.is_ascii() {
        true => text.bytes().any(|byte| byte.is_ascii_control()),
        false => text.chars().any(char::is_control),
    }
}

/// Sets `Authorization: Basic …` of an OAuth 2.0 client, whose id and secret are form-encoded first (RFC 6749 §2.3.1).
pub(super) fn apply_client(
    id: &str,
    secret: &str,
    request: &mut OutboundRequest,
    masks: &mut Masks,
) -> Result<(), AuthError> {
    let encode = |text: &str| url::form_urlencoded::byte_serialize(text.as_bytes()).collect::<String>();
    masks.add(secret);
    apply(&encode(id), &encode(secret), request, masks)
}
