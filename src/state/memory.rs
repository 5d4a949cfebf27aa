//! State in the memory of this process: bounded, and gone with it.

use std::collections::{BTreeSet, HashMap, VecDeque};
use std::sync::{Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use ring::hmac;
use tokio::time::Instant;

use super::{Claim, Key, Quota};

/// Values kept at most, in bytes with their names.
const DEFAULT_CAPACITY: usize = 64 * 1024 * 1024;

/// What one entry costs beside its value, as measured in a full store: the name twice, instants, table slots.
const ENTRY_OVERHEAD: usize = 330;

/// A full store tells so once in this time.
const TOLD_EVERY: Duration = Duration::from_secs(60);

/// Bytes under names, each with a lifetime.
pub struct Memory {
    secret: hmac::Key,
    capacity: usize,
    inner: Mutex<Inner>,
}

#[derive(Default)]
struct Inner {
    values: HashMap<Key, Value>,
    counts: HashMap<Key, Counted>,
    /// Both, by when they end.
    ends: BTreeSet<(Instant, Key)>,
    bytes: usize,
    told: Option<Instant>,
}

struct Value {
    bytes: Vec<u8>,
    ends: Instant,
}

struct Counted {
    times: VecDeque<Instant>,
    ends: Instant,
}

impl std::fmt::Debug for Memory {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        let inner = self.lock();
        write!(f, "Memory({} entries, {} bytes)", inner.ends.len(), inner.bytes)
    }
}

impl Default for Memory {
    fn default() -> Self {
        Self::bounded(DEFAULT_CAPACITY)
    }
}

impl Memory {
    /// A store of at most so many bytes.
    #[must_use]
    pub fn bounded(capacity: usize) -> Self {
        let (first, second) = (uuid::Uuid::new_v4(), uuid::Uuid::new_v4());
        let secret = hmac::Key::new(hmac::HMAC_SHA256, &[*first.as_bytes(), *second.as_bytes()].concat());
        Self { secret, capacity, inner: Mutex::default() }
    }

    /// The name for these parts; the same in this process only.
    #[must_use]
    pub fn key(&self, kind: &'static str, parts: &[&[u8]]) -> Key {
        Key::new(&self.secret, kind, parts)
    }

    /// What a name holds.
    #[must_use]
    pub fn get(&self, key: &Key) -> Option<Vec<u8>> {
        let inner = self.lock();
        inner.values.get(key).filter(|value| value.ends > Instant::now()).map(|value| value.bytes.clone())
    }

    /// What a name holds, and for how long yet.
    #[must_use]
    pub(super) fn held(&self, key: &Key) -> Option<(Vec<u8>, Duration)> {
        let (inner, now) = (self.lock(), Instant::now());
        let value = inner.values.get(key).filter(|value| value.ends > now)?;
        Some((value.bytes.clone(), value.ends - now))
    }

    /// Puts a value, whatever was there.
    pub fn put(&self, key: &Key, value: &[u8], life: Duration) {
        let mut inner = self.lock();
        inner.put(key, value, life);
        inner.shrink(self.capacity, key);
    }

    /// Puts a value if nothing is there.
    pub fn claim(&self, key: &Key, value: &[u8], life: Duration) -> Claim {
        let mut inner = self.lock();
        if let Some(held) = inner.values.get(key).filter(|held| held.ends > Instant::now()) {
            return Claim::Held(held.bytes.clone());
        }
        inner.put(key, value, life);
        inner.shrink(self.capacity, key);
        Claim::Taken
    }

    /// Replaces a value, or removes it, if it is still the one expected; says whether it was.
    pub fn exchange(&self, key: &Key, expected: &[u8], next: Option<(&[u8], Duration)>) -> bool {
        let mut inner = self.lock();
        let same = inner.values.get(key).is_some_and(|held| held.ends > Instant::now() && held.bytes == expected);
        if same {
            match next {
                Some((value, life)) => inner.put(key, value, life),
                None => inner.remove(key),
            }
        }
        same
    }

