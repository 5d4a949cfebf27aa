//! How many attempts are under way at once, by key: a service may allow few at a time.
//!
//! Knows neither requests nor services. The order is that of arrival; nothing is kept of a key that nobody uses.

use std::collections::{HashMap, VecDeque};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use tokio::sync::oneshot;
use tokio::time::{Instant, timeout_at};

/// Places by key. There are never more keys than callers, and the server bounds those.
#[derive(Clone, Debug, Default)]
pub struct Concurrency {
    places: Arc<Places>,
}

/// One place, free again when this is dropped.
#[must_use]
#[derive(Debug)]
pub struct Permit {
    places: Arc<Places>,
    key: Arc<str>,
}

#[derive(Debug, Default)]
struct Places(Mutex<HashMap<Arc<str>, Queue>>);

#[derive(Debug, Default)]
struct Queue {
    limit: u32,
    held: u32,
    waiting: VecDeque<(u64, oneshot::Sender<()>)>,
    next: u64,
}

/// A caller in the queue. Dropped, as when its time is up or it goes away, it leaves the queue.
struct Waiter {
    places: Arc<Places>,
    key: Arc<str>,
    number: u64,
    admitted: bool,
}

impl Concurrency {
    /// A place for `key`, of which there are `limit`; `None` when `until` comes first.
    ///
    /// The newest limit counts for everybody: a higher one lets those in who wait, a lower one takes
    /// nothing from those who are in. With 0 nobody enters.
    pub async fn enter(&self, key: &str, limit: u32, until: Instant) -> Option<Permit> {
        if Instant::now() >= until {
            return None;
        }
        let (mut waiter, turn) = self.line_up(key, limit);
        // The sender stays in the queue until it sends; were it lost, there would be no place.
        timeout_at(until, turn).await.ok()?.ok()?;
        waiter.admitted = true;
        Some(Permit { places: Arc::clone(&self.places), key: Arc::clone(&waiter.key) })
    }

    fn line_up(&self, key: &str, limit: u32) -> (Waiter, oneshot::Receiver<()>) {
        let mut queues = self.places.queues();
        let key = queues.get_key_value(key).map_or_else(|| Arc::from(key), |(key, _)| Arc::clone(key));
        let queue = queues.entry(Arc::clone(&key)).or_default();
        let (sender, turn) = oneshot::channel();
        let number = queue.next;
        queue.next += 1;
        queue.waiting.push_back((number, sender));
        queue.limit = limit;
        queue.admit();
        (Waiter { places: Arc::clone(&self.places), key, number, admitted: false }, turn)
    }
}

impl Places {
    fn queues(&self) -> MutexGuard<'_, HashMap<Arc<str>, Queue>> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Changes a queue, lets in who may now enter, and forgets the queue if nobody is left.
    fn change(&self, key: &str, change: impl FnOnce(&mut Queue)) {
        let mut queues = self.queues();
        let Some(queue) = queues.get_mut(key) else { return };
        change(queue);
        queue.admit();
        if queue.held == 0 && queue.waiting.is_empty() {
            queues.remove(key);
        }
    }
}

impl Queue {
    fn admit(&mut self) {
        while self.held < self.limit {
            let Some((_, sender)) = self.waiting.pop_front() else { return };
            self.held += 1;
            // Whoever has gone meanwhile finds itself out of the queue, and gives the place back.
            let _ = sender.send(());
        }
    }

    fn free(&mut self) {
        self.held = self.held.saturating_sub(1);
    }
}

impl Drop for Waiter {
    fn drop(&mut self) {
        if self.admitted {
            return;
        }
        self.places.change(&self.key, |queue| {
            let before = queue.waiting.len();
            queue.waiting.retain(|(number, _)| *number != self.number);
            if queue.waiting.len() == before {
                // The place was given to it, and it did not take it.
                queue.free();
            }
        });
    }
}

impl Drop for Permit {
    fn drop(&mut self) {
        self.places.change(&self.key, Queue::free);
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
        concurrency.places.queues().len()
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
