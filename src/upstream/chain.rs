//! An error with its causes, as libraries nest them.
//!
//! Pure. Knows types and kinds, no words; what it quotes may hold values.

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

    pub(super) fn has_io(&self, kinds: &[std::io::ErrorKind]) -> bool {
        self.errors
            .iter()
            .filter_map(|error| error.downcast_ref::<std::io::Error>())
            .any(|error| kinds.contains(&error.kind()))
    }

    /// Whether it is this machine that has no address, port, descriptor or memory for a connection.
    pub(super) fn is_exhausted(&self) -> bool {
        // The standard library has no kinds for the limits on descriptors; these numbers are those of every Unix.
        const ENFILE: i32 = 23;
        const EMFILE: i32 = 24;
        let mut system = self.errors.iter().filter_map(|error| error.downcast_ref::<std::io::Error>());
        self.has_io(&[std::io::ErrorKind::AddrNotAvailable, std::io::ErrorKind::OutOfMemory])
            || (cfg!(unix) && system.any(|error| matches!(error.raw_os_error(), Some(ENFILE | EMFILE))))
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

#[cfg(test)]
mod tests {
    use std::io::{Error, ErrorKind};

    use super::*;

    #[test]
    fn what_the_machine_lacks_is_told_from_what_the_host_refuses() {
        let lacks = |error: Error| Chain::of(&Error::other(error)).is_exhausted();
        assert!(lacks(ErrorKind::AddrNotAvailable.into()));
        assert!(!lacks(ErrorKind::ConnectionRefused.into()));
        #[cfg(unix)]
        {
            assert!(lacks(Error::from_raw_os_error(24)), "too many open files");
            assert!(lacks(Error::from_raw_os_error(23)), "too many open files in the system");
            assert!(!lacks(Error::from_raw_os_error(13)), "permission denied");
        }
    }
}
