//! One call's account of time, bytes, steps and requests: everything over data is charged to it, where it is done.
//!
//! Counts and refuses; it stops nothing by itself. One thread at a time works on a call, so what is charged is loaded,
//! added and stored: no counter is changed by two threads at once.

use std::sync::atomic::{AtomicU32, AtomicU64, Ordering};
use std::time::Duration;

use thiserror::Error;
use tokio::time::Instant;

const MIB: u64 = 1024 * 1024;

/// A year: further than any call goes.
const FAR: Duration = Duration::from_secs(365 * 24 * 60 * 60);

/// The clock is looked at once for so much work.
const LOOK_EVERY: Stretch = Stretch { steps: 4096, bytes: 64 * 1024 };

/// What one call may take.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct BudgetBounds {
    /// Bytes built or read.
    pub bytes: u64,
    /// Nodes visited, or 64 bytes compared.
    pub steps: u64,
    /// Requests sent.
    pub requests: u32,
}

impl Default for BudgetBounds {
    /// 32 MiB, 2 million steps, 500 requests.
    fn default() -> Self {
        Self { bytes: 32 * MIB, steps: 2_000_000, requests: 500 }
    }
}

/// Work that is done without a pause.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Stretch {
    /// Nodes visited, or 64 bytes compared.
    pub steps: u64,
    /// Bytes built or read.
    pub bytes: u64,
}

impl Stretch {
    /// A hundredth of a call's steps, and less of its bytes: the whole of either took less than 0.7 s with each kind of
    /// work that was measured, so this takes less than 10 ms.
    pub const SHORT: Self = Self { steps: 20_000, bytes: 256 * 1024 };
}

/// Why work may not go on.
#[derive(Clone, Copy, Debug, Error, PartialEq, Eq)]
pub enum Exhausted {
    /// More steps than these.
    #[error("more than {} of work in one call", Steps(*.0))]
    Steps(u64),
    /// More bytes than these.
    #[error("more than {} built or read in one call", Bytes(*.0))]
    Bytes(u64),
    /// More requests than these.
    #[error("more than {0} requests in one call")]
    Requests(u32),
    /// The deadline has passed.
    #[error("the call's time is over")]
    Time,
    /// The stretch is over; the work may be started again in another place.
    #[error("more work than is done at a stretch")]
    Stretch,
}

/// Steps in words.
struct Steps(u64);

impl std::fmt::Display for Steps {
    fn fmt(&self, out: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        match self.0 {
            steps if steps > 0 && steps.is_multiple_of(1_000_000) => write!(out, "{} million steps", steps / 1_000_000),
            steps => write!(out, "{steps} steps"),
        }
    }
}

/// A size in words.
struct Bytes(u64);

impl std::fmt::Display for Bytes {
    fn fmt(&self, out: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        match self.0 {
            bytes if bytes > 0 && bytes.is_multiple_of(MIB) => write!(out, "{} MiB", bytes / MIB),
            bytes if bytes > 0 && bytes.is_multiple_of(1024) => write!(out, "{} KiB", bytes / 1024),
            bytes => write!(out, "{bytes} bytes"),
        }
    }
}

/// A state of the account that work can be started again from.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Mark {
    steps: u64,
    bytes: u64,
}

impl Mark {
    /// Steps charged up to it.
    #[must_use]
    pub fn steps(self) -> u64 {
        self.steps
    }

    /// Bytes charged up to it.
    #[must_use]
    pub fn bytes(self) -> u64 {
        self.bytes
    }
}

/// The account of one call.
#[derive(Debug)]
pub struct Budget {
    bounds: BudgetBounds,
    /// Absent where time does not end.
    until: Option<Instant>,
    steps: Counter,
    bytes: Counter,
    requests: AtomicU32,
}

