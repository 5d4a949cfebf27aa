//! One request of a step, sent until there is an answer worth keeping, and what that answer means.
//!
//! Permits → credentials → send → judge; again while verdict, evidence, budget and time allow.

use std::sync::Arc;
use std::time::Duration;

use http::header::CONTENT_TYPE;
use tokio::time::Instant;

use super::evidence::{Effect, Finding, Unsettled};
use super::failure::{CallError, CallResult, Sent, no_time_to_send, not_answered, not_built, over_limit};
use super::frame::{Frame, Progress};
use super::journal::{Attempt, Work};
use super::token::{CachedToken, obtain};
use super::trace::{self, Event, Visibility};
use super::verdict::{Judged, Verdict, WayBack, finding, finding_of_failure, judge};
use super::{BuildError, FailureKind, ServiceAnswer, build_request};
use crate::auth;
use crate::catalog::{Authentication, ErrorRule, Exchange, ExpiryRule, LimitPlan, RequestPlan, RuleEffect, Step};
use crate::condition::ConditionError;
use crate::content::Content;
use crate::state::Quota;
use crate::template::Scope;
use crate::upstream::{Answer, OutboundRequest, Permit, SendError, Sender, may_retry, retry_after, wait_before};
use crate::value::text_of;

/// A request that changes something is not begun with less time left than a quarter of what it may take, at most this.
const LONGEST_RESERVE: Duration = Duration::from_secs(1);

/// One element of a `for_each`: its name and value.
pub(super) type Element<'e> = Option<(&'e str, &'e serde_json::Value)>;

/// A request of a step, for one element of its list if it has one.
#[derive(Clone, Copy)]
pub(super) struct StepRequest<'e> {
    pub(super) step: &'e Step,
    pub(super) exchange: &'e Exchange,
    pub(super) element: Element<'e>,
}

impl<'e> StepRequest<'e> {
    fn plan(&self) -> &'e RequestPlan {
        &self.exchange.request
    }

    /// Whether it changes nothing at the service.
    pub(super) fn is_read_only(&self) -> bool {
        self.exchange.request.read_only
    }
}

/// Why a request goes out again, for metrics and traces.
type Again = Option<String>;

/// The judged answer; a token that turns out to have expired is replaced, once per call.
pub(super) async fn exchange<'e, S: Sender + 'static>(
    frame: &Frame<'_, S>,
    progress: &mut Progress,
    request: StepRequest<'e>,
) -> CallResult<Judged<'e>> {
    let authentication = &request.plan().authentication;
    let Authentication::Token(plan) = authentication.as_ref() else {
        return repeated(frame, progress, request, (None, None)).await;
    };
    let drawn = frame.conditions.clock.drawn();
    // Boxed, as everything that most calls do without: a call in flight is as large as the largest way through it.
    let token = Box::pin(obtain(frame, progress, (authentication, plan), None)).await?;
    use_token(progress, authentication, &token);
    let expiry = (!progress.token.renewed).then_some(&plan.expired_when);
    let judged = repeated(frame, progress, request, (None, expiry)).await?;
    if !matches!(judged.verdict, Verdict::Expired) {
        return Ok(judged);
    }
    progress.evidence.settle(judged.attempt, Finding::NotDone);
    progress.token.renewed = true;
    let token = Box::pin(obtain(frame, progress, (authentication, plan), Some(&token))).await?;
    use_token(progress, authentication, &token);
    // Built again, since the token may be part of it, with the same ids as before.
    frame.conditions.clock.redraw_from(drawn);
    Box::pin(repeated(frame, progress, request, (Some("expired_token".to_owned()), None))).await
}

/// Puts the token where templates find it, and its secrets where they are masked and guarded.
fn use_token(progress: &mut Progress, authentication: &Authentication, token: &CachedToken) {
    progress.guard(&token.value);
    if let Authentication::Token(plan) = authentication {
        for export in plan.exports.iter().filter(|export| export.secret) {
            if let Some(text) = token.exports.get(&export.capture.name).and_then(text_of) {
                progress.guard(&text);
            }
        }
    }
    progress.token.root = token.as_root();
}

