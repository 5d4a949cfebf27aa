//! Which steps, conditions and error rules the examples of definitions reach.

use std::collections::BTreeMap;

use crate::call::Event;
use crate::catalog::{Act, Action, BUILT_IN};

/// What there is to reach, by file and line.
#[derive(Debug, Default)]
pub struct Coverage {
    parts: BTreeMap<(String, usize, String), bool>,
}

/// One file's share.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Covered {
    /// The file.
    pub file: String,
    /// Parts that some example reaches.
    pub reached: usize,
    /// All parts.
    pub total: usize,
    /// Parts that none reaches: line and what it is.
    pub missing: Vec<(usize, String)>,
}

impl Coverage {
    /// Adds what an action has, and what one of its examples reached.
    pub fn add(&mut self, action: &Action, events: &[Event]) {
        let file = action.source().name();
        for step in action.steps() {
            let (line, _) = action.source().line_column(step.span.start);
            let ran = events.iter().any(|event| matches!(event, Event::Began { step: id } if **id == *step.id));
            self.note((file, line), format!("step `{}` runs", step.id), ran);
            if step.when.is_some() {
                let skipped =
                    events.iter().any(|event| matches!(event, Event::Skipped { step: id } if **id == *step.id));
                self.note((file, line), format!("step `{}` is skipped", step.id), skipped);
            }
            let Act::Exchange(exchange) = &step.act else { continue };
            for rule in exchange.errors.iter().filter(|rule| rule.place != BUILT_IN) {
                let Some((file, line)) = rule.place.rsplit_once(':') else { continue };
                let met = events
                    .iter()
                    .any(|event| matches!(event, Event::Failed { rule: Some(place) } if *place == rule.place));
                self.note((file, line.parse().unwrap_or_default()), "the error rule is met".to_owned(), met);
            }
        }
    }

    fn note(&mut self, (file, line): (&str, usize), what: String, reached: bool) {
        *self.parts.entry((file.to_owned(), line, what)).or_default() |= reached;
    }

    /// Every file's share, by name.
    #[must_use]
    pub fn files(&self) -> Vec<Covered> {
        let mut files: Vec<Covered> = Vec::new();
        for ((file, line, what), reached) in &self.parts {
            if files.last().is_none_or(|last| last.file != *file) {
                files.push(Covered { file: file.clone(), reached: 0, total: 0, missing: Vec::new() });
            }
            let Some(last) = files.last_mut() else { continue };
            last.total += 1;
            last.reached += usize::from(*reached);
            if !reached {
                last.missing.push((*line, what.clone()));
            }
        }
        files
    }
}
