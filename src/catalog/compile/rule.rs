//! `success:` and `errors:`.

use super::compiler::{Compiler, Position};
use super::condition::Answer;
use crate::catalog::{Detail, DetailPlace, ErrorRule, RuleEffect, SuccessRule};
use crate::diagnostic::Code;
use crate::document::{DetailDocument, DetailSource, ErrorRuleDocument, SuccessDocument, Text};
use crate::status_pattern::StatusPattern;

/// The steps a rule may send the call back to: their ids up to and with the one the rule belongs to.
#[derive(Clone, Copy, Debug)]
pub(super) enum RerunTargets<'a> {
    /// The rule stands where no step is known.
    None,
    /// The rule belongs to a step that is repeated per element.
    Repeated,
    /// The ids of the steps, and the index of the rule's own.
    Steps(&'a [String], usize),
}

impl Compiler<'_> {
    pub(super) fn statuses(&mut self, texts: Option<&[Text]>) -> Vec<StatusPattern> {
        let mut patterns = Vec::new();
        for text in texts.unwrap_or_default() {
            match text.value.parse() {
                Ok(pattern) => patterns.push(pattern),
                Err(error) => {
                    self.problems
                        .add(Code::BadStatusPattern, text.span, format!("`{}` is not a status.", text.value))
                        .help(format!("{error}; several are a list: [401, 403]"));
                }
            }
        }
        patterns
    }

    pub(super) fn success(&mut self, document: &SuccessDocument) -> SuccessRule {
        let mut status = self.statuses(document.status.as_deref());
        if document.status.is_none() {
            status.push(StatusPattern::Class(2));
        }
        let when = document.when.as_ref();
        let when = when.and_then(|when| self.condition(when, Position::Request, Answer::AtHand));
        SuccessRule { status, when, graphql: false }
    }

    pub(super) fn error_rules(
        &mut self,
        documents: Option<&[ErrorRuleDocument]>,
        targets: RerunTargets<'_>,
    ) -> Vec<ErrorRule> {
        let mut rules = Vec::new();
        let mut taken: Vec<StatusPattern> = Vec::new();
        for document in documents.unwrap_or_default() {
            self.check_not_taken(document, &mut taken);
            if document.status.as_ref().is_none_or(Vec::is_empty)
                && document.when.is_none()
                && !document.not_json.is_some_and(|not_json| not_json.value)
            {
                self.problems
                    .add(
                        Code::MissingKey,
                        document.span,
                        "An error rule says what it matches: `status`, `when` or `not_json`.",
                    )
                    .help("`status: [4xx, 5xx]` matches every failure that was answered");
            }
            rules.extend(self.error_rule(document, targets));
        }
        rules
    }

    /// Warns of a rule whose every status an earlier one takes without asking for more.
    fn check_not_taken(&mut self, document: &ErrorRuleDocument, taken: &mut Vec<StatusPattern>) {
        let written = document.status.as_ref().map_or(0, Vec::len);
        let own: Vec<StatusPattern> =
            document.status.iter().flatten().filter_map(|text| text.value.parse().ok()).collect();
        if !own.is_empty() && own.len() == written && own.iter().all(|pattern| is_covered(*pattern, taken)) {
            self.problems
                .add(
                    Code::UnreachableRule,
                    document.span,
                    "This rule is never reached: one before it takes every answer with its status.",
                )
                .help("the first rule that matches wins: move it up");
        }
        // The way back is taken once; after that the next rule has its turn.
        if document.when.is_none() && document.not_json.is_none() && document.rerun_from.is_none() {
            taken.extend(own);
        }
    }

    fn error_rule(&mut self, document: &ErrorRuleDocument, targets: RerunTargets<'_>) -> Option<ErrorRule> {
        let status = self.statuses(document.status.as_deref());
        let when = match &document.when {
            Some(when) => Some(self.condition(when, Position::Request, Answer::AtHand)?),
            None => None,
        };
        let effect = if let Some(accept) = &document.accept {
            RuleEffect::Accept(self.captures(Some(accept)))
        } else if let Some(target) = &document.rerun_from {
            RuleEffect::Rerun(self.rerun_target(target, targets)?)
        } else {
            self.failure(document)?
        };
        Some(ErrorRule {
            status,
            when,
            not_json: document.not_json.is_some_and(|not_json| not_json.value),
            effect,
            place: self.place(document.span),
            span: document.span,
        })
    }

    fn failure(&mut self, document: &ErrorRuleDocument) -> Option<RuleEffect> {
        let detail = document.detail.as_ref().map_or_else(Vec::new, |detail| self.detail(detail));
        let message = match &document.message {
            Some(message) => Some(self.template(message, Position::Message)?),
            None => None,
        };
        if let (Some(message), None) = (&document.message, &document.detail)
            && message.value.contains("{{detail}}")
        {
            self.problems
                .add(
                    Code::MissingKey,
                    message.span,
                    "The message uses `detail`, but the rule does not say where the service gives it.",
                )
                .help("add `detail: $.error.message` or a list of paths");
        }
        let carried_out = document.carried_out.map(|carried_out| carried_out.value);
        Some(RuleEffect::Fail {
            detail,
            message,
            kind: document.kind.map(|kind| kind.value),
            // What was surely not carried out is worth another attempt.
            retry: document.retry.map(|retry| retry.value).or((carried_out == Some(false)).then_some(true)),
            carried_out,
        })
    }

    fn detail(&mut self, document: &DetailDocument) -> Vec<Detail> {
        let details: Vec<_> = document.sources.iter().map(|source| self.detail_source(source)).collect();
        details.into_iter().flatten().collect()
    }

    fn detail_source(&mut self, source: &DetailSource) -> Option<Detail> {
        let regex = match &source.regex {
            Some(regex) => Some(self.regex(regex)?),
            None => None,
        };
        let place = match (&source.path, &source.header) {
            (Some(path), _) => DetailPlace::Path(self.path(path)?),
            (None, Some(header)) => DetailPlace::Header(self.answered_header(header)?),
            (None, None) => return None,
        };
        Some(Detail { source: place, fields: source.form.is_some(), regex })
    }

    fn rerun_target(&mut self, target: &Text, targets: RerunTargets<'_>) -> Option<usize> {
        let (ids, own) = match targets {
            RerunTargets::Steps(ids, own) => (ids, own),
            RerunTargets::Repeated => {
                self.problems
                    .add(Code::BadRerun, target.span, "`rerun_from` cannot leave a `for_each` half done.")
                    .help("say with `accept` or `message` what the failure of one element means");
                return None;
            }
            RerunTargets::None => {
                self.problems
                    .add(Code::BadRerun, target.span, "`rerun_from` goes back to a step, and there are none here.")
                    .help("put the rule under `errors:` of the step that fails");
                return None;
            }
        };
        match ids.iter().position(|id| *id == target.value) {
            Some(index) if index <= own => Some(index),
            Some(_) => {
                self.problems
                    .add(
                        Code::BadRerun,
                        target.span,
                        format!("`{}` comes later: `rerun_from` only goes back.", target.value),
                    )
                    .help("name this step or one before it");
                None
            }
            None => {
                let help = crate::suggest::did_you_mean(&target.value, ids.iter().map(String::as_str))
                    .unwrap_or_else(|| format!("the steps are {}", ids.join(", ")));
                self.problems
                    .add(Code::BadRerun, target.span, format!("There is no step `{}`.", target.value))
                    .help(help);
                None
            }
        }
    }

    /// Warns of error rules that only an answer counted as a success could match.
    pub(super) fn check_reachable(&mut self, documents: Option<&[ErrorRuleDocument]>, success: &SuccessRule) {
        if success.when.is_some() || success.graphql {
            return;
        }
        for document in documents.unwrap_or_default() {
            let patterns: Vec<StatusPattern> =
                document.status.iter().flatten().filter_map(|text| text.value.parse().ok()).collect();

            if !patterns.is_empty() && patterns.iter().all(|pattern| is_covered(*pattern, &success.status)) {
                self.problems
                    .add(
                        Code::UnreachableRule,
                        document.span,
                        "This rule can only match an answer that counts as a success.",
                    )
                    .help("say under `success: { when: … }` what a real success looks like");
            }
        }
    }
}

/// Whether every status of `pattern` is one of `others`.
fn is_covered(pattern: StatusPattern, others: &[StatusPattern]) -> bool {
    match pattern {
        StatusPattern::Exact(status) => others.iter().any(|other| other.matches(status)),
        StatusPattern::Class(_) => others.contains(&pattern),
    }
}
