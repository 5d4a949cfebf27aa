//! Regular expressions whose searches are charged for what they may cost: the text times the states of the pattern.
//!
//! A search cannot be interrupted, so one that an account cannot pay is not begun.

use regex::Regex;
use regex_syntax::hir::{Hir, HirKind};

use crate::budget::{Budget, Exhausted};

/// Bytes of text times states of the pattern that are searched in one step.
const VISITS_PER_STEP: usize = 32;
/// A pattern of so few states, on a text that is short, is searched at the pace of reading.
const FEW_STATES: usize = 64;
/// Bytes of a text that is short.
const SHORT_TEXT: usize = 256;
/// Bytes that are read in one step.
const BYTES_PER_STEP: usize = 16;
/// States of a character class beyond ASCII: a character is up to four bytes.
const CLASS_STATES: usize = 4;

/// A compiled pattern.
#[derive(Clone, Debug)]
pub struct RegularExpression {
    regex: Regex,
    /// What a search may have to follow at once, for each byte.
    states: usize,
}

impl RegularExpression {
    /// Of a pattern that was compiled.
    #[must_use]
    pub fn new(regex: Regex) -> Self {
        let states = regex_syntax::parse(regex.as_str()).map_or(FEW_STATES, |hir| states(&hir));
        Self { regex, states }
    }

    /// As written.
    #[must_use]
    pub fn as_str(&self) -> &str {
        self.regex.as_str()
    }

    /// How many groups it has, the whole match among them.
    #[must_use]
    pub fn groups(&self) -> usize {
        self.regex.captures_len()
    }

    /// Steps that a search of so many bytes is charged.
    #[must_use]
    pub fn cost(&self, bytes: usize) -> usize {
        if bytes <= SHORT_TEXT && self.states <= FEW_STATES {
            return bytes / BYTES_PER_STEP;
        }
        bytes.saturating_mul(self.states.max(VISITS_PER_STEP / BYTES_PER_STEP)) / VISITS_PER_STEP
    }

    /// Whether it matches somewhere in `text`.
    ///
    /// # Errors
    /// When `budget` cannot pay the search; nothing was searched then.
    pub fn is_match(&self, text: &str, budget: &Budget) -> Result<bool, Exhausted> {
        budget.charge_steps(self.cost(text.len()))?;
        Ok(self.regex.is_match(text))
    }

    /// The same within `steps`; `None` if a search of `text` may cost more.
    #[must_use]
    pub fn is_match_within(&self, text: &str, steps: usize) -> Option<bool> {
        (self.cost(text.len()) <= steps).then(|| self.regex.is_match(text))
    }

    /// What `group` holds in the first match.
    ///
    /// # Errors
    /// When `budget` cannot pay the search; nothing was searched then.
    pub fn group<'t>(&self, text: &'t str, group: usize, budget: &Budget) -> Result<Option<&'t str>, Exhausted> {
        budget.charge_steps(self.cost(text.len()))?;
        Ok(self.regex.captures(text).and_then(|groups| groups.get(group)).map(|group| group.as_str()))
    }
}

/// How many states a pattern has when its repetitions are written out, about.
fn states(hir: &Hir) -> usize {
    match hir.kind() {
        HirKind::Empty | HirKind::Look(_) => 1,
        HirKind::Literal(literal) => literal.0.len(),
        HirKind::Class(class) => {
            if class.is_utf8() && class.maximum_len() == Some(1) {
                1
            } else {
                CLASS_STATES
            }
        }
        HirKind::Repetition(repetition) => {
            let times = repetition.max.unwrap_or_else(|| repetition.min.saturating_add(1));
            states(&repetition.sub).saturating_add(1).saturating_mul(usize::try_from(times).unwrap_or(usize::MAX))
        }
        HirKind::Capture(capture) => states(&capture.sub).saturating_add(2),
        HirKind::Concat(parts) | HirKind::Alternation(parts) => {
            parts.iter().map(states).fold(1, |sum: usize, part| sum.saturating_add(part))
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::budget::BudgetBounds;

    fn compiled(pattern: &str) -> RegularExpression {
        RegularExpression::new(Regex::new(pattern).unwrap())
    }

    #[test]
    fn repetitions_are_counted_as_if_written_out() {
        assert_eq!(compiled("abc").states, 3);
        assert!(compiled("a{100}").states >= 100);
        assert!(compiled("([ab]{0,100}){0,10}b").states >= 1000);
        assert!(compiled("a{0}b").states < 10, "never searched for");
    }

    #[test]
    fn a_search_that_an_account_cannot_pay_is_not_begun() {
        let budget =
            Budget::new(BudgetBounds::default(), tokio::time::Instant::now() + std::time::Duration::from_secs(3600));
        let text = "a".repeat(900_000);
        let hostile = compiled("([ab]{0,100}){0,10}b");
        assert!(matches!(hostile.group(&text, 1, &budget), Err(Exhausted::Steps(_))));
        assert!(matches!(hostile.is_match(&text, &budget), Err(Exhausted::Steps(_))));
        assert_eq!(hostile.is_match_within(&text, 400_000), None);
    }

    #[test]
    fn ordinary_patterns_read_long_texts() {
        let budget =
            Budget::new(BudgetBounds::default(), tokio::time::Instant::now() + std::time::Duration::from_secs(3600));
        let text = format!("{} Ticket#4711 ", "word ".repeat(100_000));
        assert_eq!(compiled(r"Ticket#(\d+)").group(&text, 1, &budget), Ok(Some("4711")));
        assert_eq!(compiled(r"Ticket#(\d+)").cost(160), 10);
    }
}