    /// Counts one more of at most so many in any window at the service.
    ///
    /// # Errors
    /// How long until the next is free.
    pub fn take(&self, key: &Key, quota: Quota) -> Result<(), Duration> {
        let window = quota.counted();
        let mut guard = self.lock();
        let inner = &mut *guard;
        // Read within the lock, so that the times stand in order.
        let now = Instant::now();
        let bytes = &mut inner.bytes;
        let counted = inner.counts.entry(key.clone()).or_insert_with(|| {
            *bytes += ENTRY_OVERHEAD;
            Counted { times: VecDeque::new(), ends: now }
        });
        while counted.times.front().is_some_and(|first| *first + window <= now) {
            counted.times.pop_front();
            inner.bytes = inner.bytes.saturating_sub(size_of::<Instant>());
        }
        let most = usize::try_from(quota.count).unwrap_or(usize::MAX);
        if counted.times.len() >= most {
            // After a change of the quota more than one may have to leave.
            let leaving = counted.times.len() - most;
            let free = counted.times.get(leaving).map_or(now, |first| *first + window);
            return Err(free.saturating_duration_since(now));
        }
        counted.times.push_back(now);
        let before = std::mem::replace(&mut counted.ends, now + window);
        let after = counted.ends;
        inner.ends.remove(&(before, key.clone()));
        inner.ends.insert((after, key.clone()));
        inner.bytes += size_of::<Instant>();
        inner.shrink(self.capacity, key);
        Ok(())
    }