/// What has been charged of one kind, and how far it may go before something must be looked at.
#[derive(Debug)]
struct Counter {
    charged: AtomicU64,
    /// The least of the bound, the end of the stretch and the next look at the clock.
    free_to: AtomicU64,
    stretch_ends: AtomicU64,
}

impl Counter {
    const fn new(free_to: u64) -> Self {
        Self { charged: AtomicU64::new(0), free_to: AtomicU64::new(free_to), stretch_ends: AtomicU64::new(u64::MAX) }
    }

    fn charged(&self) -> u64 {
        self.charged.load(Ordering::Relaxed)
    }

    fn free_to(&self) -> u64 {
        self.free_to.load(Ordering::Relaxed)
    }

    fn stretch_ends(&self) -> u64 {
        self.stretch_ends.load(Ordering::Relaxed)
    }

    fn begin_stretch(&self, longest: Option<u64>) {
        let ends = longest.map_or(u64::MAX, |longest| self.charged().saturating_add(longest));
        self.stretch_ends.store(ends, Ordering::Relaxed);
        self.look_again();
    }

    fn reset(&self, charged: u64) {
        self.charged.store(charged, Ordering::Relaxed);
        self.look_again();
    }

    /// So much is free until the next look.
    fn go_on(&self, bound: u64, look_every: u64) {
        let free = self.charged().saturating_add(look_every).min(bound).min(self.stretch_ends());
        self.free_to.store(free, Ordering::Relaxed);
    }

    /// The next charge looks at bound, stretch and clock.
    fn look_again(&self) {
        self.free_to.store(0, Ordering::Relaxed);
    }
}

impl Budget {
    /// A new account.
    #[must_use]
    pub fn new(bounds: BudgetBounds, until: Instant) -> Self {
        Self { until: Some(until), ..Self::within(bounds, 0) }
    }

    /// An account without bounds: for what serves no call.
    #[must_use]
    pub const fn unlimited() -> Self {
        Self::within(BudgetBounds { bytes: u64::MAX, steps: u64::MAX, requests: u32::MAX }, u64::MAX)
    }

    const fn within(bounds: BudgetBounds, free_to: u64) -> Self {
        let (steps, bytes) = (Counter::new(free_to), Counter::new(free_to));
        Self { bounds, until: None, steps, bytes, requests: AtomicU32::new(0) }
    }

    /// The deadline.
    #[must_use]
    pub fn until(&self) -> Instant {
        self.until.unwrap_or_else(|| Instant::now() + FAR)
    }

    /// The time until the deadline.
    #[must_use]
    pub fn time_left(&self) -> Duration {
        self.until().saturating_duration_since(Instant::now())
    }

    /// Charges work: a node, or 64 bytes compared, is a step.
    ///
    /// # Errors
    /// More than the call, or the stretch, may take; the deadline, which is looked at every few thousand steps.
    #[inline]
    pub fn charge_steps(&self, steps: usize) -> Result<(), Exhausted> {
        let charged = self.steps.charged().saturating_add(u64::try_from(steps).unwrap_or(u64::MAX));
        self.steps.charged.store(charged, Ordering::Relaxed);
        if charged <= self.steps.free_to() {
            return Ok(());
        }
        self.look_at_steps()
    }

    /// Charges bytes that are built or read.
    ///
    /// # Errors
    /// More than the call, or the stretch, may take; the deadline, which is looked at every 64 KiB.
    #[inline]
    pub fn charge_bytes(&self, bytes: usize) -> Result<(), Exhausted> {
        let charged = self.bytes.charged().saturating_add(u64::try_from(bytes).unwrap_or(u64::MAX));
        self.bytes.charged.store(charged, Ordering::Relaxed);
        if charged <= self.bytes.free_to() {
            return Ok(());
        }
        self.look_at_bytes()
    }

