//! How many calls may be in hand: of all services together, and of each.
//!
//! NoTransport waits for a place: whoever finds none is told at once.

use std::collections::{BTreeMap, HashMap};
use std::sync::{Arc, Mutex, PoisonError};

use tokio::sync::{OwnedSemaphorePermit, Semaphore};

use super::limits::CallLimits;

/// The places of all calls.
pub(super) struct CallPermits {
    all: Arc<Semaphore>,
    count: u32,
    /// Of each service, unless it is named below.
    each: Option<usize>,
    named: BTreeMap<String, usize>,
    services: Mutex<HashMap<Arc<str>, Arc<Semaphore>>>,
}

/// A place, held as long as the call.
pub(super) struct CallPermit {
    _all: OwnedSemaphorePermit,
    _service: Option<OwnedSemaphorePermit>,
}

/// What has no place left.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Full {
    Server,
    Service,
}

impl CallPermits {
    pub(super) fn new(limits: &CallLimits) -> Self {
        let count = u32::try_from(limits.calls).unwrap_or(u32::MAX);
        // On 32-bit machines a semaphore holds fewer than `u32::MAX`.
        let places = usize::try_from(count).unwrap_or(usize::MAX).min(Semaphore::MAX_PERMITS);
        Self {
            all: Arc::new(Semaphore::new(places)),
            count,
            each: limits.calls_per_service,
            named: limits.calls_of.clone(),
            services: Mutex::default(),
        }
    }

    pub(super) fn enter(&self, service: &Arc<str>) -> Result<CallPermit, Full> {
        let all = Arc::clone(&self.all).try_acquire_owned().map_err(|_| Full::Server)?;
        let own = match self.most_of(service) {
            None => None,
            Some(most) => Some(self.of(service, most).try_acquire_owned().map_err(|_| Full::Service)?),
        };
        Ok(CallPermit { _all: all, _service: own })
    }

    fn most_of(&self, service: &str) -> Option<usize> {
        self.named.get(service).copied().or(self.each)
    }

    fn of(&self, service: &Arc<str>, most: usize) -> Arc<Semaphore> {
        let mut services = self.services.lock().unwrap_or_else(PoisonError::into_inner);
        let places = || Arc::new(Semaphore::new(most.min(Semaphore::MAX_PERMITS)));
        Arc::clone(services.entry(Arc::clone(service)).or_insert_with(places))
    }

    /// Ends when no call is in hand.
    pub(super) async fn all_free(&self) {
        // A closed semaphore cannot be: nobody closes it.
        let _all = self.all.acquire_many(self.count).await;
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_service_that_is_full_leaves_room_for_others() {
        let limits = CallLimits {
            calls: 3,
            calls_per_service: Some(2),
            calls_of: BTreeMap::from([("slow".to_owned(), 1)]),
            ..CallLimits::default()
        };
        let (places, slow, desk) = (CallPermits::new(&limits), Arc::from("slow"), Arc::from("desk"));
        let first = places.enter(&slow).ok().unwrap();
        assert_eq!(places.enter(&slow).err(), Some(Full::Service));
        let _second = places.enter(&desk).ok().unwrap();
        let _third = places.enter(&desk).ok().unwrap();
        assert_eq!(places.enter(&desk).err(), Some(Full::Server));
        drop(first);
        assert_eq!(places.enter(&desk).err(), Some(Full::Service));
        assert!(places.enter(&slow).is_ok());
    }
}
