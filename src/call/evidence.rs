//! What left in one call, and what is known of it. Pure.
//!
//! Evidence only grows: each attempt that leaves has a record of its own, its answer settles that record and no other, and
//! none is ever removed. What messages say of things done, and what idempotency remembers, is read here.

use std::sync::Arc;

/// What carrying out a request twice would do.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Effect {
    /// It changes nothing: a look-up, a token.
    None,
    /// It changes something, and the service knows a repetition of the call for what it is.
    Once,
    /// It changes something, and a repetition of the call would change it twice.
    Twice,
}

/// What is known of an attempt.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Finding {
    /// The service carried it out.
    Done,
    /// The service answered with a success that does not prove what it did.
    Accepted,
    /// The service did not carry it out.
    NotDone,
    /// The service may have carried it out.
    Unknown,
}

/// Everything that left in one call, in order.
#[derive(Debug, Default)]
pub(super) struct Evidence {
    attempts: Vec<Record>,
    /// Ids that a step captured, by their names.
    ids: Vec<(Arc<str>, String, String)>,
}

#[derive(Debug)]
struct Record {
    step: Arc<str>,
    effect: Effect,
    finding: Finding,
}

/// The right to settle the record of one attempt; where it is dropped, the attempt stays unknown.
#[must_use]
#[derive(Debug)]
pub(super) struct Unsettled(usize);

/// Of one step at most so many ids are named, each of at most so many characters.
const MOST_IDS: usize = 3;
const LONGEST_ID: usize = 64;

impl Evidence {
    /// An attempt leaves.
    pub(super) fn leaves(&mut self, step: &Arc<str>, effect: Effect) -> Unsettled {
        if self.attempts.capacity() == 0 {
            // Most calls send one request.
            self.attempts.reserve_exact(1);
        }
        self.attempts.push(Record { step: Arc::clone(step), effect, finding: Finding::Unknown });
        Unsettled(self.attempts.len() - 1)
    }

    /// An attempt's own answer says what came of it.
    pub(super) fn settle(&mut self, attempt: Unsettled, finding: Finding) {
        if let Some(record) = self.attempts.get_mut(attempt.0) {
            record.finding = finding;
        }
    }

    /// A step that was carried out found an id.
    pub(super) fn note_id(&mut self, step: &Arc<str>, name: &str, id: &str) {
        let known = self.ids.iter().filter(|(of, ..)| of == step).count();
        let is_new = !self.ids.iter().any(|(of, known, _)| of == step && known == name);
        if known < MOST_IDS && is_new && id.chars().count() <= LONGEST_ID {
            self.ids.push((Arc::clone(step), name.to_owned(), id.to_owned()));
        }
    }

    /// Whether a request of any kind left.
    pub(super) fn anything_left(&self) -> bool {
        !self.attempts.is_empty()
    }

    /// Whether something may have changed at the service.
    pub(super) fn anything_changed(&self) -> bool {
        self.attempts.iter().any(Record::may_have_changed)
    }

    /// Whether something may have been done that a repetition of the call would do twice.
    pub(super) fn repeats_harm(&self) -> bool {
        self.attempts.iter().any(|record| record.effect == Effect::Twice && record.finding != Finding::NotDone)
    }

    /// What a failure of `step`, or of the response where none is given, adds to its message: everything that was done, or may
    /// have been.
    pub(super) fn history(&self, step: Option<&str>) -> String {
        let mut text = String::new();
        let last = self.attempts.iter().rev().find(|record| step.is_none_or(|step| *record.step == *step));
        if let Some(last) = last.filter(|last| last.effect != Effect::None) {
            match last.finding {
                Finding::Unknown => text.push_str("; it may or may not have carried out the request"),
                Finding::Accepted => text.push_str("; it may have carried out the request"),
                Finding::Done if step.is_none() && self.steps().len() == 1 => {
                    text.push_str("; it carried out the request");
                    text.push_str(&self.ids_of(&last.step));
                }
                Finding::NotDone if self.earlier_attempt_is_unknown(last) => {
                    text.push_str("; an earlier attempt may have carried out the request");
                }
                Finding::Done | Finding::NotDone => {}
            }
        }
        let before = |own: &&Arc<str>| step.is_none_or(|step| ***own != *step || self.was_done_before_its_last(own));
        let earlier: Vec<&Arc<str>> = self.steps().into_iter().filter(before).collect();
        // A single step is the request itself, and said above.
        if earlier.is_empty() || step.is_none() && earlier.len() == 1 {
            return text;
        }
        let done = earlier.iter().map(|step| format!("`{step}`{}{}", self.doubt_of(step), self.ids_of(step)));
        text.push_str(&format!(" (already done before that: {})", done.collect::<Vec<_>>().join(", ")));
        text
    }

    /// The steps that changed something, or may have, in order.
    fn steps(&self) -> Vec<&Arc<str>> {
        let mut steps: Vec<&Arc<str>> = Vec::new();
        for record in self.attempts.iter().filter(|record| record.may_have_changed()) {
            if !steps.contains(&&record.step) {
                steps.push(&record.step);
            }
        }
        steps
    }

