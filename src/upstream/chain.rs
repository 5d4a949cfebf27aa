//! An error with its causes, as libraries nest them.
//!
//! Pure. What it quotes may hold values; `tls_reason` alone is fit for callers.

use super::tls;

/// An error and everything beneath it.
pub(super) struct Chain<'e> {
    errors: Vec<&'e (dyn std::error::Error + 'static)>,
}

impl<'e> Chain<'e> {
    pub(super) fn of(error: &'e (dyn std::error::Error + 'static)) -> Self {
        Self { errors: std::iter::successors(Some(error), |error| beneath(*error)).collect() }
    }

    pub(super) fn find<T: std::error::Error + 'static>(&self) -> Option<&'e T> {
        self.errors.iter().find_map(|error| error.downcast_ref::<T>())
    }

    pub(super) fn has<T: std::error::Error + 'static>(&self) -> bool {
        self.find::<T>().is_some()
    }

    pub(super) fn has_io(&self, kinds: &[std::io::ErrorKind]) -> bool {
        self.errors
            .iter()
            .filter_map(|error| error.downcast_ref::<std::io::Error>())
            .any(|error| kinds.contains(&error.kind()))
    }

    pub(super) fn mentions(&self, text: &str) -> bool {
        self.errors.iter().skip(1).any(|error| error.to_string().to_ascii_lowercase().contains(text))
    }

    pub(super) fn tls_reason(&self) -> String {
        self.find::<rustls::Error>().map_or_else(|| tls::FAILED.to_owned(), tls::reason)
    }

    /// The cause of causes in its own words; for the operator only.
    pub(super) fn innermost(&self) -> String {
        self.errors.last().map(ToString::to_string).unwrap_or_default()
    }
}

/// The next error of a chain. An I/O error gives as its source that of the error inside it, and leaves that one out.
fn beneath<'e>(error: &'e (dyn std::error::Error + 'static)) -> Option<&'e (dyn std::error::Error + 'static)> {
    let inside = error.downcast_ref::<std::io::Error>().and_then(std::io::Error::get_ref);
    inside.map_or_else(|| error.source(), |inside| Some(inside))
}