    /// Whether so many bytes could be charged now; charges none. For what is charged by its result, when that may be
    /// far larger than what it is made of.
    ///
    /// # Errors
    /// As [`Self::charge_bytes`].
    pub fn afford_bytes(&self, bytes: usize) -> Result<(), Exhausted> {
        let charged = self.bytes.charged().saturating_add(u64::try_from(bytes).unwrap_or(u64::MAX));
        if charged <= self.bytes.free_to() {
            return Ok(());
        }
        self.refuse(charged, &self.bytes, self.bounds.bytes, Exhausted::Bytes)
    }

    /// Charges a request that is sent.
    ///
    /// # Errors
    /// More than the call may send; the deadline.
    pub fn charge_request(&self) -> Result<(), Exhausted> {
        let requests = self.requests.load(Ordering::Relaxed).saturating_add(1);
        self.requests.store(requests, Ordering::Relaxed);
        match requests > self.bounds.requests {
            true => Err(Exhausted::Requests(self.bounds.requests)),
            false => self.in_time(),
        }
    }

    /// Bounds the pure work that is done before the next call of this function: charges beyond it fail with
    /// [`Exhausted::Stretch`], so that the work can be started again in another place. `None` lifts it.
    pub fn begin_stretch(&self, longest: Option<Stretch>) {
        self.steps.begin_stretch(longest.map(|longest| longest.steps));
        self.bytes.begin_stretch(longest.map(|longest| longest.bytes));
    }

    /// What has been charged so far.
    #[must_use]
    pub fn mark(&self) -> Mark {
        Mark { steps: self.steps.charged(), bytes: self.bytes.charged() }
    }

    /// Gives back the steps and bytes charged since, for work that is started again. A request that was sent stays charged.
    pub fn reset(&self, mark: Mark) {
        self.steps.reset(mark.steps);
        self.bytes.reset(mark.bytes);
    }

    #[cold]
    fn look_at_steps(&self) -> Result<(), Exhausted> {
        self.refuse(self.steps.charged(), &self.steps, self.bounds.steps, Exhausted::Steps)?;
        self.steps.go_on(self.bounds.steps, LOOK_EVERY.steps);
        Ok(())
    }

    #[cold]
    fn look_at_bytes(&self) -> Result<(), Exhausted> {
        self.refuse(self.bytes.charged(), &self.bytes, self.bounds.bytes, Exhausted::Bytes)?;
        self.bytes.go_on(self.bounds.bytes, LOOK_EVERY.bytes);
        Ok(())
    }

    /// Bound, stretch and clock.
    fn refuse(&self, charged: u64, counter: &Counter, bound: u64, over: fn(u64) -> Exhausted) -> Result<(), Exhausted> {
        if charged > bound {
            return Err(over(bound));
        }
        if charged > counter.stretch_ends() {
            return Err(Exhausted::Stretch);
        }
        self.in_time()
    }

