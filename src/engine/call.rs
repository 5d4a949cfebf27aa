//! One call: check the input, run the steps top to bottom, build the response.

use std::time::Duration;

use serde_json::{Map, Value};
use tokio::time::Instant;

use super::failures::{explained, not_answered, not_built, out_of_time, presentable, unexplained};
use super::input::{Inputs, check_input, secrets_of};
use super::judge::{WayBack, is_success, matching_rule};
use super::map::capture_value;
use super::record::{Attempt, Record};
use super::response::build_response;
use super::{Answered, Envelope, Failure, FailureKind, Outcome, Reply, build_request, build_value};
use crate::catalog::{Act, Action, Capture, ErrorRule, Exchange, RequestPlan, RuleEffect, Step, Structure};
use crate::content::Content;
use crate::secret::Redactor;
use crate::template::{Moment, Scope};
use crate::upstream::{OutboundRequest, SendError, Sender, may_retry, retry_after, wait_before};

/// What a call has besides its input.
#[derive(Debug)]
pub struct Circumstances<'a, S> {
    /// Sends the requests.
    pub sender: &'a S,
    /// The root `secrets` of templates.
    pub secrets: &'a Value,
    /// The instant of the call.
    pub moment: &'a Moment,
    /// For the whole call: steps, retries, waits.
    pub deadline: Duration,
}

/// Runs one call; always has an outcome before the deadline.
pub async fn execute<S: Sender>(
    action: &Action,
    envelope: Envelope,
    circumstances: Circumstances<'_, S>,
) -> (Outcome, Record) {
    let redactor = secrets_of(action, &envelope);
    let inputs = match check_input(action, &envelope) {
        Ok(inputs) => inputs,
        Err(failure) => return (Outcome::Failed(presentable(failure, &redactor)), Record::default()),
    };
    let until = Instant::now() + circumstances.deadline;
    let mut call = Call::new(action, inputs, circumstances, redactor, until);
    // The steps watch the deadline themselves; this holds even if one of them does not.
    let ended = tokio::time::timeout_at(until, call.run()).await;
    let ended = ended.unwrap_or_else(|_| Err(Box::new(out_of_time(action.service_title(), call.in_flight))));
    let outcome = match ended {
        // A message may repeat what the service said; ids are never touched.
        Ok(reply) => Outcome::Done(Reply { message: call.redactor.redact(&reply.message), ..reply }),
        Err(failure) => {
            let told = call.with_history(*failure);
            let failure = presentable(told, &call.redactor);
            let reply_401 = action.replies_401() && failure.kind == FailureKind::Auth;
            Outcome::Failed(Failure { reply_401, ..failure })
        }
    };
    (outcome, call.record)
}

/// Where the call goes after a step.
enum Next {
    Onwards,
    BackTo(usize),
}

type Ended<T> = Result<T, Box<Failure>>;

struct Call<'a, S> {
    action: &'a Action,
    around: Circumstances<'a, S>,
    inputs: Inputs,
    vars: Value,
    /// The captures as they were before each step, for `rerun_from`.
    before: Vec<Value>,
    answer: Option<Answered>,
    redactor: Redactor,
    until: Instant,
    reran: bool,
    /// Whether a request is on its way.
    in_flight: bool,
    /// Steps that changed something at the service.
    changed: Vec<String>,
    record: Record,
}

impl<'a, S: Sender> Call<'a, S> {
    fn new(
        action: &'a Action,
        inputs: Inputs,
        around: Circumstances<'a, S>,
        redactor: Redactor,
        until: Instant,
    ) -> Self {
        let mut redactor = redactor;
        for secret in around.secrets.as_object().into_iter().flat_map(Map::values).filter_map(Value::as_str) {
            redactor.add(secret);
        }
        Self {
            action,
            around,
            inputs,
            vars: Value::Object(Map::new()),
            before: Vec::new(),
            answer: None,
            redactor,
            until,
            reran: false,
            in_flight: false,
            changed: Vec::new(),
            record: Record::default(),
        }
    }

