//! Why a request, a value or the response could not be built.

use crate::budget::Exhausted;
use crate::condition::ConditionError;
use crate::template::RenderError;
use crate::value::XmlWriteError;

/// What could not be built: where in the definition, and why. Holds no values.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("`{place}`: {reason}")]
pub struct BuildError {
    /// Where in the definition, for example `request.json.ticket.subject`.
    pub place: String,
    /// Why.
    pub reason: String,
    /// The bound, if the budget of the call is why.
    pub exhausted: Option<Exhausted>,
}

impl BuildError {
    /// An error at `place`.
    pub fn new(place: impl Into<String>, reason: impl Into<String>) -> Self {
        Self { place: place.into(), reason: reason.into(), exhausted: None }
    }

    /// The budget of the call ended the work at `place`.
    pub fn over(place: impl Into<String>, exhausted: Exhausted) -> Self {
        Self { exhausted: Some(exhausted), ..Self::new(place, exhausted.to_string()) }
    }

    /// A condition at `place` that cannot be answered.
    #[must_use]
    pub fn condition(place: &str, error: &ConditionError) -> Self {
        Self { exhausted: error.exhausted(), ..Self::new(place, error.to_string()) }
    }

    /// A value at `place` that cannot be written as XML.
    #[must_use]
    pub fn xml(place: &str, error: &XmlWriteError) -> Self {
        Self { exhausted: error.exhausted(), ..Self::new(place, error.to_string()) }
    }

    /// Whether the budget of the call ended it, and how.
    #[must_use]
    pub fn exhausted(&self) -> Option<Exhausted> {
        self.exhausted
    }

    /// An error of a template at `place`.
    #[must_use]
    pub fn render(place: &str, error: &RenderError) -> Self {
        Self { exhausted: error.exhausted(), ..Self::new(place, error.to_string()) }
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