    fn in_time(&self) -> Result<(), Exhausted> {
        match self.until {
            Some(until) if Instant::now() >= until => Err(Exhausted::Time),
            _ => Ok(()),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn budget() -> Budget {
        Budget::new(BudgetBounds { bytes: 1 << 20, steps: 10_000, requests: 2 }, Instant::now() + FAR)
    }

    #[test]
    fn each_kind_ends_at_its_bound() {
        let budget = budget();
        assert_eq!(budget.charge_steps(10_000), Ok(()));
        assert_eq!(budget.charge_steps(1), Err(Exhausted::Steps(10_000)));
        assert_eq!(budget.charge_steps(0), Err(Exhausted::Steps(10_000)));
        assert_eq!(budget.charge_bytes(1 << 20), Ok(()));
        assert_eq!(budget.charge_bytes(usize::MAX), Err(Exhausted::Bytes(1 << 20)));
        assert_eq!([budget.charge_request(), budget.charge_request()], [Ok(()), Ok(())]);
        assert_eq!(budget.charge_request(), Err(Exhausted::Requests(2)));
    }

    #[test]
    fn small_charges_add_up() {
        let budget = budget();
        let refused = (0..20_000).find(|_| budget.charge_steps(1).is_err());
        assert_eq!(refused, Some(10_000));
    }

    #[test]
    fn a_deadline_that_has_passed_ends_work() {
        let budget = Budget::new(BudgetBounds::default(), Instant::now());
        assert_eq!(budget.charge_steps(1), Err(Exhausted::Time));
        assert_eq!(budget.charge_bytes(1), Err(Exhausted::Time));
        assert_eq!(budget.charge_request(), Err(Exhausted::Time));
        assert_eq!(budget.time_left(), Duration::ZERO);
    }

    #[tokio::test(start_paused = true)]
    async fn the_clock_is_looked_at_again_and_again() {
        let budget = Budget::new(BudgetBounds::default(), Instant::now() + Duration::from_secs(1));
        assert_eq!((budget.charge_steps(1), budget.charge_bytes(1)), (Ok(()), Ok(())));
        tokio::time::advance(Duration::from_secs(2)).await;
        let steps = (0..LOOK_EVERY.steps + 1).find_map(|_| budget.charge_steps(1).err());
        let bytes = (0..LOOK_EVERY.bytes + 1).find_map(|_| budget.charge_bytes(1).err());
        assert_eq!((steps, bytes), (Some(Exhausted::Time), Some(Exhausted::Time)));
    }

    #[test]
    fn work_beyond_a_stretch_can_begin_anew() {
        let budget = budget();
        assert_eq!(budget.charge_steps(9_000), Ok(()));
        budget.begin_stretch(Some(Stretch { steps: 100, bytes: 100 }));
        let mark = budget.mark();
        assert_eq!((budget.charge_steps(100), budget.charge_bytes(100)), (Ok(()), Ok(())));
        assert_eq!(budget.charge_bytes(1), Err(Exhausted::Stretch));
        assert_eq!(budget.charge_steps(1), Err(Exhausted::Stretch));
        budget.reset(mark);
        budget.begin_stretch(None);
        assert_eq!(budget.charge_steps(1_000), Ok(()));
        assert_eq!(budget.charge_steps(1), Err(Exhausted::Steps(10_000)));
    }

    #[test]
    fn what_is_asked_for_is_not_charged() {
        let budget = budget();
        assert_eq!(budget.afford_bytes(1 << 20), Ok(()));
        assert_eq!(budget.afford_bytes((1 << 20) + 1), Err(Exhausted::Bytes(1 << 20)));
        assert_eq!(budget.charge_bytes(1 << 20), Ok(()));
        assert_eq!(budget.afford_bytes(1), Err(Exhausted::Bytes(1 << 20)));
    }

    #[test]
    fn an_unlimited_account_refuses_nothing() {
        static UNLIMITED: Budget = Budget::unlimited();
        let charged = (UNLIMITED.charge_steps(usize::MAX), UNLIMITED.charge_bytes(usize::MAX));
        assert_eq!((charged, UNLIMITED.charge_request()), ((Ok(()), Ok(())), Ok(())));
        assert!(UNLIMITED.time_left() > Duration::from_secs(60));
    }

    #[test]
    fn a_bound_is_named_in_words() {
        let bounds = BudgetBounds::default();
        let words = [Exhausted::Bytes(bounds.bytes), Exhausted::Steps(bounds.steps), Exhausted::Requests(500)];
        let expected = [
            "more than 32 MiB built or read in one call",
            "more than 2 million steps of work in one call",
            "more than 500 requests in one call",
        ];
        assert_eq!(words.map(|exhausted| exhausted.to_string()), expected);
        let odd = [Exhausted::Bytes(1536), Exhausted::Bytes(2048), Exhausted::Steps(1_500_000)];
        let expected = ["1536 bytes built", "2 KiB built", "1500000 steps of"];
        for (exhausted, expected) in odd.iter().zip(expected) {
            assert!(exhausted.to_string().contains(expected), "{exhausted}");
        }
    }
}
