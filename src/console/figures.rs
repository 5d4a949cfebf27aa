//! Rates and percentiles of the calls that are remembered.

use std::time::Duration;

use super::labels;
use crate::call::CallFacts;

/// What calls have in common.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(super) struct Figures {
    pub(super) calls: usize,
    pub(super) failed: usize,
    pub(super) half: Duration,
    pub(super) p95: Duration,
    pub(super) p99: Duration,
}

impl Figures {
    pub(super) fn of<'c>(calls: impl Iterator<Item = &'c CallFacts>) -> Self {
        let (mut times, mut failed) = (Vec::new(), 0);
        for call in calls {
            times.push(call.elapsed);
            failed += usize::from(!call.is_good());
        }
        times.sort_unstable();
        // The nearest rank: the time within which so many of a hundred calls ended.
        let within = |percent: usize| {
            let rank = (times.len() * percent).div_ceil(100);
            times.get(rank.saturating_sub(1)).copied().unwrap_or_default()
        };
        Self { calls: times.len(), failed, half: within(50), p95: within(95), p99: within(99) }
    }

    /// A time of theirs; none without calls.
    pub(super) fn time(&self, time: Duration) -> String {
        if self.calls == 0 { "–".to_owned() } else { labels::took(time) }
    }

    /// `2.5 %`
    pub(super) fn failed_share(&self) -> String {
        if self.calls == 0 {
            return "–".to_owned();
        }
        let tenths = (self.failed * 1000).div_ceil(self.calls);
        format!("{}.{} %", tenths / 10, tenths % 10)
    }
}

#[cfg(test)]
mod tests {
    use std::time::SystemTime;

    use super::*;
    use crate::call::Journal;

    #[test]
    fn percentiles_are_nearest_ranks() {
        let call = |ms: u64, outcome| CallFacts {
            began: SystemTime::UNIX_EPOCH,
            request_id: "".into(),
            trace: None,
            route: "/a".into(),
            service: "a".into(),
            revision: "".into(),
            outcome,
            message: None,
            cause: None,
            elapsed: Duration::from_millis(ms),
            journal: Journal::default(),
        };
        let calls: Vec<_> = (1..=200).rev().map(|ms| call(ms, if ms > 195 { "timeout" } else { "done" })).collect();
        let figures = Figures::of(calls.iter());
        let ms = Duration::from_millis;
        assert_eq!((figures.half, figures.p95, figures.p99), (ms(100), ms(190), ms(198)));
        assert_eq!((figures.calls, figures.failed, figures.failed_share().as_str()), (200, 5, "2.5 %"));
        assert_eq!(Figures::of(std::iter::empty()).failed_share(), "–");
    }
}
