//! What holds on every path through the steps: which captures exist where they are needed, and
//! which steps can run at all.
//!
//! Walks every path. A condition not decided by what is known splits the path in two, so that
//! complementary conditions (`present` and `absent` of one reference) fit together.

use std::collections::{BTreeMap, BTreeSet};

use super::references::{Environment, Use};
use crate::catalog::{Act, Alternative, Capture, CaptureSource, Exchange, FieldRule, RuleEffect, Step, Structure};
use crate::condition::{Condition, Operand, Second, operator_name};
use crate::diagnostic::{Code, Problems, Span};
use crate::document::Comparison;
use crate::template::{Reference, Template};

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
        let maker = made.checked_sub(1).and_then(|index| steps.get(index)).map_or("set", |step| step.id.as_str());
        let message = if *made == seen.step {
            format!("`vars.{}` is made by `{maker}` itself, so it is not there yet.", seen.name)
        } else {
            format!("`vars.{}` is made by the later step `{maker}`, so it is not there yet.", seen.name)
        };
        problems
            .add(Code::ForwardReference, seen.span, message)
            .help("steps run top to bottom: move the step that makes it up");
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
}

impl Known {
    /// Before the first step: required fields are there, captures are not.
    fn of(environment: &Environment) -> Self {
        let mut known = Self::default();
        let parts =
            [("auth", &environment.input.auth), ("data", &environment.input.data), ("meta", &environment.input.meta)];
        for (root, fields) in parts {
            let certain = |field: &&FieldRule| field.is_required() || field.default().is_some();
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

    /// A step captured `name`; surely, or if the answer had it.
    fn capture(&mut self, name: &str, certain: bool) {
        let present = format!("present vars.{name}");
        self.facts.retain(|fact, _| *fact == present || !mentions(fact, name));
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
        match step.when.as_ref().map_or(Verdict::Holds, |when| judge(when, &known.facts)) {
            Verdict::Open(fact) => {
                for holds in [true, false] {
                    let mut assumed = known.clone();
                    assumed.facts.insert(fact.clone(), holds);
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
            let makers: Vec<&str> = self
                .steps
                .iter()
                .take(number.saturating_sub(1))
                .filter(|step| names_of(step).contains(&name.as_str()))
                .map(|step| step.id.as_str())
                .collect();
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
                    "capture it with `required: true` in {}, or run this step only `when: {{ present: vars.{name} }}`",
                    makers.iter().map(|id| format!("`{id}`")).collect::<Vec<_>>().join(" and ")
                ));
        }
        for (step, reached) in self.steps.iter().zip(&self.reached) {
            // A step behind an unconditional failure is as dead as one whose condition never holds.
            if !reached {
                problems
                    .add(Code::ContradictoryCondition, step.span, format!("The step `{}` can never run.", step.id))
                    .help("its condition contradicts itself or what the steps before it leave");
            }
        }
    }
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
        known.capture(&capture.name, certain && certainty == Certainty::AsSaid);
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
enum Verdict {
    Holds,
    Fails,
    /// It depends on this fact.
    Open(String),
}

fn judge(condition: &Condition, facts: &BTreeMap<String, bool>) -> Verdict {
    match condition {
        Condition::All(parts) => judge_parts(parts, facts, Group::All),
        Condition::Any(parts) => judge_parts(parts, facts, Group::Any),
        Condition::Not(part) => match judge(part, facts) {
            Verdict::Holds => Verdict::Fails,
            Verdict::Fails => Verdict::Holds,
            open => open,
        },
        leaf => {
            let (fact, positive) = leaf_fact(leaf);
            match facts.get(&fact) {
                Some(holds) if *holds == positive => Verdict::Holds,
                Some(_) => Verdict::Fails,
                None => Verdict::Open(fact),
            }
        }
    }
}

#[derive(Clone, Copy, PartialEq, Eq)]
enum Group {
    All,
    Any,
}

fn judge_parts(parts: &[Condition], facts: &BTreeMap<String, bool>, group: Group) -> Verdict {
    let mut open = None;
    for part in parts {
        match (judge(part, facts), group) {
            (Verdict::Fails, Group::All) => return Verdict::Fails,
            (Verdict::Holds, Group::Any) => return Verdict::Holds,
            (Verdict::Open(fact), _) => open = open.or(Some(fact)),
            _ => {}
        }
    }
    match (open, group) {
        (Some(fact), _) => Verdict::Open(fact),
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
        Condition::Matches(operand, regex) => (format!("matches {} {regex}", operand.text()), true),
        Condition::All(_) | Condition::Any(_) | Condition::Not(_) => (String::new(), true),
    }
}

fn second_text(second: &Second) -> String {
    match second {
        Second::Literal(value) => value.to_string(),
        Second::Reference(template) => Operand::Reference(template.clone()).text().to_owned(),
    }
}