/// Sends until there is an answer worth keeping, or no time, attempt or budget is left.
async fn repeated<'e, S: Sender + 'static>(
    frame: &Frame<'_, S>,
    progress: &mut Progress,
    request: StepRequest<'e>,
    (mut again, expiry): (Again, Option<&ExpiryRule>),
) -> CallResult<Judged<'e>> {
    let plan = request.plan();
    let mut next = built(frame, progress, request).await?;
    let repeatable = plan.replayable || is_marked(plan, &next);
    for attempt in 0.. {
        // What is sent gets the credentials of its attempt, so what may be sent once more is kept without.
        let spare = (attempt < plan.retry.max).then(|| next.clone());
        let sent = send(frame, progress, request, (next, again.take())).await?;
        let (wait, reason) = match sent {
            Ok((answer, unsettled)) => {
                let verdict = verdict(frame, progress, request, (&answer, expiry)).await;
                let verdict = match verdict {
                    Ok(verdict) => verdict,
                    Err(error) => {
                        progress.evidence.settle(unsettled, finding_of_unclear(answer.status));
                        return Err(unclear(frame, request.step, &error));
                    }
                };
                let wait = wait_after(frame, plan, (&verdict, &answer), (attempt, repeatable));
                let wait = wait.filter(|wait| spare.is_some() && is_in_time(frame, request, *wait));
                let Some(wait) = wait else { return Ok(Judged { answer, verdict, attempt: unsettled }) };
                progress.evidence.settle(unsettled, finding(&verdict, answer.status));
                (wait, answer.status.to_string())
            }
            Err(error) => {
                let again = plan.retry.on_connect && error.may_pass() && (!error.may_have_arrived() || repeatable);
                let wait = again.then(|| wait_before(attempt, None));
                match wait.filter(|wait| spare.is_some() && is_in_time(frame, request, *wait)) {
                    Some(wait) => (wait, error.as_str().to_owned()),
                    None => return Err(Box::new(not_answered(frame.title(), &request.step.id, &error))),
                }
            }
        };
        let Some(spare) = spare else { break };
        (next, again) = (spare, Some(reason));
        let milliseconds = u64::try_from(wait.as_millis()).unwrap_or(u64::MAX);
        frame.conditions.trace.note(|| Event::Waited { milliseconds });
        tokio::time::sleep(wait).await;
    }
    // Without a spare request the loop returns.
    Err(Box::new(CallError::new(FailureKind::Bug, "a request was to be sent again and was not there")))
}

async fn built<S: Sender + 'static>(
    frame: &Frame<'_, S>,
    progress: &Progress,
    request: StepRequest<'_>,
) -> CallResult<Box<OutboundRequest>> {
    let scope = scope_of(frame, progress, request.element);
    let built = frame.pure(|| build_request(request.plan(), &scope).map(Box::new), BuildError::exhausted).await;
    built.map_err(|error| Box::new(not_built(&request.step.id, &error)))
}

async fn verdict<'e, S>(
    frame: &Frame<'_, S>,
    progress: &Progress,
    request: StepRequest<'e>,
    (answer, expiry): (&ServiceAnswer, Option<&ExpiryRule>),
) -> Result<Verdict<'e>, ConditionError> {
    let scope = scope_of(frame, progress, request.element);
    let back = if progress.captures.reran { WayBack::Spent } else { WayBack::Open };
    frame.pure(|| judge(request.exchange, expiry, (&scope, answer), back), ConditionError::exhausted).await
}

fn unclear<S>(frame: &Frame<'_, S>, step: &Step, error: &ConditionError) -> Box<CallError> {
    let message = format!("{} answered, but the answer cannot be judged: {error}", frame.title());
    Box::new(CallError::new(FailureKind::BadAnswer, message).of_step(&step.id, "conditions"))
}

/// What an answer proves that cannot be judged.
fn finding_of_unclear(status: u16) -> Finding {
    if (200..300).contains(&status) { Finding::Accepted } else { finding_of_failure(status) }
}

