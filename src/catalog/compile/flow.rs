//! What holds on every path through the steps: which captures exist where they are needed, and
//! which steps can run at all.
//!
//! Walks every path. A condition not decided by what is known splits the path in two, so that
//! complementary conditions (`present` and `absent` of one reference) fit together.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;

use super::environment::{Environment, Use};
use serde_json::Value;

use crate::catalog::{Act, Alternative, Capture, CaptureSource, Exchange, FieldRule, RuleEffect, Step, Structure};
use crate::condition::{Condition, Operand, Second, operator_name};
use crate::diagnostic::{Code, Problems, Span};
use crate::keyword::Comparison;
use crate::template::{Reference, Template};
use crate::value::deep_equal;

/// Paths walked at most; past it nothing is claimed.
const MAX_PATHS: usize = 20_000;

/// Checks captures against their uses, and conditions against one another.
///
/// `uses` number the top-level `set` as step 0, the steps from 1, the response after the last.
pub(super) fn check_flow(
    set: &[(String, Structure)],
    steps: &[Step],
    uses: &[Use],
    environment: &Environment,
    problems: &mut Problems,
) {
    report_forward_references(set, steps, uses, problems);
    let mut walk = Walk { steps, uses, reached: vec![false; steps.len()], holes: BTreeSet::new(), paths: 0 };
    let mut start = Known::of(environment);
    for (name, structure) in set {
        let certain = is_certain(structure, &start);
        start.capture(name, certain);
    }
    walk.from(0, start);
    if walk.paths >= MAX_PATHS {
        return;
    }
    walk.report(problems);
}

/// A capture that only the same or a later step makes.
fn report_forward_references(set: &[(String, Structure)], steps: &[Step], uses: &[Use], problems: &mut Problems) {
    let mut first: BTreeMap<&str, usize> = BTreeMap::new();
    for (index, step) in steps.iter().enumerate().rev() {
        for name in names_of(step) {
            first.insert(name, index + 1);
        }
    }
    first.extend(set.iter().map(|(name, _)| (name.as_str(), 0)));
    for seen in uses.iter().filter(|seen| seen.root == "vars") {
        let Some(made) = first.get(seen.name.as_str()).filter(|made| **made >= seen.step) else { continue };
        let maker = made.checked_sub(1).and_then(|index| steps.get(index)).map_or("set", |step| &*step.id);
        let (message, help) = if *made == seen.step {
            (
                format!("`vars.{}` is made by `{maker}` itself, so it is not there yet.", seen.name),
                "use it in a step after this one",
            )
        } else {
            let message = format!("`vars.{}` is made by the later step `{maker}`, so it is not there yet.", seen.name);
            (message, "steps run top to bottom: move the step that makes it up")
        };
        problems.add(Code::ForwardReference, seen.span, message).help(help);
    }
}

fn names_of(step: &Step) -> Vec<&str> {
    match &step.act {
        Act::Fail(_) => Vec::new(),
        Act::Set(values) => values.iter().map(|(name, _)| name.as_str()).collect(),
        Act::Exchange(exchange) => {
            let accepted = exchange.errors.iter().flat_map(|rule| match &rule.effect {
                RuleEffect::Accept(captures) => captures.as_slice(),
                _ => &[],
            });
            exchange
                .captures
                .iter()
                .chain(&exchange.collect)
                .chain(accepted)
                .map(|capture| capture.name.as_str())
                .collect()
        }
    }
}

/// What is known at one point of one path.
#[derive(Clone, Debug, Default)]
struct Known {
    /// Conditions of one leaf, and whether they hold.
    facts: BTreeMap<String, bool>,
    /// Captures that surely exist.
    assigned: BTreeSet<String>,
    /// Captures whose value is written in the file.
    constants: BTreeMap<String, Value>,
}

impl Known {
    /// Before the first step: required fields are there, captures are not.
    fn of(environment: &Environment) -> Self {
        let mut known = Self::default();
        let parts =
            [("auth", &environment.input.auth), ("data", &environment.input.data), ("meta", &environment.input.meta)];
        for (root, fields) in parts {
            let certain = |field: &&Arc<FieldRule>| field.is_required() || field.default().is_some();
            known
                .facts
                .extend(fields.iter().filter(certain).map(|field| (format!("present {root}.{}", field.name()), true)));
        }
        known.facts.extend(environment.vars.iter().map(|name| (format!("present vars.{name}"), false)));
        known
    }

