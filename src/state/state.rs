//! The state as the engine uses it: never fails, and never waits for long.
//!
//! What is written goes to Redis, if there is one, and is kept here too: while Redis is away calls go on with that.

use std::collections::BTreeSet;
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

use tokio::time::Instant;

use super::redis::{Redis, RedisFault};
use super::seal::Seal;
use super::{Claim, Key, Memory, Quota};

/// While Redis is away one call in this time asks for it.
const ASK_EVERY: Duration = Duration::from_secs(1);

/// Names kept for when Redis is back.
const MOST_UNSHARED: usize = 200_000;

/// The shortest key that is worth the name, in bytes.
const SHORTEST_KEY: usize = 32;

/// Why a shared state cannot be used.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum StateError {
    /// The address.
    #[error("this is not the address of a Redis; it looks like `redis://host:6379/0`, or `rediss://…` for TLS")]
    Address,
    /// The key.
    #[error("the key of the state has {found} bytes; it needs at least 32, for example from `openssl rand -hex 32`")]
    ShortKey {
        /// How many it has.
        found: usize,
    },
}

/// Tokens, idempotency records and counts. Cheap to clone; clones share.
#[derive(Clone, Debug)]
pub struct State {
    inner: Arc<Inner>,
}

#[derive(Debug)]
struct Inner {
    local: Memory,
    shared: Option<Shared>,
}

#[derive(Debug)]
struct Shared {
    redis: Redis,
    /// When Redis is asked next; `None` while it answers.
    away: Mutex<Option<Instant>>,
    /// Names that were written while it was away, for when it is back.
    unshared: Mutex<BTreeSet<Key>>,
}

impl State {
    /// State of this process alone.
    #[must_use]
    pub fn memory() -> Self {
        Self { inner: Arc::new(Inner { local: Memory::default(), shared: None }) }
    }

    /// State shared with every process that has the same Redis and the same key.
    ///
    /// With `authorities` (PEM) those alone are trusted for `rediss://`, else the platform's.
    ///
    /// Connects when it is first used; a Redis that is away is told, and waited for by nobody.
    ///
    /// # Errors
    /// An address or a key that cannot be used.
    pub fn shared(url: &str, key: &[u8], authorities: Option<Vec<u8>>) -> Result<Self, StateError> {
        if key.len() < SHORTEST_KEY {
            return Err(StateError::ShortKey { found: key.len() });
        }
        let seal = Seal::new(key).ok_or(StateError::ShortKey { found: key.len() })?;
        let redis = Redis::new(url, seal, authorities).map_err(|_| StateError::Address)?;
        let shared = Shared { redis, away: Mutex::new(None), unshared: Mutex::default() };
        Ok(Self { inner: Arc::new(Inner { local: Memory::default(), shared: Some(shared) }) })
    }

    /// Whether what is kept is still there after a restart of this process.
    #[must_use]
    pub fn outlives_restart(&self) -> bool {
        self.inner.shared.is_some()
    }

    /// Whether replicas do not share what they should, because Redis is away.
    #[must_use]
    pub fn is_degraded(&self) -> bool {
        self.inner.shared.as_ref().is_some_and(|shared| shared.lock().is_some())
    }

    /// The name for these parts.
    #[must_use]
    pub fn key(&self, kind: &'static str, parts: &[&[u8]]) -> Key {
        match &self.inner.shared {
            Some(shared) => shared.redis.key(kind, parts),
            None => self.inner.local.key(kind, parts),
        }
    }

    /// What a name holds.
    pub async fn get(&self, key: &Key) -> Option<Vec<u8>> {
        match self.ask(|redis| redis.get(key)).await {
            Some(Some(found)) => Some(found),
            // Redis may have lost what this process wrote.
            Some(None) | None => self.inner.local.get(key),
        }
    }

    /// Puts a value, whatever was there.
    pub async fn put(&self, key: &Key, value: &[u8], life: Duration) {
        self.inner.local.put(key, value, life);
        if self.ask(|redis| redis.put(key, value, life)).await.is_none() {
            self.note_unshared(key);
        }
    }

    /// Puts a value if nothing is there.
    pub async fn claim(&self, key: &Key, value: &[u8], life: Duration) -> Claim {
        // What this process wrote stands, even if Redis has lost it or never had it.
        if let Some((held, left)) = self.inner.local.held(key).filter(|_| self.inner.shared.is_some()) {
            return match self.ask(|redis| redis.claim(key, &held, left)).await {
                Some(Claim::Held(held)) => Claim::Held(held),
                // Shared again now, or for the time when Redis is back.
                Some(Claim::Taken) | None => Claim::Held(held),
            };
        }
        match self.ask(|redis| redis.claim(key, value, life)).await {
            Some(Claim::Taken) => {
                self.inner.local.put(key, value, life);
                Claim::Taken
            }
            Some(held) => held,
            None => {
                self.note_unshared(key);
                self.inner.local.claim(key, value, life)
            }
        }
    }

