//! The credentials of a request, applied by the strategy that its definition names.

use http::header::{AUTHORIZATION, WWW_AUTHENTICATE};
use http::{HeaderMap, HeaderValue};

use super::credential::{credential, put};
use super::error::AuthError;
use super::{basic, bearer, digest, signing};
use crate::catalog::Authentication;
use crate::secret::Masks;
use crate::template::{Named, Scope};
use crate::upstream::OutboundRequest;

/// Applies the credentials to a request that is about to be sent.
///
/// # Errors
/// A credential that is absent or cannot be carried.
pub fn apply(
    authentication: &Authentication,
    scope: &Scope<'_>,
    request: &mut OutboundRequest,
    masks: &mut Masks,
) -> Result<(), AuthError> {
    match authentication {
        Authentication::None | Authentication::Digest { .. } => Ok(()),
        Authentication::Basic { username, password } => {
            basic::apply(&credential(username, scope)?, &credential(password, scope)?, request, masks)
        }
        Authentication::Client { id, secret } => {
            basic::apply_client(&credential(id, scope)?, &credential(secret, scope)?, request, masks)
        }
        Authentication::Bearer { token, apply: None } => bearer::apply(&credential(token, scope)?, request, masks),
        Authentication::Bearer { token, apply: Some(place) } => {
            let token = serde_json::json!({ "value": credential(token, scope)? });
            put(place, &scope.clone().with("token", &token), request, masks)
        }
        Authentication::ApiKey(place) => put(place, scope, request, masks),
        Authentication::Token(plan) => match &plan.apply {
            Some(place) => put(place, scope, request, masks),
            None => {
                let token = match scope.get("token") {
                    Some(Named::Value(token)) => token.get("value").and_then(|value| value.as_str()),
                    Some(Named::Fields(_)) | None => None,
                };
                bearer::apply(token.ok_or_else(|| AuthError::Absent("token.value".to_owned()))?, request, masks)
            }
        },
        Authentication::Hmac(plan) => signing::apply_hmac(plan, scope, request, masks),
        Authentication::Oauth1(plan) => signing::apply_oauth1(plan, scope, request, masks),
        Authentication::Aws(plan) => signing::apply_aws(plan, scope, request, masks),
        Authentication::Mtls(name) => {
            request.identity = Some(name.as_str().into());
            Ok(())
        }
    }
}

/// Adds the credentials that a challenge asks for; says whether there was one to answer.
///
/// # Errors
/// A credential that is absent, or a challenge that cannot be answered.
pub fn answer_challenge(
    authentication: &Authentication,
    scope: &Scope<'_>,
    answered: &HeaderMap,
    request: &mut OutboundRequest,
) -> Result<bool, AuthError> {
    let Authentication::Digest { username, password } = authentication else { return Ok(false) };
    let asked: Vec<&str> = answered.get_all(WWW_AUTHENTICATE).iter().filter_map(|value| value.to_str().ok()).collect();
    // A challenge after an answer says that the answer was wrong, unless the nonce was too old.
    if !digest::is_challenged(&asked) || (request.headers.contains_key(AUTHORIZATION) && !digest::is_stale(&asked)) {
        return Ok(false);
    }
    let (username, password) = (credential(username, scope)?, credential(password, scope)?);
    let login = digest::Login { username: &username, password: &password };
    let nonce = scope.clock().draw_uuid().simple().to_string();
    let proof = digest::respond(&asked, &login, request, &digest::ClientNonce { nonce: &nonce, count: 1 })?;
    let mut value = HeaderValue::from_str(&proof).map_err(|_| AuthError::Unfit {
        place: "a header".to_owned(),
        reason: "it has a character that headers do not have",
    })?;
    value.set_sensitive(true);
    request.headers.insert(AUTHORIZATION, value);
    Ok(true)
}
