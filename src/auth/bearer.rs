//! Bearer tokens (RFC 6750 §2.1).

use http::HeaderValue;
use http::header::AUTHORIZATION;

use super::error::AuthError;
use crate::secret::Masks;
use crate::upstream::OutboundRequest;

/// Sets `Authorization: Bearer …`.
pub(super) fn apply(token: &str, request: &mut OutboundRequest, masks: &mut Masks) -> Result<(), AuthError> {
    let unfit = |reason| AuthError::Unfit { place: "a bearer token".to_owned(), reason };
    if token.is_empty() || !token.bytes().all(|byte| byte.is_ascii_graphic()) {
        return Err(unfit("it is empty or has a blank, a line break or a non-ASCII letter"));
    }
    masks.add(token);
    let mut value = HeaderValue::from_str(&format!("Bearer {token}"))
        .map_err(|_| unfit("it has characters that headers do not have"))?;
    value.set_sensitive(true);
    request.headers.insert(AUTHORIZATION, value);
    Ok(())
}
