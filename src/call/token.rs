//! Access tokens: cached, fetched once however many calls wait, renewed beside the calls while they are still good.
//!
//! A refusal is remembered only where the token endpoint itself answered it. What the state keeps is sealed there.

use std::collections::BTreeMap;
use std::future::Future;
use std::pin::Pin;
use std::sync::Arc;
use std::sync::atomic::AtomicBool;
use std::time::Duration;

use serde::{Deserialize, Serialize};
use serde_json::{Map, Value};
use tokio::time::Instant;

use super::assertion::assertion;
use super::failure::{CallError, CallResult, not_built};
use super::frame::{CallContext, Conditions, Frame, Progress};
use super::journal::{Fetched, Work};
use super::map::capture_value;
use super::shared::SingleFlight;
use super::steps::run_steps;
use super::trace::{Event, Trace, Visibility};
use super::{BuildError, FailureKind, Inputs};
use crate::budget::Budget;
use crate::catalog::{Action, Authentication, BUILT_IN, TokenPlan};
use crate::secret::Masks;
use crate::state::{Claim, Key};
use crate::template::CallClock;
use crate::upstream::Sender;
use crate::value::into_text;

/// How long a token is kept whose service does not say how long it lives.
const UNKNOWN_LIFE: Duration = Duration::from_secs(60 * 60);

/// The longest that any token is kept.
const LONGEST_LIFE: Duration = Duration::from_secs(24 * 60 * 60);

/// A token is renewed when a tenth of its life is left, but no earlier than this before its end.
const EARLIEST_RENEWAL: Duration = Duration::from_secs(60);

/// How long another process may take to fetch a token before this one asks too.
const PATIENCE: Duration = Duration::from_secs(10);
const LOOK_EVERY: Duration = Duration::from_millis(25);

/// How long a rotated refresh token is kept after its last use.
const REFRESH_LIFE: Duration = Duration::from_secs(90 * 24 * 60 * 60);

/// The name under which the token request finds the refresh token in use.
pub(super) const REFRESH_TOKEN: &str = "refresh_token";

/// A token as it is cached.
#[derive(Clone, Serialize, Deserialize)]
pub(super) struct CachedToken {
    pub(super) value: String,
    pub(super) exports: BTreeMap<String, Value>,
    /// Milliseconds since 1970.
    fetched: i64,
    ends: i64,
}

impl std::fmt::Debug for CachedToken {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("CachedToken(«redacted»)")
    }
}

impl CachedToken {
    /// The root `token`.
    pub(super) fn as_root(&self) -> Value {
        let mut root: Map<String, Value> = self.exports.clone().into_iter().collect();
        root.insert("value".to_owned(), Value::String(self.value.clone()));
        Value::Object(root)
    }

    fn age(&self, now: i64) -> Age {
        let life = self.ends - self.fetched;
        let early = (life / 10).min(i64::try_from(EARLIEST_RENEWAL.as_millis()).unwrap_or(i64::MAX));
        match self.ends - now {
            left if left <= 0 => Age::Ended,
            left if left <= early => Age::Ageing,
            // A clock that was set back proves nothing of the token.
            _ => Age::Good,
        }
    }
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Age {
    Good,
    /// Still good, and to be renewed.
    Ageing,
    Ended,
}

/// How a token is had: the plan, and the `Arc` that keeps it.
type Plan<'p> = (&'p Arc<Authentication>, &'p TokenPlan);

/// The token; another than `spent`, which the service no longer takes.
pub(super) async fn obtain<S: Sender + 'static>(
    frame: &Frame<'_, S>,
    progress: &mut Progress,
    (authentication, plan): Plan<'_>,
    spent: Option<&CachedToken>,
) -> CallResult<CachedToken> {
    let key = key_of(frame, progress, plan);
    match cached(frame, &key, spent).await {
        Some((token, Age::Good)) => {
            frame.conditions.trace.note(|| Event::TokenKept);
            return Ok(token);
        }
        Some((token, _)) => {
            renew_beside((frame, progress), &key, authentication);
            frame.conditions.trace.note(|| Event::TokenKept);
            return Ok(token);
        }
        None => {}
    }
    let flight = frame.context.shared.single_flight(&key);
    let unanswered = flight.unanswered();
    let _lock = Arc::clone(&flight.lock).lock_owned().await;
    if let Some((token, _)) = cached(frame, &key, spent).await {
        return Ok(token);
    }
    if let Some(failure) = flight.refusal().or_else(|| flight.failed_since(unanswered)) {
        return Err(Box::new(CallError::repeated(&failure)));
    }
    fetch_once(frame, progress, (plan, &key, spent), &flight).await
}

