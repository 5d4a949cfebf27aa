//! One call's account of work. (Interim: the full account is being written beside this.)

use std::time::Duration;

use tokio::time::Instant;

/// Bounds of one call.
#[derive(Clone, Copy, Debug)]
pub struct BudgetBounds {
    /// Bytes built or read.
    pub bytes: u64,
    /// Steps of work.
    pub steps: u64,
    /// Requests.
    pub requests: u32,
}

impl Default for BudgetBounds {
    fn default() -> Self {
        Self { bytes: 32 * 1024 * 1024, steps: 2_000_000, requests: 500 }
    }
}

/// The account.
#[derive(Debug)]
pub struct Budget {
    until: Instant,
}

/// Given back.
#[derive(Clone, Copy, Debug)]
pub struct Mark;

/// A stretch of pure work.
#[derive(Clone, Copy, Debug)]
pub struct Stretch;

impl Stretch {
    /// Short.
    pub const SHORT: Self = Self;
}

/// What is used up.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum Exhausted {
    /// Steps.
    #[error("more than {0} steps")]
    Steps(u64),
    /// Bytes.
    #[error("more than {0} bytes")]
    Bytes(u64),
    /// Requests.
    #[error("more than {0} requests in one call")]
    Requests(u32),
    /// Time.
    #[error("the call's time is over")]
    Time,
    /// A stretch.
    #[error("a stretch of work is over")]
    Stretch,
}

impl Budget {
    /// New.
    #[must_use]
    pub fn new(_: BudgetBounds, until: Instant) -> Self {
        Self { until }
    }

    /// The deadline.
    #[must_use]
    pub fn until(&self) -> Instant {
        self.until
    }

    /// Time left.
    #[must_use]
    pub fn time_left(&self) -> Duration {
        self.until.saturating_duration_since(Instant::now())
    }

    /// Requests.
    ///
    /// # Errors
    /// None here.
    pub fn charge_request(&self) -> Result<(), Exhausted> {
        Ok(())
    }

    /// Bytes.
    ///
    /// # Errors
    /// None here.
    pub fn charge_bytes(&self, _: usize) -> Result<(), Exhausted> {
        Ok(())
    }

    /// Stretch.
    pub fn begin_stretch(&self, _: Option<Stretch>) {}

    /// Mark.
    #[must_use]
    pub fn mark(&self) -> Mark {
        Mark
    }

    /// Reset.
    pub fn reset(&self, _: Mark) {}
}
