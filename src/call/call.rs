//! One call: check the input, run the steps top to bottom, build the response.

use std::time::Duration;

use serde_json::{Map, Value};
use tokio::time::Instant;

use super::dedup::{Repetition, Times, Turn, public_key};
use super::failure::{not_built, out_of_time, presentable};
use super::intake::{check_input, secrets_of};
use super::journal::Record;
use super::map::build_response;
use super::map::capture_value;
use super::steps::{Ended, Harm, Run};
use super::trace::Trace;
use super::{BuildError, Envelope, Failure, FailureKind, Inputs, Outcome, Reply, SharedState, TraceContext};
use crate::budget::{Budget, BudgetBounds};
use crate::catalog::{Act, Action, Alternative, Capture, CaptureSource, Purpose, ResponseSource};
use crate::secret::Masks;
use crate::template::{CallClock, Scope};
use crate::upstream::Sender;
use crate::value::is_blank;

/// What a call has besides its input.
#[derive(Debug)]
pub struct CallContext<'a, S> {
    /// Sends the requests.
    pub sender: &'a S,
    /// What all calls share.
    pub commons: &'a SharedState,
    /// The root `secrets` of templates.
    pub secrets: &'a Value,
    /// The instant of the call.
    pub moment: &'a CallClock,
    /// For the whole call: steps, retries, waits, token fetches.
    pub deadline: Duration,
    /// Notes what happens, for whoever wants an explanation.
    pub trace: &'a Trace,
    /// The distributed trace that the call belongs to, if anybody traces.
    pub context: Option<&'a TraceContext>,
}

/// Runs one call; always has an outcome before the deadline.
pub async fn execute<S: Sender>(action: &Action, envelope: Envelope, context: CallContext<'_, S>) -> (Outcome, Record) {
    let until = Instant::now() + context.deadline;
    let budget = Budget::new(BudgetBounds::default(), until);
    let mut redactor = secrets_of(action, &envelope);
    let mut operators = Masks::default();
    for secret in context.secrets.as_object().into_iter().flat_map(Map::values).filter_map(Value::as_str) {
        redactor.add(secret);
        operators.add(secret);
    }
    let inputs = match check_input(action, envelope) {
        Ok(inputs) => inputs,
        Err(failure) => return (Outcome::Failed(presentable(failure, &redactor)), Record::default()),
    };
    let key = match idempotency_key(action, &inputs, &context, &budget) {
        Ok(key) => key,
        Err(failure) => return (Outcome::Failed(presentable(*failure, &redactor)), Record::default()),
    };
    let now = context.moment.instant().as_millisecond();
    let repetition = match (action.idempotency(), &key) {
        (Some(idempotency), Some(key)) => {
            let name = context.commons.state.key("call", &[key.as_str().unwrap_or_default().as_bytes()]);
            let times = Times { now, deadline: context.deadline, until };
            match Box::pin(Repetition::begin(&context.commons.state, name, idempotency.life, times)).await {
                Turn::First(repetition) => Some(repetition),
                Turn::Again(outcome) => return (*outcome, Record { repeated: true, ..Record::default() }),
            }
        }
        _ => None,
    };
    let mut run = Run::new(&context, &inputs, (action.service_title(), redactor), &budget);
    run.idempotency_key = key;
    // The steps watch the deadline themselves; this holds even if one of them does not.
    let ended = tokio::time::timeout_at(until, run.whole(action)).await;
    let ended = ended.unwrap_or_else(|_| {
        run.doubtful |= run.in_flight == Some(Harm::Twice);
        Err(Box::new(out_of_time(action.service_title(), run.in_flight.is_some())))
    });
    let outcome = match ended {
        // A message may repeat what the service said; ids are never touched.
        Ok(Outcome::Done(reply)) => run.told(action, reply, &operators),
        Ok(outcome) => outcome,
        Err(failure) => {
            let told = run.with_history(action, *failure);
            let failure = presentable(told, &run.redactor);
            let reply_401 = action.replies_401() && failure.kind == FailureKind::Auth;
            Outcome::Failed(Failure { reply_401, ..failure })
        }
    };
    context.trace.note_secrets(&run.redactor);
    if let Some(repetition) = repetition {
        let left = until.saturating_duration_since(Instant::now());
        let elapsed = context.deadline.saturating_sub(left).as_millis();
        let elapsed = i64::try_from(elapsed).unwrap_or(i64::MAX);
        Box::pin(repetition.end(&outcome, run.doubtful, now.saturating_add(elapsed))).await;
    }
    (outcome, run.record)
}

