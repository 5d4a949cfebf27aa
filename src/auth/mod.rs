//! How a request proves who it is: one file per strategy.
//!
//! Pure; the credentials come from the scope, and the redactor learns how they look on the wire.

mod aws_sigv4;
#[cfg(test)]
mod aws_sigv4_tests;
mod basic;
mod bearer;
mod challenge;
mod digest;
mod hmac;
mod jwt;
#[cfg(test)]
mod jwt_tests;
mod oauth1;
mod place;
mod signing;
mod unreserved;

use http::header::{AUTHORIZATION, WWW_AUTHENTICATE};
use http::{HeaderMap, HeaderValue};

pub use jwt::{SigningKey, sign};

use crate::budget::Exhausted;
use crate::catalog::{Apply, Authentication};
use crate::secret::Masks;
use crate::template::{Named, RenderError, Scope, Template};
use crate::upstream::OutboundRequest;

/// Why the credentials cannot be applied; never holds one.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum AuthError {
    /// A credential's template cannot be evaluated.
    #[error(transparent)]
    Render(#[from] RenderError),
    /// A credential is not there.
    #[error("`{0}` is absent")]
    Absent(String),
    /// A credential that its place cannot carry.
    #[error("{place} cannot carry this value: {reason}")]
    Unfit {
        /// Where it was to go.
        place: String,
        /// Why it cannot.
        reason: &'static str,
    },
    /// A private key that cannot sign.
    #[error("the private key cannot be used: {reason}")]
    Key {
        /// Why it cannot, and what to do.
        reason: &'static str,
    },
    /// The service asks for a proof that cannot be given.
    #[error("the service's challenge cannot be answered: {0}")]
    Challenge(String),
}

impl AuthError {
    /// Whether the budget of the call ended it, and how.
    #[must_use]
    pub fn exhausted(&self) -> Option<Exhausted> {
        match self {
            Self::Render(error) => error.exhausted(),
            _ => None,
        }
    }
}

/// Applies the credentials to a request that is about to be sent.
///
/// # Errors
/// A credential that is absent or cannot be carried.
pub fn apply(
    authentication: &Authentication,
    scope: &Scope<'_>,
    request: &mut OutboundRequest,
    redactor: &mut Masks,
) -> Result<(), AuthError> {
    match authentication {
        Authentication::None | Authentication::Digest { .. } => Ok(()),
        Authentication::Basic { username, password } => {
            basic::apply(&credential(username, scope)?, &credential(password, scope)?, request, redactor)
        }
        Authentication::Client { id, secret } => {
            basic::apply_client(&credential(id, scope)?, &credential(secret, scope)?, request, redactor)
        }
        Authentication::Bearer { token, apply: None } => bearer::apply(&credential(token, scope)?, request, redactor),
        Authentication::Bearer { token, apply: Some(place) } => {
            let token = serde_json::json!({ "value": credential(token, scope)? });
            put(place, &scope.clone().with("token", &token), request, redactor)
        }
        Authentication::ApiKey(place) => put(place, scope, request, redactor),
        Authentication::Token(plan) => match &plan.apply {
            Some(place) => put(place, scope, request, redactor),
            None => {
                let token = match scope.get("token") {
                    Some(Named::Value(token)) => token.get("value").and_then(|value| value.as_str()),
                    Some(Named::Fields(_)) | None => None,
                };
                bearer::apply(token.ok_or_else(|| AuthError::Absent("token.value".to_owned()))?, request, redactor)
            }
        },
        Authentication::Hmac(plan) => signing::apply_hmac(plan, scope, request, redactor),
        Authentication::Oauth1(plan) => signing::apply_oauth1(plan, scope, request, redactor),
        Authentication::Aws(plan) => signing::apply_aws(plan, scope, request, redactor),
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
    let nonce = scope.moment().draw_uuid().simple().to_string();
    let proof = digest::respond(&asked, &login, request, &digest::ClientNonce { nonce: &nonce, count: 1 })?;
    let mut value = HeaderValue::from_str(&proof).map_err(|_| AuthError::Unfit {
        place: "a header".to_owned(),
        reason: "it has a character that headers do not have",
    })?;
    value.set_sensitive(true);
    request.headers.insert(AUTHORIZATION, value);
    Ok(true)
}

/// Renders a credential and puts it where it goes.
fn put(apply: &Apply, scope: &Scope<'_>, request: &mut OutboundRequest, redactor: &mut Masks) -> Result<(), AuthError> {
    let text = credential(&apply.value, scope)?;
    redactor.add(&text);
    place::put(apply.place, &apply.name, &text, request)
}

fn credential(template: &Template, scope: &Scope<'_>) -> Result<String, AuthError> {
    template.string(scope)?.ok_or_else(|| AuthError::Absent(template.text().to_owned()))
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
