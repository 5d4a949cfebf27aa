//! The id that joins a caller's request, its answer and our log lines.
//!
//! Decides which ids of callers are taken over; writes nothing.

use std::cell::RefCell;
use std::fmt;
use std::sync::Arc;

use http::{HeaderMap, HeaderName};
use ring::rand::{SecureRandom as _, SystemRandom};
use uuid::{Builder, Uuid};

/// The header it comes and goes in.
pub(super) const HEADER: HeaderName = HeaderName::from_static("x-request-id");

/// Longest id that is taken over from a caller.
const LONGEST: usize = 128;

/// How many ids are drawn at once.
const AT_ONCE: usize = 64;

thread_local! {
    /// Random bytes for the next ids of this thread.
    static DRAWN: RefCell<Vec<[u8; 16]>> = const { RefCell::new(Vec::new()) };
}

/// The id of one request: 1 to 128 characters of `[A-Za-z0-9._-]`.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub struct RequestId(Arc<str>);

impl RequestId {
    /// The caller's id if there is exactly one and it is sane, otherwise a new one.
    #[must_use]
    pub fn of(headers: &HeaderMap) -> Self {
        let mut values = headers.get_all(HEADER).iter();
        match (values.next(), values.next()) {
            (Some(value), None) => Self::checked(value.as_bytes()).unwrap_or_else(Self::fresh),
            _ => Self::fresh(),
        }
    }

    /// A new one.
    #[must_use]
    pub fn fresh() -> Self {
        DRAWN.with_borrow_mut(|drawn| {
            let random = drawn.pop().unwrap_or_else(|| {
                // Asking the system costs as much as all else that an id takes: it is asked for many at once.
                let mut random = [[0; 16]; AT_ONCE];
                match SystemRandom::new().fill(random.as_flattened_mut()) {
                    Ok(()) => drawn.extend(random),
                    Err(_) => drawn.push(Uuid::new_v4().into_bytes()),
                }
                drawn.pop().unwrap_or_default()
            });
            let id = Builder::from_random_bytes(random).into_uuid();
            Self(Arc::from(&*id.hyphenated().encode_lower(&mut Uuid::encode_buffer())))
        })
    }

    /// The text, if it is sane.
    pub(super) fn checked(text: &[u8]) -> Option<Self> {
        let sane = (1..=LONGEST).contains(&text.len())
            && text.iter().all(|byte| byte.is_ascii_alphanumeric() || b"._-".contains(byte));
        if !sane {
            return None;
        }
        std::str::from_utf8(text).ok().map(|text| Self(text.into()))
    }

    /// The id, to be kept without a copy.
    #[must_use]
    pub fn shared(&self) -> &Arc<str> {
        &self.0
    }

    /// The id as text.
    #[must_use]
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

impl fmt::Display for RequestId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[track_caller]
    fn check(sent: &[&str], taken_over: bool) {
        let mut headers = HeaderMap::new();
        for value in sent {
            headers.append(HEADER, value.parse().expect("a header value"));
        }
        let id = RequestId::of(&headers);
        assert_eq!(sent.first() == Some(&id.as_str()), taken_over, "{id}");
        assert!(RequestId::checked(id.as_str().as_bytes()).is_some());
    }

    #[test]
    fn a_sane_id_is_taken_over() {
        check(&["Az-09._"], true);
        check(&["x".repeat(128).as_str()], true);
    }

    #[test]
    fn anything_else_gets_a_new_one() {
        check(&[], false);
        check(&[""], false);
        check(&["x".repeat(129).as_str()], false);
        check(&["a b"], false);
        check(&["<script>"], false);
        check(&["a", "a"], false);
    }
}