    fn has(&self, reference: &Reference) -> bool {
        let (Some(root), Some(name)) = (reference.path.first(), reference.path.get(1)) else { return true };
        let fact = self.facts.get(&format!("present {root}.{name}"));
        match root.as_str() {
            "vars" => self.assigned.contains(name) || fact == Some(&true),
            "data" | "auth" | "meta" => fact == Some(&true),
            _ => true,
        }
    }

    /// A condition turned out to hold or not to, and what follows from that.
    fn assume(&mut self, leaf: &Condition, holds: bool) {
        let (fact, positive) = leaf_fact(leaf);
        let truth = holds == positive;
        self.facts.insert(fact, truth);
        let told = match leaf {
            Condition::Empty(operand) => Some(operand).filter(|_| !truth),
            Condition::In(operand, _) | Condition::Matches(operand, _) => Some(operand).filter(|_| truth),
            Condition::Compare(Comparison::Eq | Comparison::Ne, operand, second) => {
                Some(operand).filter(|_| truth && matches!(second, Second::Literal(value) if !value.is_null()))
            }
            // On anything but a number the comparison is an error, which ends the call.
            Condition::Compare(_, operand, _) => Some(operand),
            _ => None,
        };
        if let Some(operand) = told {
            self.facts.insert(format!("present {}", operand.text()), true);
        }
    }

    /// Whether a leaf holds, as far as it is known.
    fn truth_of(&self, leaf: &Condition) -> Option<bool> {
        let (fact, positive) = leaf_fact(leaf);
        let known = self.facts.get(&fact).copied().or_else(|| self.follows(leaf));
        known.map(|truth| truth == positive)
    }

    /// The truth of a leaf's fact, by what is known of its operand.
    fn follows(&self, leaf: &Condition) -> Option<bool> {
        let absent = |operand: &Operand| self.facts.get(&format!("present {}", operand.text())) == Some(&false);
        match leaf {
            Condition::Empty(operand) if absent(operand) => Some(true),
            Condition::Matches(operand, _) if absent(operand) => Some(false),
            Condition::Compare(Comparison::Eq | Comparison::Ne, operand, Second::Literal(literal)) => {
                if absent(operand) && !literal.is_null() {
                    return Some(false);
                }
                let constant = operand.text().strip_prefix("vars.").and_then(|name| self.constants.get(name));
                constant.map(|constant| deep_equal(constant, literal))
            }
            _ => None,
        }
    }

    /// A step captured `name`; surely, or if the answer had it.
    fn capture(&mut self, name: &str, certain: bool) {
        let present = format!("present vars.{name}");
        self.facts.retain(|fact, _| *fact == present || !mentions(fact, name));
        self.constants.remove(name);
        if certain {
            self.assigned.insert(name.to_owned());
            self.facts.insert(present, true);
        } else if self.facts.get(&present) == Some(&false) {
            self.facts.remove(&present);
        }
    }
}

fn mentions(fact: &str, name: &str) -> bool {
    let boundary = |character: char| !(character.is_ascii_alphanumeric() || character == '_');
    fact.match_indices(&format!("vars.{name}")).any(|(at, found)| {
        fact.get(at + found.len()..).is_none_or(|rest| rest.is_empty() || rest.starts_with(boundary))
    })
}

struct Walk<'a> {
    steps: &'a [Step],
    uses: &'a [Use],
    reached: Vec<bool>,
    /// Uses that cannot be built on some path: place, name, step.
    holes: BTreeSet<(Span, String, usize)>,
    paths: usize,
}

