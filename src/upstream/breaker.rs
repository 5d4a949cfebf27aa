//! Leaves a host alone that is down: its callers are told at once, and it can come up without a crowd at the door.
//!
//! Pure: no clock and no log. It is told the time, and says what changed.

use std::collections::HashMap;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::{Mutex, MutexGuard, PoisonError};
use std::time::{Duration, Instant};

use super::{Answer, SendError};

/// In a row. Fewer would trip over a restart behind a load balancer, which fails a handful of requests.
const FAILURES_TO_OPEN: u32 = 10;

/// Failures further apart are separate incidents: a quiet host may not add one a day until it is left alone.
const LONGEST_GAP: Duration = Duration::from_secs(30);

/// Less than a call's usual time, so that a host that is back soon costs few calls.
const FIRST_REST: Duration = Duration::from_secs(5);

/// A person who has repaired the service does not wait longer than this for its calls.
const LONGEST_REST: Duration = Duration::from_secs(60);

/// An attempt with less time than this says nothing of the host: what is left at the end of a call is often too short.
const ENOUGH_TIME: Duration = Duration::from_secs(1);

/// Only hosts in trouble are kept. Their names may be built from values, so there is a limit.
const MAX_HOSTS: usize = 1024;

/// A host that nobody called for so long after its rest was over is no longer known to be down.
const FORGOTTEN_AFTER: Duration = Duration::from_secs(600);

/// How a host in trouble stands, for people who look at it.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct HostHealth {
    /// Scheme, host and, unless it is the scheme's own, port: `https://acme.example.com`.
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

/// What an attempt says of its host.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Health {
    Up,
    Down,
    /// As when the name has no address, or the time was too short.
    Unknown,
}

impl Health {
    /// As shown by an attempt that had so much time.
    pub(super) fn shown_by(sent: &Result<Answer, SendError>, time: Duration) -> Self {
        match sent {
            Ok(answer) if matches!(answer.status, 502..=504) => Self::Down,
            // Whatever it answers, it answers.
            Ok(_) | Err(SendError::TooLarge { .. } | SendError::Malformed(_)) => Self::Up,
            Err(SendError::Connect | SendError::Tls(_) | SendError::Cut) => Self::Down,
            Err(SendError::Timeout | SendError::ConnectTimeout) if time >= ENOUGH_TIME => Self::Down,
            Err(_) => Self::Unknown,
        }
    }
}

/// What an attempt changed.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Change {
    /// The host is left alone from now on.
    Opened,
    /// The host is still down, and is left alone for this long.
    OpenedAgain(Duration),
    /// The host is back.
    Closed,
}

/// Every host in trouble; the others need no entry.
#[derive(Debug, Default)]
pub(super) struct Breakers {
    hosts: Mutex<HashMap<String, Breaker>>,
    /// How many hosts are kept, so that as long as none is in trouble nobody waits for the lock.
    kept: AtomicUsize,
}

#[derive(Clone, Copy, Debug)]
enum Breaker {
    Closed { failures: u32, last: Instant },
    Open { until: Instant, rest: Duration, probing: bool },
}

/// Leave to try a host. Dropped without an end, as when the caller goes away, it says nothing of the host.
#[derive(Debug)]
pub(super) struct Attempt<'b> {
    breakers: &'b Breakers,
    host: &'b str,
    probe: bool,
}

impl Breakers {
    /// Leave to try a host, or the time that it is still left alone.
    pub(super) fn enter<'b>(&'b self, host: &'b str, now: Instant) -> Result<Attempt<'b>, Duration> {
        let mut probe = false;
        if self.all_is_well() {
            return Ok(Attempt { breakers: self, host, probe });
        }
        if let Some(Breaker::Open { until, probing, .. }) = self.hosts().get_mut(host) {
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
        Ok(Attempt { breakers: self, host, probe })
    }

    /// The hosts in trouble, by name.
    pub(super) fn states(&self, now: Instant) -> Vec<HostHealth> {
        let health =
            |(host, breaker): (&String, &Breaker)| Some(HostHealth { host: host.clone(), state: breaker.state(now)? });
        let mut states: Vec<_> = self.hosts().iter().filter_map(health).collect();
        states.sort();
        states
    }

    fn all_is_well(&self) -> bool {
        self.kept.load(Ordering::Relaxed) == 0
    }

    fn hosts(&self) -> MutexGuard<'_, HashMap<String, Breaker>> {
        self.hosts.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Attempt<'_> {
    /// Tells how the attempt ended. Only a probe decides over a host that is left alone: what was under way
    /// before tells of a time before.
    pub(super) fn end(mut self, health: Health, now: Instant) -> Option<Change> {
        if health == Health::Unknown || health == Health::Up && self.breakers.all_is_well() {
            return None;
        }
        let mut hosts = self.breakers.hosts();
        let known = hosts.get(self.host).copied();
        let change = match (known, health) {
            (_, Health::Unknown) => None,
            (Some(Breaker::Open { .. }), _) if !self.probe => None,
            (Some(Breaker::Open { .. }), Health::Up) => {
                self.probe = false;
                hosts.remove(self.host);
                Some(Change::Closed)
            }
            (Some(Breaker::Open { rest, .. }), Health::Down) => {
                self.probe = false;
                let rest = (rest * 2).min(LONGEST_REST);
                hosts.insert(self.host.to_owned(), Breaker::Open { until: now + rest, rest, probing: false });
                Some(Change::OpenedAgain(rest))
            }
            (_, Health::Up) => {
                hosts.remove(self.host);
                None
            }
            (_, Health::Down) => {
                let before = match known {
                    Some(Breaker::Closed { failures, last }) if now.duration_since(last) <= LONGEST_GAP => failures,
                    _ => 0,
                };
                let (breaker, change) = if before + 1 >= FAILURES_TO_OPEN {
                    (Breaker::Open { until: now + FIRST_REST, rest: FIRST_REST, probing: false }, Some(Change::Opened))
                } else {
                    (Breaker::Closed { failures: before + 1, last: now }, None)
                };
                if known.is_some() || make_room(&mut hosts, now) {
                    hosts.insert(self.host.to_owned(), breaker);
                }
                change
            }
        };
        self.breakers.kept.store(hosts.len(), Ordering::Relaxed);
        change
    }
}

impl Drop for Attempt<'_> {
    fn drop(&mut self) {
        if !self.probe {
            return;
        }
        if let Some(Breaker::Open { probing, .. }) = self.breakers.hosts().get_mut(self.host) {
            *probing = false;
        }
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

/// Whether one more host can be kept: the idle ones are forgotten first, then the one that failed the longest ago.
fn make_room(hosts: &mut HashMap<String, Breaker>, now: Instant) -> bool {
    if hosts.len() < MAX_HOSTS {
        return true;
    }
    hosts.retain(|_, breaker| breaker.state(now).is_some());
    if hosts.len() < MAX_HOSTS {
        return true;
    }
    let closed = hosts.iter().filter_map(|(host, breaker)| match breaker {
        Breaker::Closed { last, .. } => Some((*last, host.clone())),
        Breaker::Open { .. } => None,
    });
    closed.min().is_some_and(|(_, host)| hosts.remove(&host).is_some())
}

/// Rounded up: what is told to wait for is over by then.
pub(super) fn whole_seconds(duration: Duration) -> u64 {
    duration.as_secs() + u64::from(duration.subsec_nanos() > 0)
}

#[cfg(test)]
#[path = "breaker_tests.rs"]
mod tests;
