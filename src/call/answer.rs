//! An answer as captures and rules see it.

use http::{HeaderMap, HeaderName};

use crate::content::Content;

/// Status, headers and body of an answer, the body read once.
#[derive(Clone, Debug)]
pub struct ServiceAnswer {
    /// Status.
    pub status: u16,
    /// Headers.
    pub headers: HeaderMap,
    /// Body.
    pub content: Content,
}

impl ServiceAnswer {
    /// A header's first value as text; bytes that are not UTF-8 count as absent.
    #[must_use]
    pub fn header(&self, name: &HeaderName) -> Option<&str> {
        self.headers.get(name).and_then(|value| std::str::from_utf8(value.as_bytes()).ok())
    }
}
