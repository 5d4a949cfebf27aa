//! What every store answers.

use std::time::Duration;

/// Whether a name was free.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Claim {
    /// It was; the value is there now.
    Taken,
    /// It was not; this is what it holds.
    Held(Vec<u8>),
}

/// So many in any window of so long, at the service.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Quota {
    /// How many.
    pub count: u32,
    /// In how long.
    pub window: Duration,
}

/// How much longer every store counts. Requests take unlike times to their service, so two bursts a window apart here may
/// fall into one window there. It covers 30 ms of difference, the grain of clocks, and a pause of the scheduler.
const SLACK: Duration = Duration::from_millis(50);

impl Quota {
    /// The window that a store counts, so that no window at the service holds more.
    pub(super) fn counted(self) -> Duration {
        self.window + SLACK
    }
}