    /// Replaces a value, or removes it, if it is still the one expected; says whether it was.
    pub async fn exchange(&self, key: &Key, expected: &[u8], next: Option<(&[u8], Duration)>) -> bool {
        let mut agreed = self.ask(|redis| redis.exchange(key, expected, next)).await;
        if agreed == Some(false) && self.restore(key, expected).await {
            agreed = self.ask(|redis| redis.exchange(key, expected, next)).await;
        }
        match agreed {
            Some(false) => false,
            Some(true) => {
                self.inner.local.exchange(key, expected, next);
                true
            }
            None => {
                self.note_unshared(key);
                self.inner.local.exchange(key, expected, next)
            }
        }
    }

    /// Puts back what this process wrote and Redis has lost; says whether it was so.
    async fn restore(&self, key: &Key, expected: &[u8]) -> bool {
        let Some((held, left)) = self.inner.local.held(key).filter(|(held, _)| held == expected) else { return false };
        self.ask(|redis| redis.claim(key, &held, left)).await == Some(Claim::Taken)
    }

    /// Counts one more of at most so many in any window.
    ///
    /// # Errors
    /// How long until the next is free.
    pub async fn take(&self, key: &Key, quota: Quota) -> Result<(), Duration> {
        match self.ask(|redis| redis.take(key, quota)).await {
            Some(taken) => taken,
            None => self.inner.local.take(key, quota),
        }
    }

    /// Asks Redis; `None` if there is none, or if it is away.
    async fn ask<'s, T, A>(&'s self, question: impl Fn(&'s Redis) -> A) -> Option<T>
    where
        A: Future<Output = Result<T, RedisFault>>,
    {
        let shared = self.inner.shared.as_ref()?;
        if !shared.may_be_asked() {
            return None;
        }
        let mut answer = question(&shared.redis).await;
        if matches!(answer, Err(RedisFault::Lost)) {
            // A connection that was idle while Redis began anew: the next one is new. Asking twice does no harm.
            answer = question(&shared.redis).await;
        }
        if shared.note(answer.as_ref().err()) == Change::Back {
            tokio::spawn(share(Arc::clone(&self.inner)));
        }
        answer.ok()
    }

    fn note_unshared(&self, key: &Key) {
        let Some(shared) = &self.inner.shared else { return };
        let mut unshared = shared.unshared.lock().unwrap_or_else(PoisonError::into_inner);
        // As many as fit beside what they name; what is forgotten stays this process's own.
        if unshared.len() < MOST_UNSHARED {
            unshared.insert(key.clone());
        }
    }
}

/// Tells Redis what was written while it was away. What another process wrote meanwhile stands.
async fn share(inner: Arc<Inner>) {
    let Some(shared) = &inner.shared else { return };
    let keys = std::mem::take(&mut *shared.unshared.lock().unwrap_or_else(PoisonError::into_inner));
    for key in keys {
        let Some((value, left)) = inner.local.held(&key) else { continue };
        if shared.redis.claim(&key, &value, left).await.is_err() {
            // Away again: the next time.
            shared.unshared.lock().unwrap_or_else(PoisonError::into_inner).insert(key);
        }
    }
}

impl Shared {
    fn lock(&self) -> std::sync::MutexGuard<'_, Option<Instant>> {
        self.away.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// While Redis is away, one call in a while asks and the others go on without.
    fn may_be_asked(&self) -> bool {
        let mut away = self.lock();
        match away.as_mut() {
            None => true,
            Some(next) if *next <= Instant::now() => {
                *next = Instant::now() + ASK_EVERY;
                true
            }
            Some(_) => false,
        }
    }

    /// An outage is told once when it begins and once when it ends.
    fn note(&self, fault: Option<&RedisFault>) -> Change {
        let mut away = self.lock();
        match (fault, away.is_some()) {
            (Some(fault), false) => {
                *away = Some(Instant::now() + ASK_EVERY);
                tracing::error!(
                    %fault,
                    "the shared state is away: this process goes on with its own; tokens, idempotency and rates are not shared"
                );
                Change::None
            }
            (None, true) => {
                *away = None;
                tracing::info!("the shared state is back");
                Change::Back
            }
            _ => Change::None,
        }
    }
}

/// What an answer says of Redis.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Change {
    None,
    Back,
}

#[cfg(test)]
mod tests {
    use super::*;

    const KEY: &[u8] = b"0123456789abcdef0123456789abcdef";

    #[test]
    fn an_address_or_key_that_cannot_be_used_is_told() {
        assert_eq!(State::shared("http://localhost", KEY, None).err(), Some(StateError::Address));
        assert_eq!(State::shared("redis://localhost", b"short", None).err(), Some(StateError::ShortKey { found: 5 }));
    }

    #[tokio::test]
    async fn nothing_of_the_address_is_printed() {
        let state = State::shared("rediss://user:s3cr3t@redis.example.com/1", KEY, None).unwrap();
        assert!(!format!("{state:?}").contains("s3cr3t"));
    }
}