/// How long to wait before the same bytes go out again, if they may.
fn wait_after<S>(
    frame: &Frame<'_, S>,
    plan: &RequestPlan,
    (verdict, answer): (&Verdict<'_>, &ServiceAnswer),
    (attempt, repeatable): (u32, bool),
) -> Option<Duration> {
    let (by_rule, not_done) = match verdict {
        Verdict::Expired | Verdict::Success => return None,
        Verdict::Failed(Some(ErrorRule { effect: RuleEffect::Fail { retry, carried_out, .. }, .. })) => {
            (*retry, *carried_out == Some(false))
        }
        Verdict::Failed(Some(_)) => (Some(false), false),
        Verdict::Failed(None) => (None, false),
    };
    let listed = plan.retry.statuses.iter().any(|pattern| pattern.matches(answer.status));
    if !by_rule.unwrap_or(listed) || !may_retry(answer.status, repeatable || not_done) {
        return None;
    }
    Some(wait_before(attempt, retry_after(&answer.headers, frame.conditions.clock.instant())))
}

/// Whether a request that waits so long still has the time that it needs.
fn is_in_time<S>(frame: &Frame<'_, S>, request: StepRequest<'_>, wait: Duration) -> bool {
    wait + reserve(frame, request.plan()) < frame.budget.time_left()
}

/// The time that must be left before a request is begun.
fn reserve<S>(frame: &Frame<'_, S>, plan: &RequestPlan) -> Duration {
    match plan.read_only || frame.visibility == Visibility::Hidden {
        true => Duration::ZERO,
        false => (plan.attempt_timeout.min(frame.conditions.deadline) / 4).min(LONGEST_RESERVE),
    }
}

/// The answer and the right to settle its attempt, or why there is none; that attempt is settled.
type SentOnce = Result<(ServiceAnswer, Unsettled), SendError>;

/// One attempt with fresh credentials, within what is left of the call's time and the service's limits.
async fn send<S: Sender + 'static>(
    frame: &Frame<'_, S>,
    progress: &mut Progress,
    request: StepRequest<'_>,
    (mut attempt, again): (Box<OutboundRequest>, Again),
) -> CallResult<SentOnce> {
    let limits = &request.plan().limits;
    let _permit = match limits.rate.is_none() && limits.concurrent.is_none() {
        true => None,
        false => Box::pin(permit(frame, progress, request.step, limits)).await?,
    };
    let left = frame.budget.time_left();
    if left.is_zero() || left < reserve(frame, request.plan()) {
        return Err(Box::new(no_time_to_send(&request.step.id, sent_so_far(progress))));
    }
    charge(frame, request.step, attempt.body.len())?;
    attempt.attempt_timeout = attempt.attempt_timeout.min(left);
    attempt.connect_timeout = attempt.connect_timeout.min(left);
    attempt.service = Some(Arc::clone(frame.action.service_name()));
    attempt.caller = frame.caller();
    let authentication = request.plan().authentication.as_ref();
    let mut masks = std::mem::take(&mut progress.masks);
    let scope = scope_of(frame, progress, request.element);
    let applied = auth::apply(authentication, &scope, &mut attempt, &mut masks);
    progress.masks = masks;
    let no_credentials = |error: auth::AuthError| {
        Box::new(not_built(&request.step.id, &BuildError::new("authentication", error.to_string())))
    };
    applied.map_err(no_credentials)?;
    // Never the host itself where it may be made of what the caller sent.
    if !request.plan().url.is_constant() {
        attempt.shown_host = progress.masks.masked(attempt.host()).map(Arc::from);
    }
    // Sent once more if the service asks for a proof of its own.
    let mut kept = matches!(authentication, Authentication::Digest { .. }).then(|| attempt.clone());
    let mut sent = deliver(frame, progress, request, (attempt, again)).await;
    if let (Ok((Answer { status: 401, headers, .. }, _)), Some(mut attempt)) = (&sent, kept.take()) {
        let scope = scope_of(frame, progress, request.element);
        let challenged = auth::answer_challenge(authentication, &scope, headers, &mut attempt);
        if !matches!(challenged, Ok(false))
            && let Ok((_, unsettled)) = sent
        {
            // The service looked at the credentials and no further.
            progress.evidence.settle(unsettled, Finding::NotDone);
            challenged.map_err(no_credentials)?;
            charge(frame, request.step, attempt.body.len())?;
            attempt.attempt_timeout = attempt.attempt_timeout.min(frame.budget.time_left());
            sent = Box::pin(deliver(frame, progress, request, (attempt, Some("challenge".to_owned())))).await;
        }
    }
    match sent {
        Ok((answer, unsettled)) => Ok(Ok((read(frame, request, answer).await?, unsettled))),
        Err(error) => Ok(Err(error)),
    }
}

/// The answer as captures and rules see it.
async fn read<S>(frame: &Frame<'_, S>, request: StepRequest<'_>, answer: Answer) -> CallResult<ServiceAnswer> {
    frame.before_reading(answer.body.len()).await;
    let content_type = answer.headers.get(CONTENT_TYPE).and_then(|value| value.to_str().ok());
    let projection = request.exchange.projection_of(answer.status);
    let content = Content::read(answer.body, content_type, request.plan().answer, projection, frame.budget);
    let content = content.map_err(|error| exhausted(request.step, error))?;
    Ok(ServiceAnswer { status: answer.status, headers: answer.headers, content })
}

/// One more request, and the bytes that it copies.
fn charge<S>(frame: &Frame<'_, S>, step: &Step, bytes: usize) -> CallResult<()> {
    let charged = frame.budget.charge_request().and_then(|()| frame.budget.charge_bytes(bytes));
    charged.map_err(|error| exhausted(step, error))
}

