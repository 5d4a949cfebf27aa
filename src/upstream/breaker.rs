//! Circuits: a host, or one caller's requests to it, that failed again and again is not tried until a cool-down is over.
//!
//! Failures to connect open the circuit of the host, for all. Whatever comes after (no answer in time, a cut connection, 502 to 504)
//! opens that of the caller alone: an action with its credentials. Pure: no log, and the time is given.

use std::collections::HashMap;
use std::hash::{BuildHasher, RandomState};
use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::{Duration, Instant};

use super::{Answer, OutboundRequest, SendError};

/// In a row. Fewer would trip over a restart behind a load balancer, which fails a handful of requests.
const FAILURES_TO_OPEN: u32 = 10;

/// Failures further apart are separate incidents: one a day at a quiet host never opens its circuit.
const LONGEST_GAP: Duration = Duration::from_secs(30);

/// Less than a call's usual time, so that a host that is back soon costs few calls.
const FIRST_COOL_DOWN: Duration = Duration::from_secs(5);

/// A person who has repaired the service does not wait longer than this for its calls.
const LONGEST_COOL_DOWN: Duration = Duration::from_secs(60);

/// An attempt with less time than this says nothing of the host: the time left at the end of a call is often too short.
const ENOUGH_TIME: Duration = Duration::from_secs(1);

/// Only circuits with failures are kept. The names of hosts may be built from values, so there is a limit.
const MAX_CIRCUITS: usize = 1024;

/// An open circuit without a request for so long after its cool-down says nothing any more.
const FORGOTTEN_AFTER: Duration = Duration::from_secs(600);

/// A circuit with failures, for people who look at it. A circuit of one caller has the name of its host.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct HostHealth {
    /// Scheme, host and, unless it is the scheme's own, port: `https://acme.example.com`; secrets are masked.
    pub host: String,
    /// Its state.
    pub state: BreakerState,
}

/// The state of a host that failed lately.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum BreakerState {
    /// It is called.
    Closed {
        /// In a row.
        failures: u32,
    },
    /// Every attempt fails at once.
    Open {
        /// Until it is tried again, rounded up.
        seconds: u64,
    },
    /// The next attempt, or the one that is on its way, decides.
    HalfOpen,
}

/// The name of a circuit.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub(super) struct CircuitKey<'r> {
    host: &'r str,
    /// A certificate of ours that a service refuses is no sign that the host fails for others.
    identity: Option<&'r str>,
    /// The action and the credentials; `None` for the circuit of the host.
    caller: Option<u64>,
}

impl<'r> CircuitKey<'r> {
    pub(super) fn of_host(request: &'r OutboundRequest) -> Self {
        Self { host: request.host(), identity: request.identity.as_deref(), caller: None }
    }

    pub(super) fn of_caller(request: &'r OutboundRequest) -> Self {
        Self { caller: Some(request.caller), ..Self::of_host(request) }
    }
}

/// The meaning of an attempt for a circuit.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Health {
    Up,
    Down,
    /// As when the name has no address, or the time was too short.
    Unknown,
}

impl Health {
    /// Of the host: whether connections to it can be made.
    pub(super) fn of_host(sent: &Result<Answer, SendError>, connect_time: Duration) -> Self {
        match sent {
            Err(SendError::Connect) => Self::Down,
            Err(SendError::Tls(error)) if !error.may_be_ours() => Self::Down,
            Err(SendError::ConnectTimeout) if connect_time >= ENOUGH_TIME => Self::Down,
            Ok(_) | Err(SendError::TooLarge { .. } | SendError::Malformed(_) | SendError::Refused) => Self::Up,
            Err(_) => Self::Unknown,
        }
    }

    /// Of the caller's requests: whether they are answered.
    pub(super) fn of_caller(sent: &Result<Answer, SendError>, attempt_time: Duration) -> Self {
        match sent {
            Ok(answer) if matches!(answer.status, 502..=504) => Self::Down,
            Ok(_) | Err(SendError::TooLarge { .. } | SendError::Malformed(_)) => Self::Up,
            Err(SendError::Cut) => Self::Down,
            Err(SendError::Timeout) if attempt_time >= ENOUGH_TIME => Self::Down,
            Err(_) => Self::Unknown,
        }
    }
}

/// The effect of an attempt on its circuit.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Change {
    /// The circuit is open from now on.
    Opened,
    /// The attempt after the cool-down failed too; the next cool-down is this long.
    OpenedAgain(Duration),
    /// The circuit is closed again.
    Closed,
}

/// Every circuit of one kind with failures; the others need no entry.
#[derive(Debug, Default)]
pub(super) struct Breakers {
    /// By the hash of the key, so that an attempt without failures copies no name.
    circuits: Mutex<HashMap<u64, Circuit>>,
    hasher: RandomState,
    /// How many are kept: as long as there are none, no attempt waits for the lock.
    kept: AtomicUsize,
}

#[derive(Clone, Debug)]
struct Circuit {
    shown: Arc<str>,
    breaker: Breaker,
}

#[derive(Clone, Copy, Debug)]
enum Breaker {
    Closed { failures: u32, last: Instant },
    Open { until: Instant, cool_down: Duration, probing: bool },
}

/// Leave to send a request. Dropped without an end, as when the caller goes away, it changes nothing.
#[derive(Debug)]
pub(super) struct Attempt<'b> {
    breakers: &'b Breakers,
    key: CircuitKey<'b>,
    probe: bool,
}

