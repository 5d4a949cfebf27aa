//! How many calls may be in flight: of all services together, and of each.
//!
//! A call never waits for a permit: where there is none it is refused at once.

use std::collections::{BTreeMap, HashMap};
use std::sync::{Arc, Mutex, PoisonError};

use tokio::sync::{OwnedSemaphorePermit, Semaphore};

/// The permits of all calls.
#[derive(Debug)]
pub struct CallPermits {
    all: Arc<Semaphore>,
    count: u32,
    /// Of each service, unless it is named below.
    each: Option<usize>,
    named: BTreeMap<String, usize>,
    services: Mutex<HashMap<Arc<str>, Arc<Semaphore>>>,
}

/// A permit, held as long as the call.
pub(super) struct CallPermit {
    _all: OwnedSemaphorePermit,
    _service: Option<OwnedSemaphorePermit>,
}

/// What has no permit left.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Full {
    Server,
    Service,
}

impl CallPermits {
    /// So many calls at once, so many of each service, and other numbers for services by their directory.
    #[must_use]
    pub fn new(all: usize, each: Option<usize>, named: BTreeMap<String, usize>) -> Self {
        let count = u32::try_from(all).unwrap_or(u32::MAX);
        // On 32-bit machines a semaphore holds fewer than `u32::MAX`.
        let permits = usize::try_from(count).unwrap_or(usize::MAX).min(Semaphore::MAX_PERMITS);
        Self { all: Arc::new(Semaphore::new(permits)), count, each, named, services: Mutex::default() }
    }

    pub(super) fn acquire(&self, service: &Arc<str>) -> Result<CallPermit, Full> {
        let all = Arc::clone(&self.all).try_acquire_owned().map_err(|_| Full::Server)?;
        let own = match self.named.get(&**service).copied().or(self.each) {
            None => None,
            Some(most) => Some(self.of(service, most).try_acquire_owned().map_err(|_| Full::Service)?),
        };
        Ok(CallPermit { _all: all, _service: own })
    }

    fn of(&self, service: &Arc<str>, most: usize) -> Arc<Semaphore> {
        let mut services = self.services.lock().unwrap_or_else(PoisonError::into_inner);
        let permits = || Arc::new(Semaphore::new(most.min(Semaphore::MAX_PERMITS)));
        Arc::clone(services.entry(Arc::clone(service)).or_insert_with(permits))
    }

    /// Ends when no call is in flight.
    pub(super) async fn all_free(&self) {
        // Only a closed semaphore fails, and this one is never closed.
        let _all = self.all.acquire_many(self.count).await;
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_service_that_is_full_leaves_room_for_others() {
        let named = BTreeMap::from([("slow".to_owned(), 1)]);
        let (permits, slow, desk) = (CallPermits::new(3, Some(2), named), Arc::from("slow"), Arc::from("desk"));
        let first = permits.acquire(&slow).ok().unwrap();
        assert_eq!(permits.acquire(&slow).err(), Some(Full::Service));
        let _second = permits.acquire(&desk).ok().unwrap();
        let _third = permits.acquire(&desk).ok().unwrap();
        assert_eq!(permits.acquire(&desk).err(), Some(Full::Server));
        drop(first);
        assert_eq!(permits.acquire(&desk).err(), Some(Full::Service));
        assert!(permits.acquire(&slow).is_ok());
    }
}