fn exhausted(step: &Step, error: crate::budget::Exhausted) -> Box<CallError> {
    let message = format!("Step `{}` is over what one call may use: {error}", step.id);
    Box::new(CallError::new(FailureKind::Build, message).of_step(&step.id, "budget"))
}

/// Puts a request on the wire and on record.
async fn deliver<S: Sender + 'static>(
    frame: &Frame<'_, S>,
    progress: &mut Progress,
    request: StepRequest<'_>,
    (mut outbound, again): (Box<OutboundRequest>, Again),
) -> Result<(Answer, Unsettled), SendError> {
    let (step, method) = (Arc::clone(&request.step.id), outbound.method.clone());
    let span = frame.begin_span(progress, Work::Attempt(Attempt { step, method, again, result: None }));
    if let (Some(context), Some(begun)) = (frame.conditions.trace_context, progress.journal.spans.get(span)) {
        context.put_into(&mut outbound.headers, begun.id);
    }
    frame.conditions.trace.note(|| trace::sent(&outbound, &progress.masks));
    let unsettled = progress.evidence.leaves(&request.step.id, effect(frame, request.plan()));
    progress.in_flight = Some(Arc::clone(&request.step.id));
    let sent = frame.context.sender.send(outbound).await;
    progress.in_flight = None;
    progress.journal.answered(span, frame.since, &sent);
    frame.conditions.trace.note(|| {
        let took = progress.journal.spans.get(span).and_then(|span| span.took).unwrap_or_default();
        let milliseconds = u64::try_from(took.as_millis()).unwrap_or(u64::MAX);
        trace::answered(&sent, milliseconds, (&progress.masks, frame.visibility))
    });
    match sent {
        Ok(answer) => Ok((answer, unsettled)),
        Err(error) => {
            let finding = if error.may_have_arrived() { Finding::Unknown } else { Finding::NotDone };
            progress.evidence.settle(unsettled, finding);
            Err(error)
        }
    }
}

/// What carrying out a request of this plan in another call again would do.
fn effect<S>(frame: &Frame<'_, S>, plan: &RequestPlan) -> Effect {
    match plan.read_only || frame.visibility == Visibility::Hidden {
        true => Effect::None,
        false if plan.replayable || (frame.idempotency_key.is_some() && plan.tells_calls_apart) => Effect::Once,
        false => Effect::Twice,
    }
}

fn sent_so_far(progress: &Progress) -> Sent {
    match (progress.evidence.anything_changed(), progress.evidence.anything_left()) {
        (true, _) => Sent::Changes,
        (false, true) => Sent::Questions,
        (false, false) => Sent::Nothing,
    }
}

/// Waits for a permit under the service's limits; held while the request is on its way.
async fn permit<S>(
    frame: &Frame<'_, S>,
    progress: &Progress,
    step: &Step,
    limits: &LimitPlan,
) -> CallResult<Option<Permit>> {
    let by = match &limits.by {
        Some(by) => by
            .string(&frame.scope(progress))
            .map_err(|error| Box::new(not_built(&step.id, &BuildError::render("limits.by", &error))))?,
        None => None,
    };
    let by = by.unwrap_or_default();
    let (shared, until) = (&frame.context.shared, frame.budget.until());
    let refuse = |wait| Box::new(over_limit(frame.title(), &step.id, wait, sent_so_far(progress)));
    if let Some((owner, count, window)) = &limits.rate {
        let key = shared.state.key("rate", &[owner.as_bytes(), by.as_bytes()]);
        let quota = Quota { count: *count, window: *window };
        while let Err(wait) = shared.state.take(&key, quota).await {
            if Instant::now() + wait >= until {
                return Err(refuse(wait));
            }
            tokio::time::sleep(wait.max(Duration::from_millis(1))).await;
        }
    }
    let Some((owner, most)) = &limits.concurrent else { return Ok(None) };
    match shared.concurrency.enter(&format!("{owner}\n{by}"), *most, until).await {
        Some(permit) => Ok(Some(permit)),
        None => Err(refuse(Duration::ZERO)),
    }
}

/// What the templates of a step see, within an element of its list.
pub(super) fn scope_of<'s, S>(frame: &'s Frame<'_, S>, progress: &'s Progress, element: Element<'s>) -> Scope<'s> {
    match element {
        Some((name, value)) => frame.scope(progress).with(name, value),
        None => frame.scope(progress),
    }
}

/// Whether a request carries what tells the service that it is the same one.
fn is_marked(plan: &RequestPlan, request: &OutboundRequest) -> bool {
    plan.idempotency_headers.iter().any(|name| request.headers.contains_key(name))
}
