//! One request of a step, sent until there is an answer worth keeping, and what that answer means.

use std::sync::Arc;
use std::time::Duration;

use http::header::CONTENT_TYPE;
use tokio::time::Instant;

use super::failure::{explained, not_answered, not_built, out_of_time, over_limit, unexplained};
use super::journal::{Attempt, Work};
use super::steps::{Element, Ended, Harm, Next, Run};
use super::trace::{self, Event, Visibility};
use super::verdict::{is_success, matching_rule};
use super::{BuildError, Failure, FailureKind, ServiceAnswer, build_request};
use crate::auth;
use crate::catalog::{Authentication, ErrorRule, Exchange, LimitPlan, RequestPlan, RuleEffect, Step, TokenPlan};
use crate::condition::ConditionError;
use crate::content::Content;
use crate::state::Quota;
use crate::upstream::{Answer, OutboundRequest, Permit, SendError, Sender, may_retry, retry_after, wait_before};
use crate::value::text_of;

impl<S: Sender> Run<'_, S> {
    /// One request, its answer, and what that means.
    pub(super) async fn exchange(&mut self, step: &Step, exchange: &Exchange, element: Element<'_>) -> Ended<Next> {
        let answer = self.answer_with_credentials(step, exchange, element).await?;
        self.answer = Some(answer);
        let (success, rule) = self.judged(step, exchange, element)?;
        self.around.trace.note(|| match success {
            true => Event::Succeeded,
            false => Event::Failed { rule: rule.map(|rule| rule.place.clone()) },
        });
        if success {
            self.note_change(step, &exchange.request);
            return self.capture_all(step, &exchange.captures, element);
        }
        let Some(answer) = &self.answer else {
            return Err(Box::new(Failure::new(FailureKind::Bug, "there is no answer")));
        };
        let Some(rule) = rule else {
            let failure = unexplained(self.title, &step.id, answer, self.budget);
            // An answer of 5xx may come after the work is done; 501 and 503 say that it is not.
            self.doubtful |= answer.status >= 500
                && !matches!(answer.status, 501 | 503)
                && self.harm(&exchange.request) == Harm::Twice;
            return Err(Box::new(failure));
        };
        self.record.rules.push(rule.place.clone());
        match &rule.effect {
            RuleEffect::Accept(captures) => self.capture_all(step, captures, element),
            RuleEffect::Rerun(earlier) => {
                self.reran = true;
                Ok(Next::BackTo(*earlier))
            }
            effect => {
                let scope = self.scope_with(element);
                let failure = explained(self.title, &step.id, effect, &scope, answer);
                let unclear = failure.kind == FailureKind::Unavailable && !matches!(answer.status, 501 | 503);
                self.doubtful |= unclear && self.harm(&exchange.request) == Harm::Twice;
                Err(Box::new(failure))
            }
        }
    }

    /// The answer; with a token that turns out to have expired replaced, once per call.
    async fn answer_with_credentials(
        &mut self,
        step: &Step,
        exchange: &Exchange,
        element: Element<'_>,
    ) -> Ended<ServiceAnswer> {
        let Authentication::Token(plan) = exchange.request.authentication.as_ref() else {
            let request = self.built(step, exchange, element)?;
            return self.answered(step, exchange, request, element).await;
        };
        let drawn = self.around.moment.drawn();
        // Boxed, as everything that most calls do without: a call in hand is as large as the largest way through it.
        let token = Box::pin(self.obtain(plan, None)).await?;
        self.use_token(plan, &token);
        let request = self.built(step, exchange, element)?;
        let answer = self.answered(step, exchange, request, element).await?;
        if self.renewed || !self.has_expired(plan, &answer, element)? {
            return Ok(answer);
        }
        self.renewed = true;
        let token = Box::pin(self.obtain(plan, Some(&token))).await?;
        self.use_token(plan, &token);
        self.expired_token = true;
        // Built again, since the token may stand in it, with the same ids as before.
        self.around.moment.redraw_from(drawn);
        let request = self.built(step, exchange, element)?;
        let answered = Box::pin(self.answered(step, exchange, request, element)).await;
        self.expired_token = false;
        answered
    }

    fn built(&mut self, step: &Step, exchange: &Exchange, element: Element<'_>) -> Ended<Box<OutboundRequest>> {
        let scope = self.scope_with(element);
        build_request(&exchange.request, &scope).map(Box::new).map_err(|error| Box::new(not_built(&step.id, &error)))
    }

    /// Whether the service says that the token is no longer good; too many calls never do.
    fn has_expired(&self, plan: &TokenPlan, answer: &ServiceAnswer, element: Element<'_>) -> Ended<bool> {
        let rule = &plan.expired_when;
        if answer.status == 429 || !rule.status.iter().any(|pattern| pattern.matches(answer.status)) {
            return Ok(false);
        }
        let Some(when) = &rule.when else { return Ok(true) };
        when.holds(&self.scope_with(element), Some(&answer.content))
            .map_err(|error| self.unclear("expired_when", &error))
    }

    fn judged<'e>(
        &self,
        step: &Step,
        exchange: &'e Exchange,
        element: Element<'_>,
    ) -> Ended<(bool, Option<&'e ErrorRule>)> {
        let Some(answer) = &self.answer else { return Ok((false, None)) };
        let scope = self.scope_with(element);
        let unclear = |error: ConditionError| self.unclear(&format!("step {}", step.id), &error);
        if is_success(&exchange.success, &scope, answer).map_err(unclear)? {
            return Ok((true, None));
        }
        let unclear = |error: ConditionError| self.unclear(&format!("step {}", step.id), &error);
        Ok((false, matching_rule(&exchange.errors, &scope, answer, self.way_back()).map_err(unclear)?))
    }

    fn unclear(&self, place: &str, error: &ConditionError) -> Box<Failure> {
        let message = format!("{} answered, but the answer cannot be judged: {error}", self.title);
        Box::new(Failure::new(FailureKind::BadAnswer, message).caused_by(place))
    }

    /// Sends until there is an answer worth keeping, or no time or attempt is left.
    async fn answered(
        &mut self,
        step: &Step,
        exchange: &Exchange,
        request: Box<OutboundRequest>,
        element: Element<'_>,
    ) -> Ended<ServiceAnswer> {
        let plan = &exchange.request;
        let replayable = plan.replayable || is_marked(plan, &request);
        let mut next = request;
        let mut attempt = 0;
        let mut again = self.expired_token.then(|| "expired_token".to_owned());
        loop {
            // What is sent gets the credentials of its attempt, so what may be sent once more is kept without.
            let spare = (attempt < plan.retry.max).then(|| next.clone());
            let sent = self.send(step, exchange, (next, again.take()), element).await?;
            let wait = match &sent {
                Ok(answer) => self.wait_after_answer(exchange, answer, (attempt, replayable), element),
                Err(error) => {
                    let harmless = !error.may_have_arrived() || replayable;
                    let again = plan.retry.on_connect && error.may_pass() && harmless;
                    (again && attempt < plan.retry.max).then(|| wait_before(attempt, None))
                }
            };
            let in_time = |wait: &Duration| *wait < self.until.saturating_duration_since(Instant::now());
            match (sent, spare.zip(wait.filter(in_time))) {
                (sent, Some((spare, wait))) => {
                    next = spare;
                    again =
                        Some(sent.map_or_else(|error| error.as_str().to_owned(), |answer| answer.status.to_string()));
                    let milliseconds = u64::try_from(wait.as_millis()).unwrap_or(u64::MAX);
                    self.around.trace.note(|| Event::Waited { milliseconds });
                    tokio::time::sleep(wait).await;
                }
                (Ok(answer), None) => return Ok(answer),
                (Err(error), None) => {
                    self.doubtful |= error.may_have_arrived() && self.harm(plan) == Harm::Twice;
                    return Err(Box::new(not_answered(self.title, &step.id, self.doubt(plan), &error)));
                }
            }
            attempt += 1;
        }
    }

    /// How long to wait before the same bytes go out again, if they may.
    fn wait_after_answer(
        &self,
        exchange: &Exchange,
        answer: &ServiceAnswer,
        (attempt, replayable): (u32, bool),
        element: Element<'_>,
    ) -> Option<Duration> {
        let plan = &exchange.request;
        let scope = self.scope_with(element);
        if attempt >= plan.retry.max || is_success(&exchange.success, &scope, answer).unwrap_or(true) {
            return None;
        }
        if let Authentication::Token(token) = plan.authentication.as_ref()
            && !self.renewed
            && self.has_expired(token, answer, element).unwrap_or(false)
        {
            return None;
        }
        let said = match matching_rule(&exchange.errors, &scope, answer, self.way_back()) {
            Ok(Some(ErrorRule { effect: RuleEffect::Fail { retry, .. }, .. })) => *retry,
            Ok(Some(_)) => Some(false),
            _ => None,
        };
        let listed = plan.retry.statuses.iter().any(|pattern| pattern.matches(answer.status));
        if !said.unwrap_or(listed) || !may_retry(answer.status, replayable) {
            return None;
        }
        Some(wait_before(attempt, retry_after(&answer.headers, self.around.moment.instant())))
    }

    /// One attempt with fresh credentials, within what is left of the call's time and the service's limits.
    async fn send(
        &mut self,
        step: &Step,
        exchange: &Exchange,
        (mut attempt, again): (Box<OutboundRequest>, Option<String>),
        element: Element<'_>,
    ) -> Ended<Result<ServiceAnswer, SendError>> {
        let limits = &exchange.request.limits;
        let _place = match limits.rate.is_none() && limits.concurrent.is_none() {
            true => None,
            false => Box::pin(self.admitted(limits)).await?,
        };
        let remaining = self.until.saturating_duration_since(Instant::now());
        if remaining.is_zero() {
            return Err(Box::new(out_of_time(self.title, false)));
        }
        attempt.attempt_timeout = attempt.attempt_timeout.min(remaining);
        attempt.connect_timeout = attempt.connect_timeout.min(remaining);
        let mut redactor = std::mem::take(&mut self.redactor);
        let authentication = exchange.request.authentication.as_ref();
        let applied = auth::apply(authentication, &self.scope_with(element), &mut attempt, &mut redactor);
        self.redactor = redactor;
        applied
            .map_err(|error| Box::new(not_built(&step.id, &BuildError::new("authentication", error.to_string()))))?;
        // Never the host itself where it may be made of what the caller sent.
        if !exchange.request.url.is_constant() {
            attempt.shown_host = self.redactor.masked(attempt.host()).map(Arc::from);
        }
        // Sent once more if the service asks for a proof of its own.
        let mut kept = matches!(authentication, Authentication::Digest { .. }).then(|| attempt.clone());
        let mut sent = self.deliver(step, &exchange.request, (attempt, again)).await;
        if let Ok(answer) = &sent
            && answer.status == 401
            && let Some(mut attempt) = kept.take()
        {
            let challenged =
                auth::answer_challenge(authentication, &self.scope_with(element), &answer.headers, &mut attempt);
            let challenged = challenged.map_err(|error| {
                Box::new(not_built(&step.id, &BuildError::new("authentication", error.to_string())))
            })?;
            if challenged {
                let remaining = self.until.saturating_duration_since(Instant::now());
                attempt.attempt_timeout = attempt.attempt_timeout.min(remaining);
                let again = Some("challenge".to_owned());
                sent = Box::pin(self.deliver(step, &exchange.request, (attempt, again))).await;
            }
        }
        let answer = match sent {
            Ok(answer) => answer,
            Err(error) => return Ok(Err(error)),
        };
        let content_type = answer.headers.get(CONTENT_TYPE).and_then(|value| value.to_str().ok());
        let projection = exchange.projection_of(answer.status);
        let content = Content::read(answer.body, content_type, exchange.request.answer, projection, self.budget);
        let content = content.map_err(|exhausted| {
            self.doubtful |= self.harm(&exchange.request) == Harm::Twice;
            let message = format!("{} answered, but the answer cannot be read: {exhausted}", self.title);
            Box::new(Failure::new(FailureKind::BadAnswer, message).caused_by(format!("step {}: answer", step.id)))
        })?;
        Ok(Ok(ServiceAnswer { status: answer.status, headers: answer.headers, content }))
    }

    /// Puts a request on the wire, and on record.
    async fn deliver(
        &mut self,
        step: &Step,
        plan: &RequestPlan,
        (mut request, again): (Box<OutboundRequest>, Option<String>),
    ) -> Result<Answer, SendError> {
        let (step, method) = (Arc::clone(&step.id), request.method.clone());
        let span = self.begin(Work::Attempt(Attempt { step, method, again, result: None }));
        if let (Some(context), Some(begun)) = (self.around.context, self.record.spans.get(span)) {
            context.put_into(&mut request.headers, begun.id);
        }
        self.around.trace.note(|| trace::sent(&request, &self.redactor));
        self.in_flight = Some(self.harm(plan));
        let sent = self.around.sender.send(request).await;
        self.in_flight = None;
        self.record.answered(span, self.since, &sent);
        self.around.trace.note(|| {
            let took = self.record.spans.get(span).and_then(|span| span.took).unwrap_or_default();
            let milliseconds = u64::try_from(took.as_millis()).unwrap_or(u64::MAX);
            trace::answered(&sent, milliseconds, (&self.redactor, self.exposure))
        });
        sent
    }

    /// Waits for its turn under the service's limits; held while the request is on its way.
    async fn admitted(&self, limits: &LimitPlan) -> Ended<Option<Permit>> {
        let by = match &limits.by {
            Some(by) => by
                .string(&self.scope())
                .map_err(|error| Box::new(not_built("limits", &BuildError::render("limits.by", &error))))?,
            None => None,
        };
        let by = by.unwrap_or_default();
        let commons = self.around.commons;
        if let Some((owner, count, window)) = &limits.rate {
            let key = commons.state.key("rate", &[owner.as_bytes(), by.as_bytes()]);
            let quota = Quota { count: *count, window: *window };
            while let Err(wait) = commons.state.take(&key, quota).await {
                if Instant::now() + wait >= self.until {
                    return Err(Box::new(over_limit(self.title, wait)));
                }
                tokio::time::sleep(wait.max(Duration::from_millis(1))).await;
            }
        }
        let Some((owner, most)) = &limits.concurrent else { return Ok(None) };
        match commons.concurrency.enter(&format!("{owner}\n{by}"), *most, self.until).await {
            Some(place) => Ok(Some(place)),
            None => Err(Box::new(over_limit(self.title, Duration::ZERO))),
        }
    }

    /// What sending a request of this plan again, in another call, would do.
    /// What nobody knows if there is no answer. Of a question, and of a token, nobody wonders.
    fn doubt(&self, plan: &RequestPlan) -> &'static str {
        match plan.read_only || self.exposure == Visibility::Hidden {
            true => "",
            false => "; it may or may not have carried out the request",
        }
    }

    pub(super) fn harm(&self, plan: &RequestPlan) -> Harm {
        if plan.replayable || (self.idempotency_key.is_some() && plan.tells_calls_apart) {
            Harm::None
        } else {
            Harm::Twice
        }
    }

    fn note_change(&mut self, step: &Step, plan: &RequestPlan) {
        if plan.read_only {
            return;
        }
        self.doubtful |= self.harm(plan) == Harm::Twice;
        if !self.changed.contains(&step.id) {
            self.changed.push(Arc::clone(&step.id));
        }
    }

    /// Puts the token where templates find it, and its secrets where they are masked.
    fn use_token(&mut self, plan: &TokenPlan, token: &super::token::Kept) {
        self.redactor.add(&token.value);
        self.tokens.add(&token.value);
        for export in plan.exports.iter().filter(|export| export.secret) {
            if let Some(text) = token.exports.get(&export.capture.name).and_then(text_of) {
                self.redactor.add(&text);
                self.tokens.add(&text);
            }
        }
        self.token = token.as_root();
    }
}

/// Whether a request carries what tells the service that it is the same one.
fn is_marked(plan: &RequestPlan, request: &OutboundRequest) -> bool {
    plan.idempotency_headers.iter().any(|name| request.headers.contains_key(name))
}
