//! The state as the engine uses it.

use std::sync::Arc;
use std::time::Duration;

use super::{Claim, Key, Memory, Quota};

/// Tokens, idempotency records and counts. Cheap to clone; clones share.
#[derive(Clone, Debug)]
pub struct State {
    local: Arc<Memory>,
}

impl State {
    /// State of this process alone.
    #[must_use]
    pub fn memory() -> Self {
        Self { local: Arc::new(Memory::default()) }
    }

    /// The name for these parts.
    #[must_use]
    pub fn key(&self, kind: &'static str, parts: &[&[u8]]) -> Key {
        self.local.key(kind, parts)
    }

    /// What a name holds.
    pub async fn get(&self, key: &Key) -> Option<Vec<u8>> {
        self.local.get(key)
    }

    /// Puts a value, whatever was there.
    pub async fn put(&self, key: &Key, value: &[u8], life: Duration) {
        self.local.put(key, value, life);
    }

    /// Puts a value if nothing is there.
    pub async fn claim(&self, key: &Key, value: &[u8], life: Duration) -> Claim {
        self.local.claim(key, value, life)
    }

    /// Replaces a value, or removes it, if it is still the one expected; says whether it was.
    pub async fn exchange(&self, key: &Key, expected: &[u8], next: Option<(&[u8], Duration)>) -> bool {
        self.local.exchange(key, expected, next)
    }

    /// Counts one more of at most so many in any window.
    ///
    /// # Errors
    /// How long until the next is free.
    pub async fn take(&self, key: &Key, quota: Quota) -> Result<(), Duration> {
        self.local.take(key, quota)
    }
}