/// Renews a token that is still good for a while in a task of its own: no call waits for it, and none fails with it.
fn renew_beside<S: Sender + 'static>(
    (frame, progress): (&Frame<'_, S>, &Progress),
    key: &Key,
    authentication: &Arc<Authentication>,
) {
    let flight = frame.context.shared.single_flight(key);
    // Held: a renewal is under way.
    let Ok(lock) = Arc::clone(&flight.lock).try_lock_owned() else { return };
    if flight.refusal().is_some() {
        return;
    }
    let renewal = Renewal {
        context: frame.context.clone(),
        action: Arc::clone(frame.action),
        inputs: frame.inputs.clone(),
        authentication: Arc::clone(authentication),
        key: key.clone(),
        flight,
        deadline: frame.conditions.deadline,
        masks: progress.masks.clone(),
        guarded: progress.guarded.clone(),
    };
    tokio::spawn(async move {
        renewal.run().await;
        drop(lock);
    });
}

/// What a renewal needs when the call that began it has ended.
struct Renewal<S> {
    context: CallContext<S>,
    action: Arc<Action>,
    inputs: Inputs,
    authentication: Arc<Authentication>,
    key: Key,
    flight: Arc<SingleFlight>,
    deadline: Duration,
    masks: Masks,
    guarded: Masks,
}

impl<S: Sender + 'static> Renewal<S> {
    async fn run(&self) {
        let Authentication::Token(plan) = self.authentication.as_ref() else { return };
        let trace = Trace::OFF;
        let conditions = Conditions::from_now(CallClock::now(), self.deadline, &trace);
        let budget = Budget::new(self.context.bounds, conditions.until);
        let frame = Frame {
            context: &self.context,
            conditions: &conditions,
            action: &self.action,
            inputs: &self.inputs,
            idempotency_key: None,
            budget: &budget,
            since: Instant::now(),
            visibility: Visibility::Hidden,
            on_long_work: AtomicBool::new(false),
        };
        let mut progress = Progress::new(self.masks.clone(), self.guarded.clone());
        if let Some((_, Age::Good)) = cached(&frame, &self.key, None).await {
            return;
        }
        let fetch = fetch_once(&frame, &mut progress, (plan, &self.key, None), &self.flight);
        let fetched = tokio::time::timeout_at(conditions.until, fetch).await;
        let failure = match fetched {
            Ok(Ok(_)) => return,
            Ok(Err(failure)) => failure.masked(&progress.masks).message.to_string(),
            Err(_) => "the token endpoint did not answer in time".to_owned(),
        };
        tracing::warn!(
            service = &**self.action.service_name(),
            failure,
            "the token is not renewed yet; it is still good"
        );
    }
}

/// What is cached, unless it is spent or has ended.
async fn cached<S>(frame: &Frame<'_, S>, key: &Key, spent: Option<&CachedToken>) -> Option<(CachedToken, Age)> {
    let bytes = frame.context.shared.state.get(key).await?;
    let token: CachedToken = serde_json::from_slice(&bytes).ok()?;
    let age = token.age(now(frame));
    let usable = age != Age::Ended && spent.is_none_or(|spent| spent.value != token.value);
    usable.then_some((token, age))
}