/// What tells this call from others of its route and credentials; none for an absent or empty key.
fn idempotency_key<S>(
    action: &Action,
    inputs: &Inputs,
    around: &CallContext<'_, S>,
    budget: &Budget,
) -> Ended<Option<Value>> {
    let Some(idempotency) = action.idempotency() else { return Ok(None) };
    let scope = Scope::new(around.moment, budget)
        .with("auth", &inputs.auth)
        .with("data", &inputs.data)
        .with("meta", &inputs.meta)
        .with("secrets", around.secrets);
    let key = idempotency
        .key
        .string(&scope)
        .map_err(|error| Box::new(not_built("idempotency", &BuildError::render("idempotency.key", &error))))?;
    let key = key.filter(|key| !is_blank(key));
    Ok(key.map(|key| public_key(action.route(), &inputs.auth, &key)))
}

impl<S: Sender> Run<'_, S> {
    /// The reply as the caller gets it. A message may repeat what the service said. An id is never touched: one that holds a
    /// token is not given out at all, and one that the service gave and that holds a secret of the operator neither. What
    /// the definition itself puts there is its author's to answer for.
    fn told(&self, action: &Action, reply: Reply, operators: &Masks) -> Outcome {
        let of_service = |key: &str| {
            let mut fields = action.response().iter().filter(|field| field.kind.as_str() == key);
            fields.any(|field| match &field.source {
                ResponseSource::Url(_) => false,
                ResponseSource::Capture(capture) => match &capture.source {
                    CaptureSource::Alternatives(sources) => {
                        sources.iter().any(|source| matches!(source, Alternative::Path(_)))
                    }
                    CaptureSource::Header(_) => true,
                    CaptureSource::Status | CaptureSource::Constant(_) => false,
                },
            })
        };
        let given = reply
            .fields()
            .skip(1)
            .find(|(key, text)| self.tokens.finds(text) || of_service(key) && operators.finds(text));
        if let Some((field, _)) = given {
            let message = format!("{} answered, but `response.{field}` would hold a secret", action.service_title());
            let failure = Failure::new(FailureKind::BadAnswer, message).caused_by("response");
            return Outcome::Failed(presentable(self.with_history(action, failure), &self.redactor));
        }
        let message = self.redactor.masked(&reply.message).unwrap_or(reply.message);
        Outcome::Done(Reply { message, ..reply })
    }

    async fn whole(&mut self, action: &Action) -> Ended<Outcome> {
        self.set("set", action.set())?;
        self.steps(action.steps()).await?;
        if let Purpose::Verify(returned) = action.purpose() {
            return self.verified(returned).map(Outcome::Verified);
        }
        let response = build_response(action, &self.scope(), self.answer.as_ref());
        let response = response.map_err(|error| {
            let message = format!("{} answered, but {error}", action.service_title());
            Box::new(Failure::new(FailureKind::BadAnswer, message).caused_by("response"))
        })?;
        self.note_response(action, &response.reply);
        self.record.unmapped.extend(response.unmapped);
        Ok(Outcome::Done(response.reply))
    }

    /// Where each field of the response was looked for, and what was there.
    fn note_response(&self, action: &Action, reply: &Reply) {
        if !self.around.trace.is_on() {
            return;
        }
        for field in action.response() {
            let ResponseSource::Capture(capture) = &field.source else { continue };
            let text = reply.fields().find(|(key, _)| *key == field.kind.as_str()).map(|(_, text)| text);
            self.note_capture("response", (field.kind.as_str(), capture), text.map(Value::from).as_ref());
        }
    }

    /// What the caller keeps of a check of credentials.
    fn verified(&self, returned: &[Capture]) -> Ended<Map<String, Value>> {
        let mut kept = Map::new();
        for capture in returned {
            let value = capture_value(capture, &self.scope(), self.answer.as_ref()).map_err(|error| {
                let message = format!("{} answered, but `return.{}`: {error}", self.title, capture.name);
                Box::new(Failure::new(FailureKind::BadAnswer, message).caused_by("verify"))
            })?;
            kept.extend(value.map(|value| (capture.name.clone(), value)));
        }
        Ok(kept)
    }

    /// A later step's failure says what was already done, since nobody undoes it.
    fn with_history(&self, action: &Action, failure: Failure) -> Failure {
        if self.changed.is_empty() {
            return failure;
        }
        let simple = match action.steps() {
            [step] => step.for_each.is_none() && matches!(step.act, Act::Exchange(_)),
            _ => false,
        };
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
