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

/// So many in any window of so long.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Quota {
    /// How many.
    pub count: u32,
    /// In how long.
    pub window: Duration,
}
