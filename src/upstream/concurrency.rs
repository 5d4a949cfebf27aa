//! How many attempts are in flight at once, by key: a service may allow few at a time.
//!
//! Knows neither requests nor services. A semaphore for each key keeps the order of arrival; nothing is kept of an unused key.

use std::collections::HashMap;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use tokio::sync::{OwnedSemaphorePermit, Semaphore};
use tokio::time::{Instant, timeout_at};

/// Limits by key. There are never more keys than callers, and the server bounds those.
#[derive(Clone, Debug, Default)]
pub struct Concurrency {
    limits: Arc<Limits>,
}

/// One attempt's permit, free again when this is dropped.
#[must_use]
#[derive(Debug)]
pub struct Permit {
    limits: Arc<Limits>,
    key: Arc<str>,
    /// Nothing while it waits.
    held: Option<OwnedSemaphorePermit>,
}

#[derive(Debug, Default)]
struct Limits(Mutex<HashMap<Arc<str>, Limit>>);

#[derive(Debug)]
struct Limit {
    permits: Arc<Semaphore>,
    size: usize,
    /// Permits held beyond a limit that was lowered: they do not come back.
    excess: usize,
}

impl Concurrency {
    /// A permit for `key`, of which there are `limit`; `None` when `until` comes first.
    ///
    /// The newest limit counts for all: a higher one admits those who wait, a lower one takes no permit away. With 0
    /// nothing is admitted.
    pub async fn enter(&self, key: &str, limit: u32, until: Instant) -> Option<Permit> {
        if Instant::now() >= until {
            return None;
        }
        let (permits, mut permit) = self.limit(key, limit);
        permit.held = Some(timeout_at(until, permits.acquire_owned()).await.ok()?.ok()?);
        Some(permit)
    }

    fn limit(&self, key: &str, size: u32) -> (Arc<Semaphore>, Permit) {
        let size = usize::try_from(size).unwrap_or(usize::MAX).min(Semaphore::MAX_PERMITS);
        let mut limits = self.limits.lock();
        let key = limits.get_key_value(key).map_or_else(|| Arc::from(key), |(key, _)| Arc::clone(key));
        let limit = limits.entry(Arc::clone(&key)).or_default();
        limit.resize(size);
        (Arc::clone(&limit.permits), Permit { limits: Arc::clone(&self.limits), key, held: None })
    }
}

impl Limits {
    fn lock(&self) -> MutexGuard<'_, HashMap<Arc<str>, Limit>> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Default for Limit {
    fn default() -> Self {
        Self { permits: Arc::new(Semaphore::new(0)), size: 0, excess: 0 }
    }
}

impl Limit {
    fn resize(&mut self, size: usize) {
        self.excess += self.size.saturating_sub(size);
        let more = size.saturating_sub(self.size);
        let kept = more.min(self.excess);
        self.permits.add_permits(more - kept);
        self.excess -= kept;
        self.excess -= self.permits.forget_permits(self.excess);
        self.size = size;
    }
}

impl Drop for Permit {
    fn drop(&mut self) {
        let mut limits = self.limits.lock();
        let Some(limit) = limits.get_mut(&self.key) else { return };
        if let Some(held) = self.held.take()
            && limit.excess > 0
        {
            limit.excess -= 1;
            held.forget();
        }
        // All other permits and those who wait for one share the semaphore.
        if Arc::strong_count(&limit.permits) == 1 {
            limits.remove(&self.key);
        }
    }
}

#[cfg(test)]
mod tests {
    use std::time::Duration;

    use super::*;

    const KEY: &str = "desk";

    fn soon() -> Instant {
        Instant::now() + Duration::from_secs(1)
    }

    fn keys(concurrency: &Concurrency) -> usize {
        concurrency.limits.lock().len()
    }

    /// Lets every task go on as far as it can.
    async fn settle() {
        for _ in 0..20 {
            tokio::task::yield_now().await;
        }
    }

    #[tokio::test(start_paused = true)]
    async fn so_many_enter_and_the_next_waits_until_its_time_is_up() {
        let concurrency = Concurrency::default();
        let (first, second) = (concurrency.enter(KEY, 2, soon()).await, concurrency.enter(KEY, 2, soon()).await);
        assert!(first.is_some() && second.is_some());
        let begun = Instant::now();
        assert!(concurrency.enter(KEY, 2, soon()).await.is_none());
        assert_eq!(begun.elapsed().as_secs(), 1);
        drop(first);
        assert!(concurrency.enter(KEY, 2, soon()).await.is_some());
    }

    #[tokio::test(start_paused = true)]
    async fn whose_time_is_up_does_not_enter() {
        assert!(Concurrency::default().enter(KEY, 1, Instant::now()).await.is_none());
    }

    #[tokio::test(start_paused = true)]
    async fn keys_do_not_wait_for_each_other() {
        let concurrency = Concurrency::default();
        let _one = concurrency.enter("one", 1, soon()).await.unwrap();
        assert!(concurrency.enter("two", 1, soon()).await.is_some());
    }