/// Fetches a token and caches it, or remembers the refusal. Only one process at a time asks.
async fn fetch_once<S: Sender + 'static>(
    frame: &Frame<'_, S>,
    progress: &mut Progress,
    (plan, key, spent): (&TokenPlan, &Key, Option<&CachedToken>),
    flight: &SingleFlight,
) -> CallResult<CachedToken> {
    let shared = &frame.context.shared;
    let (state, mark) = (&shared.state, shared.process);
    let lock = state.key("token lock", &[key.as_bytes()]);
    // A refresh token that the service takes once only is never sent by two processes.
    let patience = match plan.refresh_token.is_some() {
        true => frame.budget.until(),
        false => (Instant::now() + PATIENCE).min(frame.budget.until()),
    };
    while let Claim::Held(holder) = state.claim(&lock, &mark, PATIENCE.max(frame.conditions.deadline)).await {
        // One of our own calls that ran out of time left it: the single flight is ours, so no other call here fetches.
        if holder == mark || Instant::now() >= patience {
            break;
        }
        tokio::time::sleep(LOOK_EVERY).await;
        if let Some((token, Age::Good)) = cached(frame, key, spent).await {
            return Ok(token);
        }
    }
    // Another process may have fetched one just before it let go.
    if let Some((token, Age::Good)) = cached(frame, key, spent).await {
        state.exchange(&lock, &mark, None).await;
        return Ok(token);
    }
    let fetched = fetch(frame, progress, plan).await;
    match &fetched {
        Ok(token) => {
            let left = u64::try_from(token.ends - now(frame)).unwrap_or_default();
            let bytes = serde_json::to_vec(token).unwrap_or_default();
            state.put(key, &bytes, Duration::from_millis(left)).await;
            flight.forget_refusal();
        }
        Err(failure) if failure.is_answer => flight.refuse((**failure).clone().masked(&progress.masks)),
        // What one call had no time for is no reason for another.
        Err(failure) if failure.kind == FailureKind::Timeout => {}
        Err(failure) => flight.note_unanswered((**failure).clone().masked(&progress.masks)),
    }
    state.exchange(&lock, &mark, None).await;
    fetched
}

/// Runs the plan's steps with captures of their own; what they learn and leave stays with the call.
async fn fetch<S: Sender + 'static>(
    frame: &Frame<'_, S>,
    progress: &mut Progress,
    plan: &TokenPlan,
) -> CallResult<CachedToken> {
    frame.conditions.trace.note(|| Event::TokenFetched);
    let span = frame.begin_span(progress, Work::Token(None));
    let hidden = Frame {
        context: frame.context,
        conditions: frame.conditions,
        action: frame.action,
        inputs: frame.inputs,
        idempotency_key: frame.idempotency_key.clone(),
        budget: frame.budget,
        since: frame.since,
        visibility: Visibility::Hidden,
        on_long_work: AtomicBool::new(frame.is_on_long_work()),
    };
    let mut inner = Progress::new(std::mem::take(&mut progress.masks), std::mem::take(&mut progress.guarded));
    inner.evidence = std::mem::take(&mut progress.evidence);
    let fetched = token_of(&hidden, &mut inner, plan).await;
    progress.masks = inner.masks;
    progress.guarded = inner.guarded;
    progress.evidence = inner.evidence;
    let result = if fetched.is_ok() { Fetched::Token } else { Fetched::Nothing };
    // A rule of the definition says it in its own words.
    let explained = inner.journal.rules.last().is_some_and(|place| place != BUILT_IN);
    progress.journal.fetched(span, frame.since, (result, inner.journal));
    fetched.map_err(|failure| match explained {
        true => failure,
        false => Box::new(CallError { message: format!("No access token: {}", failure.message), ..*failure }),
    })
}

/// Boxed, since the steps of a token run like any others.
fn token_of<'s, S: Sender + 'static>(
    frame: &'s Frame<'_, S>,
    progress: &'s mut Progress,
    plan: &'s TokenPlan,
) -> Pin<Box<dyn Future<Output = CallResult<CachedToken>> + Send + 's>> {
    Box::pin(async move {
        for (name, claims) in &plan.assertions {
            let text = assertion(frame, progress, claims)?;
            progress.guard(&text);
            progress.captures.keep(name, Value::String(text));
        }
        if plan.refresh_token.is_none() {
            run_steps(frame, progress, &plan.steps).await?;
            return token_in(frame, progress, plan);
        }
        refreshed(frame, progress, plan).await
    })
}