impl Walk<'_> {
    /// Walks every path from the step `index` on.
    fn from(&mut self, index: usize, known: Known) {
        self.paths += 1;
        if self.paths >= MAX_PATHS {
            return;
        }
        let steps = self.steps;
        let Some(step) = steps.get(index) else {
            self.check_uses(index + 1, &known);
            return;
        };
        match step.when.as_ref().map_or(Verdict::Holds, |when| judge(when, &known)) {
            Verdict::Open(leaf) => {
                for holds in [true, false] {
                    let mut assumed = known.clone();
                    assumed.assume(leaf, holds);
                    self.from(index, assumed);
                }
            }
            Verdict::Fails => self.from(index + 1, known),
            Verdict::Holds => self.run(index, step, known),
        }
    }

    fn run(&mut self, index: usize, step: &Step, known: Known) {
        if let Some(reached) = self.reached.get_mut(index) {
            *reached = true;
        }
        self.check_uses(index + 1, &known);
        match &step.act {
            Act::Fail(_) => {}
            Act::Set(values) => {
                let mut after = known.clone();
                for (name, structure) in values {
                    after.capture(name, is_certain(structure, &known));
                }
                self.from(index + 1, after);
            }
            Act::Exchange(exchange) if step.for_each.is_some() => {
                let mut after = known;
                captured(&exchange.captures, &mut after, Certainty::Never);
                for capture in &exchange.collect {
                    after.capture(&capture.name, true);
                }
                self.from(index + 1, after);
            }
            Act::Exchange(exchange) => self.answered(index, exchange, &known),
        }
    }

    /// One path for the success, one for each rule that accepts a failure; other failures end the call.
    fn answered(&mut self, index: usize, exchange: &Exchange, known: &Known) {
        let accepted = exchange.errors.iter().filter_map(|rule| match &rule.effect {
            RuleEffect::Accept(captures) => Some(captures.as_slice()),
            _ => None,
        });
        for captures in std::iter::once(exchange.captures.as_slice()).chain(accepted) {
            let mut after = known.clone();
            captured(captures, &mut after, Certainty::AsSaid);
            self.from(index + 1, after);
        }
    }

    fn check_uses(&mut self, number: usize, known: &Known) {
        let needed = self.uses.iter().filter(|seen| seen.step == number && seen.required && seen.root == "vars");
        for seen in needed {
            let reference = Reference { path: vec![seen.root.clone(), seen.name.clone()], at: 0..0 };
            if !known.has(&reference) {
                self.holes.insert((seen.span, seen.name.clone(), number));
            }
        }
    }

    fn report(&self, problems: &mut Problems) {
        for (span, name, number) in &self.holes {
            let before = self.steps.iter().take(number.saturating_sub(1));
            let makers: Vec<&Step> = before.filter(|step| names_of(step).contains(&name.as_str())).collect();
            if makers.is_empty() {
                continue;
            }
            problems
                .add(
                    Code::UnassignedCapture,
                    *span,
                    format!("`vars.{name}` may be missing here, and an address cannot be built without it."),
                )
                .help(format!(
                    "{}; or run this step only `when: {{ present: vars.{name} }}`",
                    why_missing(name, &makers)
                ));
        }
        for (step, reached) in self.steps.iter().zip(&self.reached) {
            // A step behind an unconditional failure is as dead as one whose condition never holds.
            if !reached {
                let help = match &step.when {
                    Some(_) => "its condition contradicts itself or what the steps before it leave",
                    None => "the steps before it always end the call: one of them lacks a `when`",
                };
                problems
                    .add(Code::ContradictoryCondition, step.span, format!("The step `{}` can never run.", step.id))
                    .help(help);
            }
        }
    }
}

/// What lets a capture be missing though these steps make it.
fn why_missing(name: &str, makers: &[&Step]) -> String {
    let ids = |steps: &[&&Step]| steps.iter().map(|step| format!("`{}`", step.id)).collect::<Vec<_>>().join(" and ");
    let repeated: Vec<&&Step> = makers.iter().filter(|step| step.for_each.is_some()).collect();
    if !repeated.is_empty() {
        return format!(
            "{} may run for no element at all; `collect` gives a list that is always there",
            ids(&repeated)
        );
    }
    let optional: Vec<&&Step> = makers.iter().filter(|step| is_optional(name, step)).collect();
    if !optional.is_empty() {
        return format!("capture it with `required: true` in {}", ids(&optional));
    }
    let accepting: Vec<&&Step> = makers.iter().filter(|step| accepts_without(name, step)).collect();
    if !accepting.is_empty() {
        return format!("what {} accepts must capture it too, with `required: true`", ids(&accepting));
    }
    let all: Vec<&&Step> = makers.iter().collect();
    match all.as_slice() {
        [_] => format!("{} does not always run: give it no condition, or this step the same one", ids(&all)),
        _ => format!("there is a case in which none of {} runs", ids(&all)),
    }
}

/// Whether the step's own captures may leave `name` out.
fn is_optional(name: &str, step: &Step) -> bool {
    let Act::Exchange(exchange) = &step.act else { return false };
    exchange.captures.iter().any(|capture| capture.name == name && !capture.required && capture.default.is_none())
}

/// Whether a failure that the step accepts may leave `name` out.
fn accepts_without(name: &str, step: &Step) -> bool {
    let Act::Exchange(exchange) = &step.act else { return false };
    exchange.errors.iter().any(|rule| match &rule.effect {
        RuleEffect::Accept(captures) => {
            !captures.iter().any(|capture| capture.name == name && (capture.required || capture.default.is_some()))
        }
        _ => false,
    })
}

