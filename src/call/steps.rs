//! Steps, top to bottom: those of an action, and those that fetch a token.

use std::sync::Arc;

use serde_json::{Map, Value};
use tokio::time::Instant;

use super::failure::not_built;
use super::intake::Inputs;
use super::journal::{Record, Work};
use super::map::{capture_value, near_miss, source_text};
use super::trace::{self, Event, Visibility};
use super::verdict::WayBack;
use super::{BuildError, CallContext, Failure, FailureKind, ServiceAnswer, SpanId, build_value};
use crate::budget::Budget;
use crate::catalog::{Act, Capture, Exchange, ForEach, Step, Structure};
use crate::secret::Masks;
use crate::template::Scope;
use crate::upstream::Sender;
use crate::value::text_of;

/// What a login step captures is a secret if it is not shorter than this, in bytes: no flag, no small number.
const SHORTEST_SESSION: usize = 8;

/// Where the run goes after a step.
pub(super) enum Next {
    Onwards,
    BackTo(usize),
}

pub(super) type Ended<T> = Result<T, Box<Failure>>;

/// One element of a `for_each`: its name and value.
pub(super) type Element<'e> = Option<(&'e str, &'e Value)>;

/// One pass through steps, with what it has found so far.
pub(super) struct Run<'a, S> {
    pub(super) around: &'a CallContext<'a, S>,
    pub(super) inputs: &'a Inputs,
    /// The service's name for people.
    pub(super) title: &'a str,
    pub(super) until: Instant,
    /// The account of the whole call.
    pub(super) budget: &'a Budget,
    pub(super) idempotency_key: Option<Value>,
    pub(super) vars: Value,
    /// The token in use: its value and exports.
    pub(super) token: Value,
    /// The captures as they were before each step, for `rerun_from`.
    before: Vec<Value>,
    pub(super) answer: Option<ServiceAnswer>,
    pub(super) redactor: Masks,
    pub(super) reran: bool,
    /// Whether an expired token was replaced already: once per call.
    pub(super) renewed: bool,
    /// Whether a request is on its way, and whether it would do harm twice.
    pub(super) in_flight: Option<Harm>,
    /// Steps that changed something at the service.
    pub(super) changed: Vec<Arc<str>>,
    /// Whether something may have been done that a repetition would do twice.
    pub(super) doubtful: bool,
    pub(super) record: Record,
    /// Tokens in use, and what else they brought that is secret.
    pub(super) tokens: Masks,
    /// Whether the request goes out again because its token had expired.
    pub(super) expired_token: bool,
    /// When the call began.
    pub(super) since: Instant,
    /// The span that what happens now is a part of.
    pub(super) within: Option<usize>,
    /// Whether what passes may be shown in a trace.
    pub(super) exposure: Visibility,
}

/// What sending a request twice would do.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Harm {
    None,
    Twice,
}