/// Refreshes with the refresh token that the service gave last, and keeps the one that it gives now (RFC 6749 §6).
async fn refreshed<S: Sender + 'static>(
    frame: &Frame<'_, S>,
    progress: &mut Progress,
    plan: &TokenPlan,
) -> CallResult<CachedToken> {
    let state = &frame.context.shared.state;
    let key = state.key("refresh token", &[key_of(frame, progress, plan).as_bytes()]);
    let kept = state.get(&key).await.and_then(|bytes| String::from_utf8(bytes).ok());
    let given = given_refresh_token(frame, progress, plan)?;
    let mut used = kept.clone().unwrap_or_else(|| given.clone());
    let mut ran = run_with(frame, progress, plan, &used).await;
    // The one given is tried again only where the service refuses the one that it gave later, never after a silence.
    if ran.is_err() && kept.is_some_and(|kept| kept != given) && is_invalid_grant(progress, frame.budget) {
        used = given;
        ran = run_with(frame, progress, plan, &used).await;
    }
    ran?;
    let token = token_in(frame, progress, plan)?;
    let rotated =
        progress.answer.as_ref().and_then(|answer| answer.content.member(REFRESH_TOKEN, frame.budget).ok().flatten());
    let next = rotated.and_then(Value::as_str).filter(|text| !text.is_empty()).map_or(used, str::to_owned);
    progress.guard(&next);
    // Before the first use of what came with it: a process that dies now must not have lost it.
    state.put(&key, next.as_bytes(), REFRESH_LIFE).await;
    Ok(token)
}

async fn run_with<S: Sender + 'static>(
    frame: &Frame<'_, S>,
    progress: &mut Progress,
    plan: &TokenPlan,
    refresh_token: &str,
) -> CallResult<()> {
    progress.guard(refresh_token);
    progress.answer = None;
    progress.captures.keep(REFRESH_TOKEN, Value::String(refresh_token.to_owned()));
    run_steps(frame, progress, &plan.steps).await
}

fn given_refresh_token<S>(frame: &Frame<'_, S>, progress: &Progress, plan: &TokenPlan) -> CallResult<String> {
    let Some(template) = &plan.refresh_token else { return Ok(String::new()) };
    let refuse = |error| Box::new(not_built(&Arc::from("token"), &error));
    let text = template.string(&frame.scope(progress));
    let text = text.map_err(|error| refuse(BuildError::render("refresh_token", &error)))?;
    text.ok_or_else(|| refuse(BuildError::new("refresh_token", format!("{} is absent", template.text()))))
}

/// RFC 6749 §5.2.
fn is_invalid_grant(progress: &Progress, budget: &Budget) -> bool {
    let error = progress.answer.as_ref().and_then(|answer| answer.content.member("error", budget).ok().flatten());
    error.and_then(Value::as_str) == Some("invalid_grant")
}

/// The token that the last answer, or the steps' captures, give.
fn token_in<S>(frame: &Frame<'_, S>, progress: &Progress, plan: &TokenPlan) -> CallResult<CachedToken> {
    let bad = |error: String| {
        let message = format!("{} answered, but {error}", frame.title());
        let failure = CallError::new(FailureKind::BadAnswer, message).caused_by("token");
        Box::new(CallError { is_answer: true, ..failure })
    };
    let capture = |capture| capture_value(capture, &frame.scope(progress), progress.answer.as_ref());
    let value = capture(&plan.value).map_err(|error| bad(format!("`token.value`: {error}")))?;
    let value = value.and_then(into_text).filter(|text| !text.trim().is_empty());
    let value = value.ok_or_else(|| bad("the token is empty".to_owned()))?;
    let mut exports = BTreeMap::new();
    for export in &plan.exports {
        let name = &export.capture.name;
        let found = capture(&export.capture).map_err(|error| bad(format!("`token.export.{name}`: {error}")))?;
        exports.extend(found.map(|found| (name.clone(), found)));
    }
    let life = match &plan.expires_in {
        Some(expires_in) => capture(expires_in).map_err(|error| bad(format!("`token.expires_in`: {error}")))?,
        None => None,
    };
    let life = life_of(life.as_ref()).map_err(|reason| bad(format!("`token.expires_in` {reason}")))?;
    let fetched = now(frame);
    let ends = fetched.saturating_add(i64::try_from(life.as_millis()).unwrap_or(i64::MAX));
    Ok(CachedToken { value, exports, fetched, ends })
}

