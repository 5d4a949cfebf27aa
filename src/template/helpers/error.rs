//! Why a helper refuses its arguments.

use crate::budget::Exhausted;

/// Why a helper refuses its arguments: the rest of a sentence that begins with its name.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(in crate::template) enum HelperError {
    /// The arguments do not fit.
    Unfit(String),
    /// What it would make is more than the call may take.
    Exhausted(Exhausted),
}

impl HelperError {
    pub(in crate::template) fn new(reason: impl Into<String>) -> Self {
        Self::Unfit(reason.into())
    }
}

impl From<Exhausted> for HelperError {
    fn from(exhausted: Exhausted) -> Self {
        Self::Exhausted(exhausted)
    }
}
