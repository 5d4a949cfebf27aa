//! Why the credentials of a request cannot be applied.

use crate::budget::Exhausted;
use crate::template::RenderError;

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