    fn lock(&self) -> MutexGuard<'_, Inner> {
        self.inner.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Inner {
    fn put(&mut self, key: &Key, value: &[u8], life: Duration) {
        self.remove(key);
        let ends = Instant::now() + life;
        self.bytes += value.len() + ENTRY_OVERHEAD;
        self.values.insert(key.clone(), Value { bytes: value.to_vec(), ends });
        self.ends.insert((ends, key.clone()));
    }

    fn remove(&mut self, key: &Key) {
        if let Some(value) = self.values.remove(key) {
            self.bytes = self.bytes.saturating_sub(value.bytes.len() + ENTRY_OVERHEAD);
            self.ends.remove(&(value.ends, key.clone()));
        }
        if let Some(counted) = self.counts.remove(key) {
            let cost = counted.times.len() * size_of::<Instant>() + ENTRY_OVERHEAD;
            self.bytes = self.bytes.saturating_sub(cost);
            self.ends.remove(&(counted.ends, key.clone()));
        }
    }

    /// Lets go of what has ended, and, if that is not enough, of what ends soonest; never of `newest`,
    /// which its owner counts on.
    fn shrink(&mut self, capacity: usize, newest: &Key) {
        let now = Instant::now();
        while let Some((ends, key)) = self.ends.iter().find(|(_, key)| key != newest).cloned() {
            if ends > now && self.bytes <= capacity {
                return;
            }
            if ends > now && self.told.is_none_or(|told| told + TOLD_EVERY <= now) {
                self.told = Some(now);
                tracing::warn!(capacity, "the state is full: what ends soonest is forgotten early");
            }
            self.ends.remove(&(ends, key.clone()));
            self.remove(&key);
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const LIFE: Duration = Duration::from_secs(10);

    fn key(memory: &Memory, name: &str) -> Key {
        memory.key("test", &[name.as_bytes()])
    }

    #[test]
    fn parts_of_a_name_do_not_run_together() {
        let memory = Memory::default();
        assert_ne!(memory.key("t", &[b"ab", b"c"]), memory.key("t", &[b"a", b"bc"]));
        assert_ne!(memory.key("t", &[b"a"]), Memory::default().key("t", &[b"a"]));
    }

    #[tokio::test(start_paused = true)]
    async fn a_value_ends_with_its_life() {
        let memory = Memory::default();
        let name = key(&memory, "a");
        memory.put(&name, b"1", LIFE);
        assert_eq!(memory.get(&name).as_deref(), Some(&b"1"[..]));
        tokio::time::advance(LIFE).await;
        assert_eq!(memory.get(&name), None);
        assert!(!memory.exchange(&name, b"1", None), "it is not there any more");
        assert_eq!(memory.claim(&name, b"2", LIFE), Claim::Taken);
    }

    #[tokio::test(start_paused = true)]
    async fn a_name_is_claimed_once() {
        let memory = Memory::default();
        let name = key(&memory, "a");
        assert_eq!(memory.claim(&name, b"1", LIFE), Claim::Taken);
        assert_eq!(memory.claim(&name, b"2", LIFE), Claim::Held(b"1".to_vec()));
        assert!(!memory.exchange(&name, b"2", None));
        assert!(memory.exchange(&name, b"1", Some((b"3", LIFE))));
        assert!(memory.exchange(&name, b"3", None));
        assert_eq!(memory.claim(&name, b"2", LIFE), Claim::Taken);
    }

    #[tokio::test(start_paused = true)]
    async fn no_window_holds_more_than_the_quota() {
        let memory = Memory::default();
        let name = key(&memory, "a");
        let quota = Quota { count: 3, window: LIFE };
        let step = Duration::from_secs(1);
        let mut taken = Vec::new();
        for second in 0..60 {
            if memory.take(&name, quota).is_ok() {
                taken.push(second);
            }
            tokio::time::advance(step).await;
        }
        assert!(taken.windows(4).all(|four| four[3] - four[0] > 10), "{taken:?}");
        assert_eq!(taken.len(), 18);
    }

    /// Each request reaches its service 0 to 30 ms after it was counted.
    #[tokio::test(start_paused = true)]
    async fn no_window_at_the_service_holds_more_than_the_quota() {
        let memory = Memory::default();
        let (name, window) = (key(&memory, "a"), Duration::from_secs(1));
        let begun = Instant::now();
        let mut arrived = Vec::new();
        for number in 0..400_u64 {
            while let Err(wait) = memory.take(&name, Quota { count: 20, window }) {
                tokio::time::advance(wait).await;
            }
            arrived.push(begun.elapsed() + Duration::from_millis(number * 17 % 31));
        }
        arrived.sort_unstable();
        assert!(arrived.windows(21).all(|burst| burst[20] - burst[0] > window), "{arrived:?}");
        assert!(begun.elapsed() < 20 * (window + Duration::from_millis(60)));
    }

    #[tokio::test(start_paused = true)]
    async fn a_full_quota_says_when_the_next_is_free() {
        let memory = Memory::default();
        let name = key(&memory, "a");
        let quota = Quota { count: 1, window: LIFE };
        assert_eq!(memory.take(&name, quota), Ok(()));
        tokio::time::advance(Duration::from_secs(4)).await;
        assert_eq!(memory.take(&name, quota), Err(Duration::from_millis(6050)));
    }

    #[tokio::test(start_paused = true)]
    async fn what_is_no_longer_counted_costs_nothing() {
        let memory = Memory::default();
        let (name, quota) = (key(&memory, "a"), Quota { count: 2, window: LIFE });
        for _ in 0..1000 {
            let _ = memory.take(&name, quota);
            tokio::time::advance(Duration::from_secs(6)).await;
        }
        assert!(memory.lock().bytes <= ENTRY_OVERHEAD + 2 * size_of::<Instant>(), "{}", memory.lock().bytes);
    }

    #[tokio::test(start_paused = true)]
    async fn many_counted_names_are_bounded_too() {
        let memory = Memory::bounded(100 * ENTRY_OVERHEAD);
        for name in 0..1000_u32 {
            let _ = memory.take(&memory.key("test", &[&name.to_be_bytes()]), Quota { count: 1, window: LIFE });
        }
        assert!(memory.lock().counts.len() <= 100);
    }

    #[tokio::test(start_paused = true)]
    async fn what_is_claimed_is_there_even_in_a_full_store() {
        let memory = Memory::bounded(2 * (ENTRY_OVERHEAD + 1));
        for (name, seconds) in [("a", 30), ("b", 40)] {
            memory.put(&key(&memory, name), b"1", Duration::from_secs(seconds));
        }
        let name = key(&memory, "c");
        assert_eq!(memory.claim(&name, b"1", Duration::from_secs(5)), Claim::Taken);
        assert_eq!(memory.claim(&name, b"2", Duration::from_secs(5)), Claim::Held(b"1".to_vec()));
        assert_eq!(memory.get(&key(&memory, "a")), None);
    }

    #[tokio::test(start_paused = true)]
    async fn a_full_store_forgets_what_ends_soonest() {
        let memory = Memory::bounded(3 * (ENTRY_OVERHEAD + 100));
        for (name, seconds) in [("a", 30), ("b", 10), ("c", 20), ("d", 40)] {
            memory.put(&key(&memory, name), &[0; 100], Duration::from_secs(seconds));
        }
        let there: Vec<bool> =
            ["a", "b", "c", "d"].iter().map(|name| memory.get(&key(&memory, name)).is_some()).collect();
        assert_eq!(there, [true, false, true, true]);
        assert!(memory.lock().bytes <= memory.capacity);
    }
}
