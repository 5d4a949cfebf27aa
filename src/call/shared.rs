//! What all calls of a process share: state, tokens being fetched, requests at a time.

use std::collections::HashMap;
use std::hash::RandomState;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use tokio::time::Instant;

use super::Failure;
use crate::state::{Key, State};
use crate::upstream::Concurrency;

/// Entries kept before the unused ones are dropped.
const MANY: usize = 1024;

/// After a refusal the token endpoint is not asked for so long; it doubles with each refusal that follows.
const FIRST_PAUSE: Duration = Duration::from_secs(1);
const LONGEST_PAUSE: Duration = Duration::from_secs(30);

/// Shared by all calls.
#[derive(Debug)]
pub struct SharedState {
    /// Tokens, idempotency records, counts.
    pub state: State,
    /// Hashes callers, under a key of the process: a tenant cannot choose credentials that clash with another's.
    pub(super) hashes: RandomState,
    /// Distinguishes this process from others with the same state.
    pub(super) process: [u8; 16],
    flights: Mutex<HashMap<Key, Arc<SingleFlight>>>,
    /// Requests under way, by whose limit they count against.
    pub(super) concurrency: Concurrency,
}

/// One token that may be on its way.
#[derive(Debug, Default)]
pub(super) struct SingleFlight {
    /// Held by the one call, or renewal, that fetches it.
    pub(super) lock: Arc<tokio::sync::Mutex<()>>,
    refusal: Mutex<Option<Refusal>>,
    /// How the last fetch failed without an answer, and how many have; for the calls that waited for it.
    unanswered: Mutex<(u64, Option<Failure>)>,
}

/// The token endpoint's own refusal, and until when it is not asked again.
#[derive(Clone, Debug)]
struct Refusal {
    failure: Failure,
    until: Instant,
    times: u32,
}

impl SharedState {
    /// For a process with this state.
    #[must_use]
    pub fn new(state: State) -> Self {
        Self {
            state,
            hashes: RandomState::new(),
            process: uuid::Uuid::new_v4().into_bytes(),
            flights: Mutex::default(),
            concurrency: Concurrency::default(),
        }
    }

    /// The single flight of a token.
    pub(super) fn single_flight(&self, key: &Key) -> Arc<SingleFlight> {
        let mut flights = self.flights.lock().unwrap_or_else(PoisonError::into_inner);
        if flights.len() >= MANY {
            flights.retain(|_, flight| Arc::strong_count(flight) > 1 || flight.refusal().is_some());
        }
        Arc::clone(flights.entry(key.clone()).or_default())
    }
}

impl SingleFlight {
    /// The refusal that still holds; masked when it was made.
    pub(super) fn refusal(&self) -> Option<Failure> {
        self.known().as_ref().filter(|refusal| refusal.until > Instant::now()).map(|refusal| refusal.failure.clone())
    }

    /// Remembers a refusal: the endpoint is not asked again at once.
    pub(super) fn refuse(&self, failure: Failure) {
        let mut known = self.known();
        let times = known.as_ref().map_or(0, |refusal| refusal.times);
        let pause = FIRST_PAUSE.saturating_mul(2_u32.saturating_pow(times)).min(LONGEST_PAUSE);
        *known = Some(Refusal { failure, until: Instant::now() + pause, times: times.saturating_add(1) });
    }

    /// How many fetches have failed without an answer.
    pub(super) fn unanswered(&self) -> u64 {
        self.unanswered.lock().unwrap_or_else(PoisonError::into_inner).0
    }

    /// A fetch failed without an answer; the calls that wait for it fail with it, later ones ask anew.
    pub(super) fn note_unanswered(&self, failure: Failure) {
        let mut unanswered = self.unanswered.lock().unwrap_or_else(PoisonError::into_inner);
        *unanswered = (unanswered.0 + 1, Some(failure));
    }

    /// The failure of a fetch that a call has waited for, by what [`Self::unanswered`] said before.
    pub(super) fn failed_since(&self, before: u64) -> Option<Failure> {
        let unanswered = self.unanswered.lock().unwrap_or_else(PoisonError::into_inner);
        unanswered.1.clone().filter(|_| unanswered.0 > before)
    }

    /// A token was had.
    pub(super) fn forget_refusal(&self) {
        *self.known() = None;
    }

    fn known(&self) -> MutexGuard<'_, Option<Refusal>> {
        self.refusal.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

#[cfg(test)]
mod tests {
    use tokio::time::advance;

    use super::*;
    use crate::call::FailureKind;
    use crate::secret::Masked;

    fn refused() -> Failure {
        Failure::new(FailureKind::Auth, Masked::fixed("refused"))
    }

    #[tokio::test(start_paused = true)]
    async fn what_is_used_or_refused_is_not_forgotten_for_others() {
        let shared = SharedState::new(State::memory());
        let flight = |number: usize| shared.single_flight(&shared.state.key("token", &[&number.to_be_bytes()]));
        let used = flight(0);
        flight(1).refuse(refused());
        for number in 2..=MANY {
            flight(number);
        }
        assert_eq!(shared.flights.lock().unwrap().len(), 3, "those two, and the newest");
        assert!(Arc::ptr_eq(&used, &flight(0)));
        assert!(flight(1).refusal().is_some());
    }

    #[tokio::test(start_paused = true)]
    async fn the_pause_after_refusals_doubles_up_to_half_a_minute() {
        let (flight, moment) = (SingleFlight::default(), Duration::from_millis(1));
        for seconds in [1, 2, 4, 8, 16, 30, 30] {
            flight.refuse(refused());
            advance(Duration::from_secs(seconds) - moment).await;
            assert!(flight.refusal().is_some(), "{seconds}");
            advance(moment).await;
            assert!(flight.refusal().is_none(), "{seconds}");
        }
        flight.forget_refusal();
        flight.refuse(refused());
        advance(FIRST_PAUSE).await;
        assert!(flight.refusal().is_none(), "after a token the pauses begin anew");
    }
}