    async fn run(&mut self) -> Ended<Reply> {
        let action = self.action;
        self.set("set", action.set())?;
        let mut index = 0;
        while let Some(step) = action.steps().get(index) {
            self.before.truncate(index);
            self.before.push(self.vars.clone());
            match self.step(step).await? {
                Next::Onwards => index += 1,
                Next::BackTo(earlier) => {
                    self.vars = self.before.get(earlier).cloned().unwrap_or_else(|| Value::Object(Map::new()));
                    index = earlier;
                }
            }
        }
        let response = build_response(action, &self.scope(), self.answer.as_ref());
        let response = response.map_err(|error| {
            let message = format!("{} answered, but {error}", action.service_title());
            Box::new(Failure::new(FailureKind::BadAnswer, message).caused_by("response"))
        })?;
        self.record.missed.extend(response.missed);
        Ok(response.reply)
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
                return Ok(Next::Onwards);
            }
        }
        self.record.steps.push(step.id.clone());
        match &step.act {
            Act::Fail(message) => {
                let text = message.string(&self.scope());
                let text =
                    text.map_err(|error| Box::new(not_built(&step.id, &super::BuildError::render("fail", &error))))?;
                Err(Box::new(
                    Failure::new(FailureKind::Refused, text.unwrap_or_default())
                        .caused_by(format!("step {}: fail", step.id)),
                ))
            }
            Act::Set(values) => {
                self.set(&step.id, values)?;
                Ok(Next::Onwards)
            }
            Act::Exchange(exchange) if step.for_each.is_some() => {
                self.each(step, exchange).await?;
                Ok(Next::Onwards)
            }
            Act::Exchange(exchange) => self.exchange(step, exchange, None).await,
        }
    }

    /// One after the other; the first failure ends the call.
    async fn each(&mut self, step: &Step, exchange: &Exchange) -> Ended<()> {
        let Some(for_each) = &step.for_each else { return Ok(()) };
        let refuse = |reason: String| Box::new(not_built(&step.id, &super::BuildError::new("for_each.in", reason)));
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
            self.exchange(step, exchange, Some((&for_each.name, item))).await?;
            for (capture, values) in exchange.collect.iter().zip(&mut collected) {
                let value = self.captured(step, capture, Some((&for_each.name, item)))?;
                values.extend(value);
            }
        }
        for (capture, values) in exchange.collect.iter().zip(collected) {
            self.keep(&capture.name, Value::Array(values));
        }
        Ok(())
    }

    /// One request, its answer, and what that means.
    async fn exchange(&mut self, step: &Step, exchange: &Exchange, element: Option<(&str, &Value)>) -> Ended<Next> {
        let request = {
            let mut redactor = std::mem::take(&mut self.redactor);
            let scope = with_element(self.scope(), element);
            let built = build_request(&exchange.request, &scope, &mut redactor);
            self.redactor = redactor;
            built.map_err(|error| Box::new(not_built(&step.id, &error)))?
        };
        let answer = self.answered(step, exchange, &request, element).await?;
        self.answer = Some(answer);
        let (success, rule) = self.judged(step, exchange, element)?;
        if success {
            self.changes(step, &exchange.request);
            return self.capture_all(step, &exchange.captures, element);
        }
        let Some(rule) = rule else {
            let answer = self.answer.as_ref();
            let failure = answer.map(|answer| unexplained(self.action.service_title(), &step.id, answer));
            return Err(Box::new(failure.unwrap_or_else(|| Failure::new(FailureKind::Bug, "there is no answer"))));
        };
        self.record.rules.push(rule.place.clone());
        match &rule.effect {
            RuleEffect::Accept(captures) => self.capture_all(step, captures, element),
            RuleEffect::Rerun(earlier) => {
                self.reran = true;
                Ok(Next::BackTo(*earlier))
            }
            effect => {
                let scope = with_element(self.scope(), element);
                let failure = match &self.answer {
                    Some(answer) => explained(self.action.service_title(), &step.id, effect, &scope, answer),
                    None => Failure::new(FailureKind::Bug, "there is no answer"),
                };
                Err(Box::new(failure))
            }
        }
    }

    fn way_back(&self) -> WayBack {
        if self.reran { WayBack::Spent } else { WayBack::Open }
    }

    fn judged<'e>(
        &self,
        step: &Step,
        exchange: &'e Exchange,
        element: Option<(&str, &Value)>,
    ) -> Ended<(bool, Option<&'e ErrorRule>)> {
        let Some(answer) = &self.answer else { return Ok((false, None)) };
        let scope = with_element(self.scope(), element);
        let unclear = |error: crate::condition::ConditionError| {
            let message = format!("{} answered, but the answer cannot be judged: {error}", self.action.service_title());
            Box::new(Failure::new(FailureKind::BadAnswer, message).caused_by(format!("step {}", step.id)))
        };
        if is_success(&exchange.success, &scope, answer).map_err(unclear)? {
            return Ok((true, None));
        }
        Ok((false, matching_rule(&exchange.errors, &scope, answer, self.way_back()).map_err(unclear)?))
    }

    /// Sends until there is an answer worth keeping, or no time or attempt is left.
    async fn answered(
        &mut self,
        step: &Step,
        exchange: &Exchange,
        request: &OutboundRequest,
        element: Option<(&str, &Value)>,
    ) -> Ended<Answered> {
        let plan = &exchange.request;
        let mut attempt = 0;
        loop {
            let sent = self.send(step, request).await?;
            let remaining = self.until.saturating_duration_since(Instant::now());
            let wait = match &sent {
                Ok(answer) => self.wait_after_answer(exchange, answer, attempt, element),
                Err(error) => {
                    let harmless = !error.may_have_arrived() || plan.replayable;
                    let again = plan.retry.on_connect && error.may_pass() && harmless;
                    (again && attempt < plan.retry.max).then(|| wait_before(attempt, None))
                }
            };
            match (sent, wait.filter(|wait| *wait < remaining)) {
                (_, Some(wait)) => tokio::time::sleep(wait).await,
                (Ok(answer), None) => return Ok(answer),
                (Err(error), None) => {
                    return Err(Box::new(not_answered(self.action.service_title(), &step.id, &error)));
                }
            }
            attempt += 1;
        }
    }

    /// How long to wait before the same bytes go out again, if they may.
    fn wait_after_answer(
        &self,
        exchange: &Exchange,
        answer: &Answered,
        attempt: u32,
        element: Option<(&str, &Value)>,
    ) -> Option<Duration> {
        let plan = &exchange.request;
        let scope = with_element(self.scope(), element);
        if attempt >= plan.retry.max || is_success(&exchange.success, &scope, answer).unwrap_or(true) {
            return None;
        }
        let said = match matching_rule(&exchange.errors, &scope, answer, self.way_back()) {
            Ok(Some(ErrorRule { effect: RuleEffect::Fail { retry, .. }, .. })) => *retry,
            Ok(Some(_)) => Some(false),
            _ => None,
        };
        let listed = plan.retry.statuses.iter().any(|pattern| pattern.matches(answer.status));
        if !said.unwrap_or(listed) || !may_retry(answer.status, plan.replayable) {
            return None;
        }
        Some(wait_before(attempt, retry_after(&answer.headers, self.around.moment.instant())))
    }

    /// One attempt, within what is left of the call's time.
    async fn send(&mut self, step: &Step, request: &OutboundRequest) -> Ended<Result<Answered, SendError>> {
        let started = Instant::now();
        let remaining = self.until.saturating_duration_since(started);
        if remaining.is_zero() {
            return Err(Box::new(out_of_time(self.action.service_title(), self.in_flight)));
        }
        let mut attempt = request.clone();
        attempt.attempt_timeout = attempt.attempt_timeout.min(remaining);
        attempt.connect_timeout = attempt.connect_timeout.min(remaining);
        self.in_flight = true;
        let sent = self.around.sender.send(&attempt).await;
        self.in_flight = false;
        let milliseconds = u64::try_from(started.elapsed().as_millis()).unwrap_or(u64::MAX);
        let result = sent.as_ref().map(|answer| answer.status).map_err(ToString::to_string);
        self.record.attempts.push(Attempt { step: step.id.clone(), result, milliseconds });
        let format = match &step.act {
            Act::Exchange(exchange) => exchange.request.answer,
            Act::Fail(_) | Act::Set(_) => crate::keyword::AnswerFormat::Auto,
        };
        Ok(sent.map(|answer| {
            let content_type = answer.headers.get(http::header::CONTENT_TYPE).and_then(|value| value.to_str().ok());
            let content = Content::read(&answer.body, content_type, format);
            Answered { status: answer.status, headers: answer.headers, content }
        }))
    }

    fn capture_all(&mut self, step: &Step, captures: &[Capture], element: Option<(&str, &Value)>) -> Ended<Next> {
        let mut found = Vec::new();
        for capture in captures {
            found.push((&capture.name, self.captured(step, capture, element)?));
        }
        for (name, value) in found {
            // A name that nothing was found for keeps what an earlier step captured.
            if let Some(value) = value {
                self.keep(name, value);
            }
        }
        Ok(Next::Onwards)
    }

    fn captured(&self, step: &Step, capture: &Capture, element: Option<(&str, &Value)>) -> Ended<Option<Value>> {
        let scope = with_element(self.scope(), element);
        capture_value(capture, &scope, self.answer.as_ref()).map_err(|error| {
            let message = format!("{} answered, but `capture.{}`: {error}", self.action.service_title(), capture.name);
            Box::new(
                Failure::new(FailureKind::BadAnswer, message)
                    .caused_by(format!("step {}: capture `{}`", step.id, capture.name)),
            )
        })
    }

    fn set(&mut self, step: &str, values: &[(String, Structure)]) -> Ended<()> {
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

    fn keep(&mut self, name: &str, value: Value) {
        if let Value::Object(vars) = &mut self.vars {
            vars.insert(name.to_owned(), value);
        }
    }

    /// What every template of the call can see.
    fn scope(&self) -> Scope<'_> {
        Scope::new(self.around.moment)
            .with("auth", &self.inputs.auth)
            .with("data", &self.inputs.data)
            .with("meta", &self.inputs.meta)
            .with("secrets", self.around.secrets)
            .with("vars", &self.vars)
    }

    fn changes(&mut self, step: &Step, plan: &RequestPlan) {
        let reads = matches!(plan.method, http::Method::GET | http::Method::HEAD)
            || (plan.method == http::Method::POST && plan.replayable);
        if !reads && !self.changed.contains(&step.id) {
            self.changed.push(step.id.clone());
        }
    }

    /// A later step's failure says what was already done, since nobody undoes it.
    fn with_history(&self, failure: Failure) -> Failure {
        if self.changed.is_empty() {
            return failure;
        }
        let simple = self.action.steps().len() == 1 && self.action.steps().iter().all(|step| step.for_each.is_none());
        if simple {
            let message = format!("{} (the request itself was carried out)", failure.message.trim_end_matches('.'));
            return Failure { message, ..failure };
        }
        let done: Vec<String> = self.changed.iter().map(|id| format!("`{id}`")).collect();
        let message =
            format!("{} (already done before that: {})", failure.message.trim_end_matches('.'), done.join(", "));
        Failure { message, ..failure }
    }
}

fn with_element<'s>(scope: Scope<'s>, element: Option<(&'s str, &'s Value)>) -> Scope<'s> {
    match element {
        Some((name, value)) => scope.with(name, value),
        None => scope,
    }
}
