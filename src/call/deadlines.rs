//! How long a call may take.

use std::collections::BTreeMap;
use std::time::Duration;

/// The time that calls have: all of them, and less for some services.
#[derive(Clone, Debug)]
pub struct Deadlines {
    /// Of every call.
    pub all: Duration,
    /// By the directory of the service; longer ones than that of all count as that.
    pub services: BTreeMap<String, Duration>,
}

impl Deadlines {
    /// The time that a call of this service has.
    #[must_use]
    pub fn of(&self, service: &str) -> Duration {
        self.services.get(service).map_or(self.all, |own| self.all.min(*own))
    }
}