impl<'a, S: Sender> Run<'a, S> {
    pub(super) fn new(
        around: &'a CallContext<'a, S>,
        inputs: &'a Inputs,
        (title, redactor): (&'a str, Masks),
        budget: &'a Budget,
    ) -> Self {
        let until = budget.until();
        Self {
            around,
            inputs,
            title,
            until,
            budget,
            idempotency_key: None,
            vars: Value::Object(Map::new()),
            token: Value::Null,
            before: Vec::new(),
            answer: None,
            redactor,
            reran: false,
            renewed: false,
            in_flight: None,
            changed: Vec::new(),
            doubtful: false,
            record: Record::default(),
            since: until.checked_sub(around.deadline).unwrap_or(until),
            within: None,
            tokens: Masks::default(),
            expired_token: false,
            exposure: Visibility::Shown,
        }
    }

    /// Runs the steps to the last, or to the first failure.
    pub(super) async fn steps(&mut self, steps: &[Step]) -> Ended<()> {
        let mut index = 0;
        let goes_back = steps.iter().any(Step::may_go_back);
        while let Some(step) = steps.get(index) {
            if goes_back {
                self.before.truncate(index);
                self.before.push(self.vars.clone());
            }
            match self.step(step).await? {
                Next::Onwards => index += 1,
                Next::BackTo(earlier) => {
                    self.vars = self.before.get(earlier).cloned().unwrap_or_else(|| Value::Object(Map::new()));
                    index = earlier;
                }
            }
        }
        Ok(())
    }

    async fn step(&mut self, step: &Step) -> Ended<Next> {
        if let Some(when) = &step.when {
            let holds = when.holds(&self.scope(), None).map_err(|error| {
                Box::new(Failure::new(
                    FailureKind::Build,
                    format!("The condition of step `{}` cannot be answered: {error}", step.id),
                ))
            })?;
            if !holds {
                self.around.trace.note(|| Event::Skipped { step: step.id.to_string() });
                return Ok(Next::Onwards);
            }
        }
        self.around.trace.note(|| Event::Began { step: step.id.to_string() });
        let span = self.begin(Work::Step(Arc::clone(&step.id)));
        let outer = self.within.replace(span);
        let ended = self.act(step).await;
        self.within = outer;
        self.record.end(span, self.since);
        ended
    }

    /// Begins a span within the one that is under way.
    pub(super) fn begin(&mut self, work: Work) -> usize {
        let id = if self.around.context.is_some() { SpanId::new() } else { SpanId::default() };
        self.record.begin(id, self.within, (work, self.since))
    }

    async fn act(&mut self, step: &Step) -> Ended<Next> {
        match &step.act {
            Act::Fail(message) => {
                let text = message.string(&self.scope());
                let text = text.map_err(|error| Box::new(not_built(&step.id, &BuildError::render("fail", &error))))?;
                Err(Box::new(
                    Failure::new(FailureKind::Refused, text.unwrap_or_default())
                        .caused_by(format!("step {}: fail", step.id)),
                ))
            }
            Act::Set(values) => {
                self.set(&step.id, values)?;
                Ok(Next::Onwards)
            }
            Act::Exchange(exchange) => match &step.for_each {
                Some(for_each) => {
                    Box::pin(self.each(step, exchange, for_each)).await?;
                    Ok(Next::Onwards)
                }
                None => self.exchange(step, exchange, None).await,
            },
        }
    }

    /// One after the other; the first failure ends the run.
    async fn each(&mut self, step: &Step, exchange: &Exchange, for_each: &ForEach) -> Ended<()> {
        let refuse = |reason: String| Box::new(not_built(&step.id, &BuildError::new("for_each.in", reason)));
        let list = for_each.list.value(&self.scope()).map_err(|error| refuse(error.to_string()))?;
        let items = match list {
            None | Some(Value::Null) => Vec::new(),
            Some(Value::Array(items)) => items,
            Some(other) => return Err(refuse(format!("takes a list, found {}", crate::value::kind_of(Some(&other))))),
        };
        if u64::try_from(items.len()).unwrap_or(u64::MAX) > for_each.max {
            return Err(refuse(format!("the list has {} elements, and `max` is {}", items.len(), for_each.max)));
        }
        let mut collected: Vec<Vec<Value>> = vec![Vec::new(); exchange.collect.len()];
        for item in &items {
            let element = Some((for_each.name.as_str(), item));
            self.exchange(step, exchange, element).await?;
            for (capture, values) in exchange.collect.iter().zip(&mut collected) {
                values.extend(self.captured(step, capture, element)?);
            }
        }
        for (capture, values) in exchange.collect.iter().zip(collected) {
            self.keep(&capture.name, Value::Array(values));
        }
        Ok(())
    }

    pub(super) fn way_back(&self) -> WayBack {
        if self.reran { WayBack::Spent } else { WayBack::Open }
    }

    pub(super) fn capture_all(&mut self, step: &Step, captures: &[Capture], element: Element<'_>) -> Ended<Next> {
        let mut found = Vec::new();
        for capture in captures {
            let value = self.captured(step, capture, element)?;
            if self.exposure == Visibility::Hidden
                && let Some(text) = value.as_ref().and_then(text_of).filter(|text| text.len() >= SHORTEST_SESSION)
            {
                // What a login step finds is sent by the next one.
                self.redactor.add(&text);
            }
            self.note_capture("vars", (&capture.name, capture), value.as_ref());
            found.push((&capture.name, value));
        }
        for (name, value) in found {
            // A name that nothing was found for keeps what an earlier step captured.
            if let Some(value) = value {
                self.keep(name, value);
            }
        }
        Ok(Next::Onwards)
    }

    pub(super) fn captured(&self, step: &Step, capture: &Capture, element: Element<'_>) -> Ended<Option<Value>> {
        let scope = self.scope_with(element);
        capture_value(capture, &scope, self.answer.as_ref()).map_err(|error| {
            let message = format!("{} answered, but `capture.{}`: {error}", self.title, capture.name);
            Box::new(
                Failure::new(FailureKind::BadAnswer, message)
                    .caused_by(format!("step {}: capture `{}`", step.id, capture.name)),
            )
        })
    }

    /// Notes where a value was looked for, and what was there.
    pub(super) fn note_capture(&self, root: &str, (name, capture): (&str, &Capture), value: Option<&Value>) {
        self.around.trace.note(|| {
            let near = if value.is_none() {
                near_miss(capture, self.answer.as_ref(), self.budget).unwrap_or_default()
            } else {
                None
            };
            let place = (format!("{root}.{name}"), source_text(capture));
            trace::captured(place, value, near, (&self.redactor, self.exposure))
        });
    }

    pub(super) fn set(&mut self, step: &str, values: &[(String, Structure)]) -> Ended<()> {
        let mut built = Vec::new();
        for (name, structure) in values {
            let value = build_value(structure, &self.scope())
                .map_err(|error| Box::new(not_built(step, &error.within(name))))?;
            built.push((name, value));
        }
        for (name, value) in built {
            if let Some(value) = value {
                self.keep(name, value);
            }
        }
        Ok(())
    }

    pub(super) fn keep(&mut self, name: &str, value: Value) {
        if let Value::Object(vars) = &mut self.vars {
            vars.insert(name.to_owned(), value);
        }
    }

    /// What every template can see.
    pub(super) fn scope(&self) -> Scope<'_> {
        let scope = Scope::new(self.around.moment, self.budget)
            .with("auth", &self.inputs.auth)
            .with("data", &self.inputs.data)
            .with("meta", &self.inputs.meta)
            .with("secrets", self.around.secrets)
            .with("vars", &self.vars)
            .with("token", &self.token);
        match &self.idempotency_key {
            Some(key) => scope.with("idempotency_key", key),
            None => scope,
        }
    }

    pub(super) fn scope_with<'s>(&'s self, element: Option<(&'s str, &'s Value)>) -> Scope<'s> {
        match element {
            Some((name, value)) => self.scope().with(name, value),
            None => self.scope(),
        }
    }
}
