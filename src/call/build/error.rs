//! Why a request, a value or the response could not be built.

use crate::template::RenderError;

/// What could not be built: where in the definition, and why. Holds no values.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("`{place}`: {reason}")]
pub struct BuildError {
    /// Where in the definition, for example `request.json.ticket.subject`.
    pub place: String,
    /// Why.
    pub reason: String,
}

impl BuildError {
    /// What of the call's budget is used up, where that is the reason.
    #[must_use]
    pub fn exhausted(&self) -> Option<crate::budget::Exhausted> {
        None
    }

    /// An error at `place`.
    pub fn new(place: impl Into<String>, reason: impl Into<String>) -> Self {
        Self { place: place.into(), reason: reason.into() }
    }

    /// An error of a template at `place`.
    #[must_use]
    pub fn render(place: &str, error: &RenderError) -> Self {
        Self::new(place, error.to_string())
    }

    /// The same error inside a larger part.
    #[must_use]
    pub fn within(mut self, part: &str) -> Self {
        self.place = match self.place.as_str() {
            "" => part.to_owned(),
            place if place.starts_with('[') => format!("{part}{place}"),
            place => format!("{part}.{place}"),
        };
        self
    }
}
