//! One call: input → claim → steps → response, and how it ends.

use std::sync::Arc;
use std::sync::atomic::AtomicBool;

use serde_json::{Map, Value};

use super::dedup::{CallClaim, Claimed, Times, public_key};
use super::failure::{CallError, CallResult, not_built, out_of_time};
use super::frame::{CallContext, Conditions, Frame, Progress};
use super::intake::intake;
use super::journal::Journal;
use super::map::{MapError, MappedReply, ResponseError, build_response, capture_value};
use super::reply::{checked, checked_return};
use super::steps::{note_capture, run_steps, set};
use super::trace::Visibility;
use super::{BuildError, Envelope, Failure, FailureKind, Inputs, Outcome};
use crate::budget::Budget;
use crate::catalog::{Action, Capture, Purpose, ResponseSource};
use crate::template::Scope;
use crate::upstream::Sender;
use crate::value::is_blank;

/// Runs one call; always has an outcome before the deadline.
pub async fn execute<S: Sender + 'static>(
    context: &CallContext<S>,
    conditions: &Conditions<'_>,
    action: &Arc<Action>,
    envelope: Envelope,
) -> (Outcome, Journal) {
    let budget = Budget::new(context.bounds, conditions.until);
    let guarded = context.operator_masks();
    let (inputs, masks) = match intake(action, envelope, &guarded) {
        Ok(taken) => taken,
        Err(failure) => return (Outcome::Failed(failure), Journal::default()),
    };
    let key = match idempotency_key(context, conditions, action, (&inputs, &budget)) {
        Ok(key) => key,
        Err(failure) => return (Outcome::Failed(failure.masked(&masks)), Journal::default()),
    };
    let now = conditions.clock.instant().as_millisecond();
    let claim = match (action.idempotency(), &key) {
        (Some(idempotency), Some(key)) => {
            let name = context.shared.state.key("call", &[key.as_str().unwrap_or_default().as_bytes()]);
            let times = Times { now, deadline: conditions.deadline, until: conditions.until };
            match Box::pin(CallClaim::claim(&context.shared.state, name, idempotency.life, times)).await {
                Claimed::First(claim) => Some(claim),
                Claimed::Replay(outcome) => return (*outcome, Journal { repeated: true, ..Journal::default() }),
            }
        }
        _ => None,
    };
    let frame = Frame {
        context,
        conditions,
        action,
        inputs: &inputs,
        idempotency_key: key,
        budget: &budget,
        since: conditions.until.checked_sub(conditions.deadline).unwrap_or(conditions.until),
        visibility: Visibility::Shown,
        on_long_work: AtomicBool::new(false),
    };
    let mut progress = Progress::new(masks, guarded);
    // The steps watch the deadline themselves; this holds even if one of them does not.
    let ended = tokio::time::timeout_at(conditions.until, carry_out(&frame, &mut progress)).await;
    let ended = ended.unwrap_or_else(|_| Err(Box::new(out_of_time(frame.title(), progress.in_flight.as_ref()))));
    let outcome = ended.unwrap_or_else(|failure| Outcome::Failed(explained(&frame, &progress, *failure)));
    conditions.trace.note_secrets(&progress.masks);
    if let Some(claim) = claim {
        let left = budget.time_left();
        let elapsed = i64::try_from(conditions.deadline.saturating_sub(left).as_millis()).unwrap_or(i64::MAX);
        Box::pin(claim.end(&outcome, &progress.evidence, now.saturating_add(elapsed))).await;
    }
    (outcome, progress.journal)
}

/// The failure with what was done before it, as it may leave.
fn explained<S>(frame: &Frame<'_, S>, progress: &Progress, failure: CallError) -> Failure {
    let history = progress.evidence.history(failure.step.as_deref());
    let message = match history.is_empty() {
        true => failure.message.clone(),
        false => format!("{}{history}", failure.message.trim_end_matches('.')),
    };
    let failure = CallError { message, ..failure }.masked(&progress.masks);
    let reply_401 = frame.action.replies_401() && failure.kind == FailureKind::Auth;
    Failure { reply_401, ..failure }
}

/// What distinguishes this call from others of its route and credentials; none for an absent or empty key.
fn idempotency_key<S>(
    context: &CallContext<S>,
    conditions: &Conditions<'_>,
    action: &Action,
    (inputs, budget): (&Inputs, &Budget),
) -> CallResult<Option<Value>> {
    let Some(idempotency) = action.idempotency() else { return Ok(None) };
    let scope = Scope::new(&conditions.clock, budget)
        .with("auth", &inputs.auth)
        .with("data", &inputs.data)
        .with("meta", &inputs.meta)
        .with("secrets", &*context.secrets);
    let key = idempotency.key.string(&scope).map_err(|error| {
        Box::new(not_built(&Arc::from("idempotency"), &BuildError::render("idempotency.key", &error)))
    })?;
    let key = key.filter(|key| !is_blank(key));
    Ok(key.map(|key| public_key(action.route(), &inputs.auth, &key)))
}

/// The steps, and then the response.
async fn carry_out<S: Sender + 'static>(frame: &Frame<'_, S>, progress: &mut Progress) -> CallResult<Outcome> {
    let action = frame.action;
    set(frame, progress, (&Arc::from("set"), action.set())).await?;
    run_steps(frame, progress, action.steps()).await?;
    if let Purpose::Verify(returned) = action.purpose() {
        return verified(frame, progress, returned).map(Outcome::Verified);
    }
    let scope = frame.scope(progress);
    let response = frame
        .pure(|| build_response(action, &scope, progress.answer.as_ref()), ResponseError::exhausted)
        .await
        .map_err(|error| {
            let message = format!("{} answered, but {error}", frame.title());
            Box::new(CallError::new(FailureKind::BadAnswer, message).caused_by("response"))
        })?;
    note_response(frame, progress, &response.reply);
    let (reply, omitted) = checked(action, response.reply, (&progress.masks, &progress.guarded))?;
    progress.journal.unmapped.extend(response.unmapped);
    progress.journal.unmapped.extend(omitted);
    Ok(Outcome::Done(reply))
}

/// Where each field of the response was looked for, and what was there.
fn note_response<S>(frame: &Frame<'_, S>, progress: &Progress, reply: &MappedReply) {
    if !frame.conditions.trace.is_on() {
        return;
    }
    for field in frame.action.response() {
        let ResponseSource::Capture(capture) = &field.source else { continue };
        let text = reply.fields().find(|(key, _)| *key == field.kind.as_str()).map(|(_, text)| text);
        note_capture(frame, progress, ("response", field.kind.as_str(), capture), text.map(Value::from).as_ref());
    }
}

/// What the caller keeps of a check of credentials.
fn verified<S>(frame: &Frame<'_, S>, progress: &Progress, returned: &[Capture]) -> CallResult<Map<String, Value>> {
    let mut fields = Map::new();
    for capture in returned {
        let value = capture_value(capture, &frame.scope(progress), progress.answer.as_ref());
        let value = value.map_err(|error: MapError| {
            let message = format!("{} answered, but `return.{}`: {error}", frame.title(), capture.name);
            Box::new(CallError::new(FailureKind::BadAnswer, message).caused_by("verify"))
        })?;
        fields.extend(value.map(|value| (capture.name.clone(), value)));
    }
    Ok(checked_return(frame.title(), fields, &progress.guarded)?)
}