    /// As an element of a list before the one that failed.
    fn was_done_before_its_last(&self, step: &Arc<str>) -> bool {
        let mut own = self.attempts.iter().rev().filter(|record| record.step == *step).skip(1);
        own.any(|record| matches!(record.finding, Finding::Done | Finding::Accepted))
    }

    fn earlier_attempt_is_unknown(&self, last: &Record) -> bool {
        self.attempts.iter().any(|record| record.step == last.step && record.finding == Finding::Unknown)
    }

    fn doubt_of(&self, step: &Arc<str>) -> &'static str {
        let mut own = self.attempts.iter().filter(|record| record.step == *step);
        match own.any(|record| record.finding == Finding::Done || record.finding == Finding::Accepted) {
            true => "",
            false => ", perhaps",
        }
    }

    fn ids_of(&self, step: &Arc<str>) -> String {
        let own: Vec<String> =
            self.ids.iter().filter(|(of, ..)| of == step).map(|(_, name, id)| format!("{name} {id}")).collect();
        if own.is_empty() { String::new() } else { format!(" with {}", own.join(", ")) }
    }
}

impl Record {
    fn may_have_changed(&self) -> bool {
        self.effect != Effect::None && self.finding != Finding::NotDone
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn evidence(attempts: &[(&str, Effect, Finding)]) -> Evidence {
        let mut evidence = Evidence::default();
        for (step, effect, finding) in attempts {
            let attempt = evidence.leaves(&Arc::from(*step), *effect);
            evidence.settle(attempt, *finding);
        }
        evidence
    }

    #[track_caller]
    fn check(attempts: &[(&str, Effect, Finding)], step: Option<&str>, expected: &str) {
        assert_eq!(evidence(attempts).history(step), expected);
    }

    #[test]
    fn an_attempt_without_an_answer_stays_unknown() {
        let mut evidence = Evidence::default();
        let first = evidence.leaves(&Arc::from("create"), Effect::Twice);
        drop(first);
        let second = evidence.leaves(&Arc::from("create"), Effect::Twice);
        evidence.settle(second, Finding::NotDone);
        assert!(evidence.repeats_harm(), "the answer to the second attempt says nothing of the first");
        assert_eq!(evidence.history(Some("create")), "; an earlier attempt may have carried out the request");
    }

    #[test]
    fn a_look_up_leaves_no_doubt() {
        check(&[("find", Effect::None, Finding::Unknown)], Some("find"), "");
        assert!(!evidence(&[("find", Effect::None, Finding::Unknown)]).repeats_harm());
        assert!(evidence(&[("find", Effect::None, Finding::Done)]).anything_left());
        assert!(!evidence(&[("find", Effect::None, Finding::Done)]).anything_changed());
    }

    #[test]
    fn what_the_service_knows_again_does_no_harm_twice() {
        let put = evidence(&[("save", Effect::Once, Finding::Unknown)]);
        assert!(!put.repeats_harm());
        assert_eq!(put.history(Some("save")), "; it may or may not have carried out the request");
    }

    #[test]
    fn a_later_failure_names_what_was_done_before() {
        let mut evidence =
            evidence(&[("create", Effect::Twice, Finding::Done), ("note", Effect::Twice, Finding::NotDone)]);
        evidence.note_id(&Arc::from("create"), "contact_id", "17");
        assert_eq!(evidence.history(Some("note")), " (already done before that: `create` with contact_id 17)");
    }

    #[test]
    fn earlier_elements_of_the_step_that_failed_are_named() {
        check(
            &[("note", Effect::Twice, Finding::Done), ("note", Effect::Twice, Finding::NotDone)],
            Some("note"),
            " (already done before that: `note`)",
        );
    }

    #[test]
    fn a_step_that_may_have_been_done_is_named_so() {
        check(
            &[("a", Effect::Twice, Finding::Unknown), ("b", Effect::Twice, Finding::NotDone)],
            Some("b"),
            " (already done before that: `a`, perhaps)",
        );
    }

    #[test]
    fn a_success_that_proves_nothing_is_not_called_done() {
        check(&[("request", Effect::Twice, Finding::Accepted)], None, "; it may have carried out the request");
        check(&[("request", Effect::Twice, Finding::Done)], None, "; it carried out the request");
    }

    #[test]
    fn an_id_is_named_once_and_bounded() {
        let mut evidence = evidence(&[("create", Effect::Twice, Finding::Done)]);
        let step = Arc::from("create");
        evidence.note_id(&step, "id", "1");
        evidence.note_id(&step, "id", "2");
        evidence.note_id(&step, "long", &"x".repeat(LONGEST_ID + 1));
        assert_eq!(evidence.history(Some("other")), " (already done before that: `create` with id 1)");
        evidence.note_id(&step, "second", &"2".repeat(LONGEST_ID));
        evidence.note_id(&step, "third", "3");
        evidence.note_id(&step, "fourth", "4");
        let named =
            format!(" (already done before that: `create` with id 1, second {}, third 3)", "2".repeat(LONGEST_ID));
        assert_eq!(evidence.history(Some("other")), named);
    }
}