    #[tokio::test(start_paused = true)]
    async fn nothing_is_kept_of_a_key_that_nobody_uses() {
        let concurrency = Concurrency::default();
        let permit = concurrency.enter(KEY, 1, soon()).await.unwrap();
        assert!(concurrency.enter(KEY, 1, soon()).await.is_none());
        assert_eq!(keys(&concurrency), 1);
        drop(permit);
        assert_eq!(keys(&concurrency), 0);
        assert!(concurrency.enter(KEY, 0, soon()).await.is_none());
        assert_eq!(keys(&concurrency), 0);
    }

    #[tokio::test(start_paused = true)]
    async fn the_first_to_come_is_the_first_to_enter() {
        let (concurrency, order) = (Concurrency::default(), Arc::new(Mutex::new(Vec::new())));
        let held = concurrency.enter(KEY, 1, soon()).await.unwrap();
        let mut tasks = Vec::new();
        for number in 0..5 {
            let (concurrency, order) = (concurrency.clone(), Arc::clone(&order));
            tasks.push(tokio::spawn(async move {
                let _permit = concurrency.enter(KEY, 1, soon()).await.unwrap();
                order.lock().unwrap().push(number);
                tokio::task::yield_now().await;
            }));
            settle().await;
        }
        drop(held);
        for task in tasks {
            task.await.unwrap();
        }
        assert_eq!(*order.lock().unwrap(), [0, 1, 2, 3, 4]);
        assert_eq!(keys(&concurrency), 0);
    }

    #[tokio::test(start_paused = true)]
    async fn a_higher_limit_lets_those_in_who_wait() {
        let concurrency = Concurrency::default();
        let _held = concurrency.enter(KEY, 1, soon()).await.unwrap();
        let waiting = concurrency.clone();
        let waiting = tokio::spawn(async move { waiting.enter(KEY, 1, soon()).await });
        settle().await;
        let third = concurrency.enter(KEY, 3, soon()).await;
        assert!(third.is_some() && waiting.await.unwrap().is_some());
    }

    #[tokio::test(start_paused = true)]
    async fn a_lower_limit_takes_nothing_and_counts_from_now_on() {
        let concurrency = Concurrency::default();
        let mut held = Vec::new();
        for _ in 0..3 {
            held.push(concurrency.enter(KEY, 3, soon()).await.unwrap());
        }
        for _ in 0..3 {
            assert!(concurrency.enter(KEY, 1, soon()).await.is_none());
            held.pop();
        }
        assert!(concurrency.enter(KEY, 1, soon()).await.is_some());
    }

    #[tokio::test(start_paused = true)]
    async fn who_goes_away_leaves_the_queue() {
        let concurrency = Concurrency::default();
        let held = concurrency.enter(KEY, 1, soon()).await.unwrap();
        let gone = concurrency.clone();
        let gone = tokio::spawn(async move { gone.enter(KEY, 1, soon()).await.is_some() });
        settle().await;
        gone.abort();
        assert!(gone.await.is_err());
        drop(held);
        assert_eq!(keys(&concurrency), 0);
    }

    #[tokio::test(start_paused = true)]
    async fn a_place_that_is_not_taken_goes_to_the_next() {
        let concurrency = Concurrency::default();
        let held = concurrency.enter(KEY, 1, soon()).await.unwrap();
        let first = concurrency.clone();
        let first = tokio::spawn(async move { first.enter(KEY, 1, soon()).await.is_some() });
        settle().await;
        let second = concurrency.clone();
        let second = tokio::spawn(async move { second.enter(KEY, 1, soon()).await.is_some() });
        settle().await;
        // It is given the place, and goes away before it can take it.
        drop(held);
        first.abort();
        assert!(first.await.is_err());
        assert!(second.await.unwrap());
        assert_eq!(keys(&concurrency), 0);
    }

    #[tokio::test(flavor = "multi_thread", worker_threads = 4)]
    async fn the_limit_holds_in_a_crowd_that_comes_and_goes() {
        use std::sync::atomic::{AtomicUsize, Ordering};
        let (concurrency, inside) = (Concurrency::default(), Arc::new(AtomicUsize::new(0)));
        let until = Instant::now() + Duration::from_secs(60);
        let mut tasks = Vec::new();
        for number in 0..500 {
            let (concurrency, inside) = (concurrency.clone(), Arc::clone(&inside));
            let task = tokio::spawn(async move {
                let _permit = concurrency.enter(KEY, 3, until).await.unwrap();
                assert!(inside.fetch_add(1, Ordering::SeqCst) < 3);
                std::thread::yield_now();
                inside.fetch_sub(1, Ordering::SeqCst);
            });
            if number % 7 == 0 {
                task.abort();
            }
            tasks.push(task);
        }
        for task in tasks {
            match task.await {
                Ok(()) => {}
                Err(error) => assert!(error.is_cancelled(), "{error}"),
            }
        }
        assert_eq!(keys(&concurrency), 0);
    }
}
