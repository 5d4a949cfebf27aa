//! Steps: each is exactly one of a request, a failure, or values worked out.

use std::sync::Arc;

use super::compiler::{Compiler, Position};
use super::condition::Answer;
use super::rule::RerunTargets;
use super::shared::Shared;
use super::shared_document::SharedDocument;
use crate::catalog::{Act, Exchange, ForEach, RuleEffect, Step, Structure, SuccessRule};
use crate::diagnostic::Code;
use crate::document::{ForEachDocument, Keyed, Node, RequestDocument, StepDocument, Text};
use crate::status_pattern::StatusPattern;
use crate::template::Template;

/// Elements of a `for_each` unless it says otherwise, and the most it may say.
const DEFAULT_ELEMENTS: u64 = 100;
const MOST_ELEMENTS: u64 = 1000;

impl Compiler<'_> {
    /// All steps; `ids` are theirs, in order.
    pub(super) fn steps(&mut self, documents: &[StepDocument], ids: &[String], shared: &Shared) -> Vec<Step> {
        let mut steps = Vec::new();
        for (index, document) in documents.iter().enumerate() {
            self.step = index + 1;
            if ids.iter().take(index).any(|id| *id == document.id.value) {
                self.problems
                    .add(
                        Code::DuplicateStep,
                        document.id.span,
                        format!("There is another step `{}`.", document.id.value),
                    )
                    .help("messages, tests and `rerun_from` tell steps apart by their `id`");
            }
            self.check_name(&document.id, "a step");
            steps.extend(self.one_step(document, ids, shared));
        }
        self.check_reruns(&steps, ids);
        steps
    }

    /// Going back over a step that created something would create it again.
    fn check_reruns(&mut self, steps: &[Step], ids: &[String]) {
        for step in steps {
            let Act::Exchange(exchange) = &step.act else { continue };
            let Some(own) = ids.iter().position(|id| **id == *step.id) else { continue };
            for rule in &exchange.errors {
                let RuleEffect::Rerun(target) = rule.effect else { continue };
                let between = ids.get(target..own).unwrap_or_default();
                let again = steps.iter().find(|step| between.iter().any(|id| **id == *step.id) && creates(step));
                if let Some(again) = again {
                    self.problems
                        .add(
                            Code::BadRerun,
                            rule.span,
                            format!("Going back would run `{}` again, which creates something.", again.id),
                        )
                        .help(
                            "go back to a step after it, or mark its request `read_only: true` if it changes nothing",
                        );
                }
            }
        }
    }

    fn one_step(&mut self, document: &StepDocument, ids: &[String], shared: &Shared) -> Option<Step> {
        let when = document.when.as_ref().map(|when| self.condition(when, Position::Request, Answer::None));
        let for_each = document.for_each.as_ref().map(|for_each| self.for_each(for_each));
        if let Some(for_each) = &document.for_each {
            self.locals.push(for_each.name.value.clone());
        }
        let act = self.act(document, ids, shared);
        if document.for_each.is_some() {
            self.locals.pop();
        }
        self.check_collect(document);
        let when = match when {
            Some(when) => Some(when?),
            None => None,
        };
        let for_each = match for_each {
            Some(for_each) => Some(for_each?),
            None => None,
        };
        let span = document.when.as_ref().map_or(document.id.span, |when| when.span);
        Some(Step { id: document.id.value.as_str().into(), span, when, for_each, act: act? })
    }

    fn act(&mut self, document: &StepDocument, ids: &[String], shared: &Shared) -> Option<Act> {
        if let Some(message) = &document.fail {
            return self.template(message, Position::Request).map(Act::Fail);
        }
        if let Some(set) = &document.set {
            return Some(Act::Set(self.set(Some(set))));
        }
        let request = document.request.as_ref()?;
        let own = SharedDocument {
            base_url: document.base_url.as_ref(),
            allowed_hosts: None,
            authentication: document.authentication.as_ref(),
            headers: document.headers.as_ref(),
            timeout: document.timeout.as_ref(),
            retry: document.retry.as_ref(),
            limits: document.limits.as_ref(),
            success: document.success.as_ref(),
            errors: document.errors.as_deref(),
        };
        let targets = if document.for_each.is_some() {
            RerunTargets::Repeated
        } else {
            RerunTargets::Steps(ids, self.step.saturating_sub(1))
        };
        let mut compiled = self.shared_of_step(&own, shared, targets);
        // A step's own address may not widen the hosts.
        compiled.allowed_hosts = None;
        let merged = shared.merged(&compiled);
        let exchange = self.exchange(request, &merged, document.capture.as_ref())?;
        let collect = self.captures(document.collect.as_ref());
        self.check_reachable(document.errors.as_deref(), &exchange.success);
        Some(Act::Exchange(Box::new(Exchange { collect, ..exchange })))
    }

    fn shared_of_step(&mut self, own: &SharedDocument<'_>, shared: &Shared, targets: RerunTargets<'_>) -> Shared {
        let mut without_address = *own;
        without_address.base_url = None;
        let mut compiled = self.shared(&without_address, targets);
        if let Some(text) = own.base_url {
            compiled.base = self.url_base(text, Position::Request);
            if let (Some(base), Some(hosts)) = (&compiled.base, &shared.allowed_hosts) {
                self.check_allowed(text, base, hosts);
            }
        }
        compiled
    }

    /// A request with what its answer means.
    pub(super) fn exchange(
        &mut self,
        request: &RequestDocument,
        shared: &Shared,
        capture: Option<&Keyed<crate::document::CaptureDocument>>,
    ) -> Option<Exchange> {
        let plan = self.request(request, shared);
        let captures = self.captures(capture);
        let mut success = shared.success.clone().unwrap_or_else(|| SuccessRule {
            status: vec![StatusPattern::Class(2)],
            when: None,
            graphql: false,
        });
        success.graphql = request.graphql.is_some();
        Some(Exchange {
            request: plan?,
            success,
            errors: shared.errors.clone(),
            captures,
            collect: Vec::new(),
            projection: Arc::default(),
        })
    }

    /// Values worked out once.
    pub(super) fn set(&mut self, document: Option<&Keyed<Node>>) -> Vec<(String, Structure)> {
        let mut values = Vec::new();
        for (name, node) in document.map(Keyed::iter).into_iter().flatten() {
            let named = self.check_name(name, "a value");
            if let (true, Some(value)) = (named, self.structure(node, Position::Request)) {
                values.push((name.value.clone(), value));
            }
        }
        values
    }

    fn for_each(&mut self, document: &ForEachDocument) -> Option<ForEach> {
        let list = self.list_reference(&document.list);
        let named = self.check_local(&document.name, "an element");
        let max = document.max.map_or(DEFAULT_ELEMENTS, |max| max.value);
        if let Some(written) = document.max
            && !(1..=MOST_ELEMENTS).contains(&written.value)
        {
            self.problems
                .add(Code::InvalidValue, written.span, format!("`max` is between 1 and {MOST_ELEMENTS}."))
                .help("every element is a request of its own, all within one deadline");
        }
        let list = list?;
        named.then(|| ForEach { list, name: document.name.value.clone(), max })
    }

    /// A bare reference, or a template of one lone expression.
    fn list_reference(&mut self, text: &Text) -> Option<Template> {
        if text.value.contains("{{") {
            self.lone(text, Position::Request, "`in`")
        } else {
            self.reference(text, Position::Request)
        }
    }

    fn check_collect(&mut self, document: &StepDocument) {
        let first = document.collect.as_ref().and_then(|collect| collect.entries.first());
        if let (Some((name, _)), None, Some(_)) = (first, &document.for_each, &document.request) {
            self.problems
                .add(
                    Code::ConflictingKeys,
                    name.span,
                    "`collect` gathers the answers of a `for_each`, and there is none here.",
                )
                .help("use `capture`");
        }
    }
}

/// A POST that may not be sent twice.
fn creates(step: &Step) -> bool {
    match &step.act {
        Act::Exchange(exchange) => exchange.request.method == http::Method::POST && !exchange.request.replayable,
        Act::Fail(_) | Act::Set(_) => false,
    }
}
