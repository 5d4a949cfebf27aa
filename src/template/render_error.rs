//! Why a template has no value. Names places and types, never values.

use std::ops::Range;

use crate::budget::Exhausted;

/// Why a value cannot stand in its place; the reason, without the value.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("{0}")]
pub struct EscapeError(pub String);

/// Why a template cannot be evaluated.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum RenderError {
    /// A part of an address has no value.
    #[error("`{reference}` is {found}, and an address cannot be built without it")]
    Absent {
        /// The expression as written.
        reference: String,
        /// `absent`, `null` or `empty`.
        found: &'static str,
        /// Where in the template.
        at: Range<usize>,
    },
    /// A list or map where text is needed.
    #[error("`{reference}` is {found} and cannot become text; use `join` or `json`")]
    NotText {
        /// The expression as written.
        reference: String,
        /// What it is.
        found: &'static str,
        /// Where in the template.
        at: Range<usize>,
    },
    /// A value that would change the meaning of what it stands in.
    #[error("`{reference}` cannot stand here: {reason}")]
    Escape {
        /// The expression as written.
        reference: String,
        /// Why.
        reason: String,
        /// Where in the template.
        at: Range<usize>,
    },
    /// A helper refused its arguments.
    #[error("`{helper}` {reason}")]
    Helper {
        /// Which.
        helper: &'static str,
        /// Why.
        reason: String,
        /// Where in the template.
        at: Range<usize>,
    },
    /// The call's budget is exhausted.
    #[error("{exhausted}")]
    Exhausted {
        /// Which bound.
        exhausted: Exhausted,
        /// Where in the template; empty at its beginning if it is text.
        at: Range<usize>,
    },
}

impl RenderError {
    /// Whether the budget of the call ended it, and how.
    #[must_use]
    pub fn exhausted(&self) -> Option<Exhausted> {
        match self {
            Self::Exhausted { exhausted, .. } => Some(*exhausted),
            _ => None,
        }
    }

    /// Where in the template.
    #[must_use]
    pub fn at(&self) -> Range<usize> {
        match self {
            Self::Absent { at, .. }
            | Self::NotText { at, .. }
            | Self::Escape { at, .. }
            | Self::Helper { at, .. }
            | Self::Exhausted { at, .. } => at.clone(),
        }
    }
}
