//! How a request proves who it is: one file per strategy.
//!
//! Pure; the credentials come from the scope, and the redactor learns how they look on the wire.

mod api_key;
mod basic;
mod bearer;

use crate::catalog::Authentication;
use crate::secret::Redactor;
use crate::template::{RenderError, Scope, Template};
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
}

/// Applies the credentials to a request.
///
/// # Errors
/// A credential that is absent or cannot be carried.
pub fn apply(
    authentication: &Authentication,
    scope: &Scope<'_>,
    request: &mut OutboundRequest,
    redactor: &mut Redactor,
) -> Result<(), AuthError> {
    match authentication {
        Authentication::None => Ok(()),
        Authentication::Basic { username, password } => {
            basic::apply(&credential(username, scope)?, &credential(password, scope)?, request, redactor)
        }
        Authentication::Bearer { token } => bearer::apply(&credential(token, scope)?, request, redactor),
        Authentication::ApiKey { place, name, value } => {
            api_key::apply(*place, name, &credential(value, scope)?, request, redactor)
        }
    }
}

fn credential(template: &Template, scope: &Scope<'_>) -> Result<String, AuthError> {
    template.string(scope)?.ok_or_else(|| AuthError::Absent(template.text().to_owned()))
}