/// Everything a token depends on, under a keyed hash: two tenants never share one.
fn key_of<S>(frame: &Frame<'_, S>, progress: &Progress, plan: &TokenPlan) -> Key {
    let scope = frame.scope(progress);
    let inputs: Vec<Value> =
        plan.inputs.iter().map(|input| input.value(&scope).ok().flatten().unwrap_or_default()).collect();
    let auth = frame.inputs.auth.to_value().to_string();
    let (secrets, inputs) = (frame.context.secrets.to_string(), Value::Array(inputs).to_string());
    let parts = [plan.identity.as_bytes(), auth.as_bytes(), secrets.as_bytes(), inputs.as_bytes()];
    frame.context.shared.state.key("token", &parts)
}

/// Milliseconds since 1970, at the beginning of the call.
fn now<S>(frame: &Frame<'_, S>) -> i64 {
    frame.conditions.clock.instant().as_millisecond()
}

/// Seconds, also as text, or a duration such as `20m`; 0 and nothing say nothing.
fn life_of(value: Option<&Value>) -> Result<Duration, &'static str> {
    let life = match value {
        None | Some(Value::Null) => None,
        Some(Value::Number(number)) => Some(seconds(&number.to_string()).ok_or("is not a number of seconds")?),
        Some(Value::String(text)) => {
            let text = text.trim();
            let read = seconds(text).or_else(|| crate::value::parse_duration(text).ok());
            Some(read.ok_or("is neither a number of seconds nor a duration")?)
        }
        Some(_) => return Err("is neither a number of seconds nor a duration"),
    };
    Ok(life.filter(|life| !life.is_zero()).unwrap_or(UNKNOWN_LIFE).min(LONGEST_LIFE))
}

/// Seconds, perhaps with a fraction; less than none is none.
fn seconds(text: &str) -> Option<Duration> {
    let seconds: f64 = text.parse().ok().filter(|seconds: &f64| seconds.is_finite())?;
    Some(Duration::try_from_secs_f64(seconds.max(0.0)).unwrap_or(LONGEST_LIFE))
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[track_caller]
    fn check(value: &Value, seconds: u64) {
        assert_eq!(life_of(Some(value)), Ok(Duration::from_secs(seconds)));
    }

    #[test]
    fn a_life_is_seconds_or_a_duration() {
        check(&json!(3600), 3600);
        check(&json!("3600"), 3600);
        check(&json!("60.0"), 60);
        check(&json!("20m"), 20 * 60);
    }

    #[test]
    fn a_service_that_says_nothing_or_zero_says_nothing() {
        assert_eq!(life_of(None), Ok(UNKNOWN_LIFE));
        check(&json!(null), 60 * 60);
        check(&json!(0), 60 * 60);
        check(&json!(-1), 60 * 60);
    }

    #[test]
    fn no_token_is_kept_for_ever() {
        check(&json!(999_999_999_999_u64), 24 * 60 * 60);
        check(&json!("1e300"), 24 * 60 * 60);
    }

    #[test]
    fn another_thing_is_no_life() {
        assert!(life_of(Some(&json!("soon"))).is_err());
        assert!(life_of(Some(&json!([60]))).is_err());
        assert!(life_of(Some(&json!("inf"))).is_err());
    }

    fn kept(life: i64) -> CachedToken {
        CachedToken {
            value: "t".to_owned(),
            exports: BTreeMap::new(),
            fetched: 1_000_000,
            ends: 1_000_000 + life * 1000,
        }
    }

    #[test]
    fn a_token_is_renewed_before_it_ends() {
        let short = kept(60);
        assert_eq!(short.age(1_000_000 + 53_000), Age::Good);
        assert_eq!(short.age(1_000_000 + 54_000), Age::Ageing);
        assert_eq!(short.age(1_000_000 + 60_000), Age::Ended);
        let long = kept(3600);
        assert_eq!(long.age(1_000_000 + 3_539_000), Age::Good);
        assert_eq!(long.age(1_000_000 + 3_541_000), Age::Ageing);
    }

    #[test]
    fn a_token_prints_nothing_of_itself() {
        assert_eq!(format!("{:?}", kept(60)), "CachedToken(«redacted»)");
    }
}
