//! What all calls of a process share: state, tokens being fetched, requests at a time.

use std::collections::HashMap;
use std::sync::{Arc, Mutex, PoisonError};

use tokio::time::Instant;

use super::Failure;
use crate::state::{Key, State};
use crate::upstream::Concurrency;

/// Entries kept before the unused ones are let go.
const MANY: usize = 1024;

/// Shared by all calls.
#[derive(Debug)]
pub struct SharedState {
    /// Tokens, idempotency records, counts.
    pub state: State,
    /// Tells this process from others with the same state.
    pub(super) process: [u8; 16],
    flights: Mutex<HashMap<Key, Arc<Flight>>>,
    /// Requests under way, by whose limit they count against.
    pub(super) concurrency: Concurrency,
}

/// One token that may be on its way.
#[derive(Debug, Default)]
pub(super) struct Flight {
    /// Held by whoever fetches it.
    pub(super) turn: tokio::sync::Mutex<()>,
    /// The last failure, and until when nobody asks again.
    pub(super) refused: Mutex<Option<Refusal>>,
}

/// A token that was refused.
#[derive(Clone, Debug)]
pub(super) struct Refusal {
    pub(super) failure: Failure,
    pub(super) until: Instant,
    pub(super) times: u32,
}

impl SharedState {
    /// For a process with this state.
    #[must_use]
    pub fn new(state: State) -> Self {
        Self {
            state,
            process: uuid::Uuid::new_v4().into_bytes(),
            flights: Mutex::default(),
            concurrency: Concurrency::default(),
        }
    }

    /// The flight of a token.
    pub(super) fn flight(&self, key: &Key) -> Arc<Flight> {
        let mut flights = self.flights.lock().unwrap_or_else(PoisonError::into_inner);
        if flights.len() >= MANY {
            flights.retain(|_, flight| Arc::strong_count(flight) > 1 || flight.is_refused());
        }
        Arc::clone(flights.entry(key.clone()).or_default())
    }
}

impl Flight {
    fn is_refused(&self) -> bool {
        let refused = self.refused.lock().unwrap_or_else(PoisonError::into_inner);
        refused.as_ref().is_some_and(|refusal| refusal.until > Instant::now())
    }
}