impl Breakers {
    /// Leave to send a request, or the rest of the cool-down.
    pub(super) fn enter<'b>(&'b self, key: CircuitKey<'b>, now: Instant) -> Result<Attempt<'b>, Duration> {
        let mut probe = false;
        if self.has_no_failures() {
            return Ok(Attempt { breakers: self, key, probe });
        }
        if let Some(Breaker::Open { until, probing, .. }) =
            self.circuits().get_mut(&self.hash(key)).map(Circuit::breaker)
        {
            if now < *until {
                return Err(until.duration_since(now));
            }
            if *probing {
                // How long the probe takes is not known.
                return Err(Duration::from_secs(1));
            }
            *probing = true;
            probe = true;
        }
        Ok(Attempt { breakers: self, key, probe })
    }

    /// The circuits with failures, by host.
    pub(super) fn states(&self, now: Instant) -> Vec<HostHealth> {
        let health = |circuit: &Circuit| {
            Some(HostHealth { host: circuit.shown.to_string(), state: circuit.breaker.state(now)? })
        };
        let mut states: Vec<_> = self.circuits().values().filter_map(health).collect();
        states.sort();
        states
    }

    fn has_no_failures(&self) -> bool {
        self.kept.load(Ordering::Relaxed) == 0
    }

    fn hash(&self, key: CircuitKey<'_>) -> u64 {
        self.hasher.hash_one(key)
    }

    fn circuits(&self) -> MutexGuard<'_, HashMap<u64, Circuit>> {
        self.circuits.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Attempt<'_> {
    /// Counts how the attempt ended; `shown` is the name of the host for people. Only a probe decides over an open circuit: an
    /// attempt that began before says nothing of the time since.
    pub(super) fn end(mut self, health: Health, now: Instant, shown: &str) -> Option<Change> {
        if health == Health::Unknown || health == Health::Up && self.breakers.has_no_failures() {
            return None;
        }
        let hash = self.breakers.hash(self.key);
        let mut circuits = self.breakers.circuits();
        let known = circuits.get(&hash).map(|circuit| circuit.breaker);
        let change = match (known, health) {
            (_, Health::Unknown) => None,
            (Some(Breaker::Open { .. }), _) if !self.probe => None,
            (_, Health::Up) => {
                self.probe = false;
                circuits.remove(&hash);
                matches!(known, Some(Breaker::Open { .. })).then_some(Change::Closed)
            }
            (_, Health::Down) => {
                self.probe = false;
                let (breaker, change) = failed(known, now);
                if known.is_some() || make_room(&mut circuits, now) {
                    circuits.insert(hash, Circuit { shown: shown.into(), breaker });
                }
                change
            }
        };
        self.breakers.kept.store(circuits.len(), Ordering::Relaxed);
        change
    }
}

/// The state after one more failure.
fn failed(known: Option<Breaker>, now: Instant) -> (Breaker, Option<Change>) {
    let open = |cool_down| Breaker::Open { until: now + cool_down, cool_down, probing: false };
    let before = match known {
        Some(Breaker::Open { cool_down, .. }) => {
            let cool_down = (cool_down * 2).min(LONGEST_COOL_DOWN);
            return (open(cool_down), Some(Change::OpenedAgain(cool_down)));
        }
        Some(Breaker::Closed { failures, last }) if now.duration_since(last) <= LONGEST_GAP => failures,
        _ => 0,
    };
    if before + 1 >= FAILURES_TO_OPEN {
        return (open(FIRST_COOL_DOWN), Some(Change::Opened));
    }
    (Breaker::Closed { failures: before + 1, last: now }, None)
}

impl Drop for Attempt<'_> {
    fn drop(&mut self) {
        if !self.probe {
            return;
        }
        let hash = self.breakers.hash(self.key);
        if let Some(Breaker::Open { probing, .. }) = self.breakers.circuits().get_mut(&hash).map(Circuit::breaker) {
            *probing = false;
        }
    }
}

impl Circuit {
    fn breaker(&mut self) -> &mut Breaker {
        &mut self.breaker
    }
}

impl Breaker {
    /// `None` where nothing of it matters any more.
    fn state(&self, now: Instant) -> Option<BreakerState> {
        match *self {
            Self::Closed { last, .. } if now.duration_since(last) > LONGEST_GAP => None,
            Self::Closed { failures, .. } => Some(BreakerState::Closed { failures }),
            Self::Open { until, .. } if now < until => {
                Some(BreakerState::Open { seconds: whole_seconds(until.duration_since(now)) })
            }
            Self::Open { until, probing: false, .. } if now.duration_since(until) > FORGOTTEN_AFTER => None,
            Self::Open { .. } => Some(BreakerState::HalfOpen),
        }
    }
}

/// Whether one more circuit can be kept: idle ones are forgotten first, then the one that failed the longest ago.
fn make_room(circuits: &mut HashMap<u64, Circuit>, now: Instant) -> bool {
    if circuits.len() < MAX_CIRCUITS {
        return true;
    }
    circuits.retain(|_, circuit| circuit.breaker.state(now).is_some());
    if circuits.len() < MAX_CIRCUITS {
        return true;
    }
    let closed = circuits.iter().filter_map(|(hash, circuit)| match circuit.breaker {
        Breaker::Closed { last, .. } => Some((last, *hash)),
        Breaker::Open { .. } => None,
    });
    closed.min().is_some_and(|(_, hash)| circuits.remove(&hash).is_some())
}

/// Rounded up, so that the cool-down is over by then.
pub(super) fn whole_seconds(duration: Duration) -> u64 {
    duration.as_secs() + u64::from(duration.subsec_nanos() > 0)
}

#[cfg(test)]
#[path = "breaker_tests.rs"]
mod tests;
