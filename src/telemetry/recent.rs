//! The calls that ended last, for operators. Bounded; holds nothing of what was sent or answered but the
//! message that the caller got, which is redacted already.

use std::collections::VecDeque;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::SystemTime;

use crate::call::CallFacts;

/// The last calls, the oldest first.
#[derive(Debug)]
pub struct Recent {
    calls: Mutex<VecDeque<(u64, Arc<CallFacts>)>>,
    most: usize,
}

/// Which calls are asked for.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct RecentFilter {
    /// Only of this route.
    pub route: Option<String>,
    /// Only of this service.
    pub service: Option<String>,
    /// Only with this outcome; `failed` for all but the good ones.
    pub outcome: Option<String>,
    /// Only those that began since then.
    pub since: Option<SystemTime>,
    /// Only those whose route, message, cause or request id hold this, in lower case.
    pub text: Option<String>,
    /// Only those that came before this one, by its number.
    pub before: Option<u64>,
    /// At most so many.
    pub limit: usize,
}

impl Recent {
    /// Keeps this many.
    #[must_use]
    pub fn new(most: usize) -> Self {
        Self { calls: Mutex::default(), most }
    }

    fn lock(&self) -> MutexGuard<'_, VecDeque<(u64, Arc<CallFacts>)>> {
        self.calls.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Notes a call; the oldest is forgotten.
    pub fn note(&self, call: Arc<CallFacts>) {
        if self.most == 0 {
            return;
        }
        let forgotten = {
            let mut calls = self.lock();
            let number = calls.back().map_or(1, |(number, _)| number + 1);
            calls.push_back((number, call));
            (calls.len() > self.most).then(|| calls.pop_front())
        };
        drop(forgotten);
    }

    /// The newest that fit, newest first, each with its number.
    #[must_use]
    pub fn matching(&self, filter: &RecentFilter) -> Vec<(u64, Arc<CallFacts>)> {
        let fits = |(number, call): &(u64, Arc<CallFacts>)| filter.fits(*number, call);
        if filter.text.is_none() {
            return self.lock().iter().rev().filter(|known| fits(known)).take(filter.limit).cloned().collect();
        }
        // Looking into texts takes its time, in which calls end as well.
        let known: Vec<_> = self.lock().iter().rev().cloned().collect();
        known.into_iter().filter(fits).take(filter.limit).collect()
    }

    /// The number of the newest; 0 before there is one.
    #[must_use]
    pub fn newest(&self) -> u64 {
        self.lock().back().map_or(0, |(number, _)| *number)
    }

    /// One call by its number or the id that its answer carried.
    #[must_use]
    pub fn get(&self, name: &str) -> Option<(u64, Arc<CallFacts>)> {
        let number: Option<u64> = name.parse().ok();
        let fits = |(known, call): &&(u64, Arc<CallFacts>)| number == Some(*known) || *call.request_id == *name;
        self.lock().iter().rev().find(fits).cloned()
    }
}

impl RecentFilter {
    fn fits(&self, number: u64, call: &CallFacts) -> bool {
        let holds = |text: &str| {
            let within = |own: &str| own.to_lowercase().contains(text);
            within(&call.route)
                || within(&call.request_id)
                || call.message.as_deref().is_some_and(within)
                || call.cause.as_deref().is_some_and(within)
        };
        self.before.is_none_or(|before| number < before)
            && self.route.as_deref().is_none_or(|route| route == &*call.route)
            && self.service.as_deref().is_none_or(|service| service == &*call.service)
            && self
                .outcome
                .as_deref()
                .is_none_or(|outcome| outcome == call.outcome || outcome == "failed" && !call.is_good())
            && self.since.is_none_or(|since| since <= call.began)
            && self.text.as_deref().is_none_or(holds)
    }
}

#[cfg(test)]
mod tests {
    use std::time::Duration;

    use super::*;
    use crate::call::Journal;

    fn call(route: &str, outcome: &'static str) -> Arc<CallFacts> {
        Arc::new(CallFacts {
            began: SystemTime::UNIX_EPOCH,
            request_id: format!("id of {route}").into(),
            trace: None,
            route: route.into(),
            service: "desk".into(),
            revision: "1".into(),
            outcome,
            message: None,
            cause: None,
            elapsed: Duration::from_micros(1_234_567),
            journal: Journal::default(),
        })
    }

    fn numbers(recent: &Recent, filter: RecentFilter) -> Vec<u64> {
        recent.matching(&filter).iter().map(|(number, _)| *number).collect()
    }

    #[test]
    fn the_oldest_is_forgotten_and_the_newest_comes_first() {
        let recent = Recent::new(3);
        for (route, outcome) in [("/a", "done"), ("/b", "timeout"), ("/a", "input"), ("/a", "done")] {
            recent.note(call(route, outcome));
        }
        let all = RecentFilter { limit: 10, ..RecentFilter::default() };
        assert_eq!(numbers(&recent, all.clone()), [4, 3, 2]);
        assert_eq!(numbers(&recent, RecentFilter { before: Some(4), limit: 1, ..all.clone() }), [3]);
        assert_eq!(numbers(&recent, RecentFilter { route: Some("/a".to_owned()), ..all.clone() }), [4, 3]);
        assert_eq!(numbers(&recent, RecentFilter { outcome: Some("failed".to_owned()), ..all.clone() }), [3, 2]);
        assert_eq!(numbers(&recent, RecentFilter { text: Some("id of /b".to_owned()), ..all.clone() }), [2]);
        assert_eq!(numbers(&recent, RecentFilter { text: Some("/c".to_owned()), ..all.clone() }), [0; 0]);
        let second = SystemTime::UNIX_EPOCH + Duration::from_secs(1);
        assert_eq!(numbers(&recent, RecentFilter { since: Some(second), ..all }), [0; 0]);
        assert_eq!((recent.newest(), recent.get("4").map(|(number, _)| number)), (4, Some(4)));
        assert!(recent.get("1").is_none());
        assert_eq!(recent.get("id of /b").map(|(number, _)| number), Some(2));
    }
}