/// Whether a capture that says it is required counts as such.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Certainty {
    AsSaid,
    Never,
}

fn captured(captures: &[Capture], known: &mut Known, certainty: Certainty) {
    let before = known.clone();
    for capture in captures {
        let certain = match &capture.source {
            CaptureSource::Status | CaptureSource::Constant(_) => true,
            CaptureSource::Alternatives(alternatives) => alternatives.iter().any(|alternative| match alternative {
                Alternative::Template(template) => is_complete(template, &before),
                Alternative::Path(_) => false,
            }),
            CaptureSource::Header(_) => false,
        };
        let certain = certain || capture.required || capture.default.is_some();
        let certain = certain && certainty == Certainty::AsSaid;
        known.capture(&capture.name, certain);
        if let (CaptureSource::Constant(value), true) = (&capture.source, certain) {
            known.constants.insert(capture.name.clone(), value.clone());
        }
    }
}

/// Whether a value that is worked out is surely there.
fn is_certain(structure: &Structure, known: &Known) -> bool {
    match structure {
        Structure::Constant(value) => !value.is_null(),
        Structure::Template(template) => is_complete(template, known),
        Structure::List(_) | Structure::Map(_) => true,
        Structure::When(..) | Structure::Each(_) => false,
    }
}

fn is_complete(template: &Template, known: &Known) -> bool {
    !template.is_lone() || template.unassigned(&|reference| known.has(reference)).is_empty()
}

/// What is known of a condition.
enum Verdict<'c> {
    Holds,
    Fails,
    /// It depends on this leaf of it.
    Open(&'c Condition),
}

fn judge<'c>(condition: &'c Condition, known: &Known) -> Verdict<'c> {
    match condition {
        Condition::All(parts) => judge_parts(parts, known, Group::All),
        Condition::Any(parts) => judge_parts(parts, known, Group::Any),
        Condition::Not(part) => match judge(part, known) {
            Verdict::Holds => Verdict::Fails,
            Verdict::Fails => Verdict::Holds,
            open => open,
        },
        leaf => match known.truth_of(leaf) {
            Some(true) => Verdict::Holds,
            Some(false) => Verdict::Fails,
            None => Verdict::Open(leaf),
        },
    }
}

#[derive(Clone, Copy, PartialEq, Eq)]
enum Group {
    All,
    Any,
}

fn judge_parts<'c>(parts: &'c [Condition], known: &Known, group: Group) -> Verdict<'c> {
    let mut open = None;
    for part in parts {
        match (judge(part, known), group) {
            (Verdict::Fails, Group::All) => return Verdict::Fails,
            (Verdict::Holds, Group::Any) => return Verdict::Holds,
            (Verdict::Open(leaf), _) => open = open.or(Some(leaf)),
            _ => {}
        }
    }
    match (open, group) {
        (Some(leaf), _) => Verdict::Open(leaf),
        (None, Group::All) => Verdict::Holds,
        (None, Group::Any) => Verdict::Fails,
    }
}

/// A leaf as a fact, and whether the leaf says that it holds or that it does not.
fn leaf_fact(condition: &Condition) -> (String, bool) {
    match condition {
        Condition::Present(operand) => (format!("present {}", operand.text()), true),
        Condition::Absent(operand) => (format!("present {}", operand.text()), false),
        Condition::Empty(operand) => (format!("empty {}", operand.text()), true),
        Condition::Compare(comparison, operand, second) => {
            let (base, positive) = match comparison {
                Comparison::Eq => (Comparison::Eq, true),
                Comparison::Ne => (Comparison::Eq, false),
                Comparison::Gt => (Comparison::Gt, true),
                Comparison::Lte => (Comparison::Gt, false),
                Comparison::Lt => (Comparison::Lt, true),
                Comparison::Gte => (Comparison::Lt, false),
            };
            (format!("{} {} {}", operator_name(base), operand.text(), second_text(second)), positive)
        }
        Condition::In(operand, second) => (format!("in {} {}", operand.text(), second_text(second)), true),
        Condition::Matches(operand, regex) => (format!("matches {} {}", operand.text(), regex.as_str()), true),
        Condition::All(_) | Condition::Any(_) | Condition::Not(_) => (String::new(), true),
    }
}

fn second_text(second: &Second) -> String {
    match second {
        Second::Literal(value) => value.to_string(),
        Second::Reference(template) => Operand::Reference(template.clone()).text().to_owned(),
    }
}
