//! A problem inside one piece of text, before anyone knows which file holds it.

use std::ops::Range;

use super::Code;

/// What a template, path, pattern or condition compiler reports about its own text.
///
/// The catalog turns it into a [`super::Diagnostic`] by adding where that text stands.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Fault {
    /// Stable identifier.
    pub code: Code,
    /// A full sentence.
    pub message: String,
    /// What to do, or a near match.
    pub help: Option<String>,
    /// Bytes of the text the fault is about.
    pub at: Range<usize>,
}

impl Fault {
    /// A fault about the bytes `at`.
    pub fn new(code: Code, at: Range<usize>, message: impl Into<String>) -> Self {
        Self { code, message: message.into(), help: None, at }
    }

    /// Adds what to do.
    #[must_use]
    pub fn help(mut self, help: impl Into<String>) -> Self {
        self.help = Some(help.into());
        self
    }

    /// The same fault in a longer text in which this one begins at byte `by`.
    #[must_use]
    pub fn shifted(mut self, by: usize) -> Self {
        self.at = self.at.start + by..self.at.end + by;
        self
    }
}
