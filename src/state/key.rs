//! Names in the state.

use std::fmt;

use ring::hmac;

/// A name: a keyed hash, so that nobody reads what it was made of.
#[derive(Clone, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct Key(pub(super) [u8; 32]);

impl Key {
    /// The name for these parts under a secret; no two lists of parts have the same.
    pub(super) fn new(secret: &hmac::Key, kind: &'static str, parts: &[&[u8]]) -> Self {
        let mut context = hmac::Context::with_key(secret);
        for part in std::iter::once(kind.as_bytes()).chain(parts.iter().copied()) {
            context.update(&(part.len() as u64).to_be_bytes());
            context.update(part);
        }
        let mut name = [0; 32];
        name.iter_mut().zip(context.sign().as_ref()).for_each(|(byte, signed)| *byte = *signed);
        Self(name)
    }

    /// The hash.
    #[must_use]
    pub fn as_bytes(&self) -> &[u8; 32] {
        &self.0
    }
}

impl fmt::Debug for Key {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let shown = self.0.get(..4).unwrap_or_default();
        write!(f, "Key({}…)", hex::encode(shown))
    }
}
