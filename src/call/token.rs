//! Tokens: kept, fetched once however many calls wait, renewed before they end.

use std::collections::BTreeMap;
use std::future::Future;
use std::pin::Pin;
use std::sync::PoisonError;
use std::time::Duration;

use serde::{Deserialize, Serialize};
use serde_json::{Map, Value};
use tokio::time::Instant;

use super::journal::{Fetched, Work};
use super::map::capture_value;
use super::shared::{Flight, Refusal};
use super::steps::{Ended, Run};
use super::trace::{Event, Visibility};
use super::{Failure, FailureKind};
use crate::catalog::{BUILT_IN, TokenPlan};
use crate::state::{Claim, Key};
use crate::upstream::Sender;
use crate::value::into_text;

/// How long a token is kept whose service does not say how long it lives.
const UNKNOWN_LIFE: Duration = Duration::from_secs(60 * 60);

/// The longest that any token is kept.
const LONGEST_LIFE: Duration = Duration::from_secs(24 * 60 * 60);

/// A token is renewed when a tenth of its life is left, but no earlier than this before its end.
const EARLIEST_RENEWAL: Duration = Duration::from_secs(60);

/// After a refusal nobody asks again for so long; it doubles with each refusal that follows.
const FIRST_PAUSE: Duration = Duration::from_secs(1);
const LONGEST_PAUSE: Duration = Duration::from_secs(30);

/// How long another process may take to fetch a token before this one asks too.
const PATIENCE: Duration = Duration::from_secs(10);
const LOOK_EVERY: Duration = Duration::from_millis(25);

/// A token as it is kept.
#[derive(Clone, Serialize, Deserialize)]
pub(super) struct Kept {
    pub(super) value: String,
    pub(super) exports: BTreeMap<String, Value>,
    /// Milliseconds since 1970.
    fetched: i64,
    ends: i64,
}

impl std::fmt::Debug for Kept {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("Kept(«redacted»)")
    }
}

impl Kept {
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
            left if left <= early => Age::Old,
            // A clock that was set back proves nothing of the token.
            _ => Age::Fresh,
        }
    }
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Age {
    Fresh,
    /// Still good, and worth renewing.
    Old,
    Ended,
}

impl<S: Sender> Run<'_, S> {
    /// The token; another than `spent`, which the service no longer takes.
    pub(super) async fn obtain(&mut self, plan: &TokenPlan, spent: Option<&Kept>) -> Ended<Kept> {
        let key = self.key_of(plan);
        let known = self.known(&key, spent).await;
        if let Some((kept, Age::Fresh)) = known {
            self.around.trace.note(|| Event::TokenKept);
            return Ok(kept);
        }
        let flight = self.around.commons.flight(&key);
        if let Some((kept, _)) = known {
            // Good for a while: whoever comes first renews it, the others need not wait.
            let Ok(_turn) = flight.turn.try_lock() else { return Ok(kept) };
            if let Some((fresh, Age::Fresh)) = self.known(&key, spent).await {
                return Ok(fresh);
            }
            return Ok(self.fetched(plan, (&key, spent), &flight).await.unwrap_or(kept));
        }
        let _turn = flight.turn.lock().await;
        if let Some((kept, _)) = self.known(&key, spent).await {
            return Ok(kept);
        }
        if let Some(refusal) = refusal_of(&flight) {
            return Err(Box::new(refusal));
        }
        self.fetched(plan, (&key, spent), &flight).await
    }

    /// What is kept, unless it is spent or has ended.
    async fn known(&self, key: &Key, spent: Option<&Kept>) -> Option<(Kept, Age)> {
        let bytes = self.around.commons.state.get(key).await?;
        let kept: Kept = serde_json::from_slice(&bytes).ok()?;
        let age = kept.age(self.now());
        let usable = age != Age::Ended && spent.is_none_or(|spent| spent.value != kept.value);
        usable.then_some((kept, age))
    }

    /// Fetches a token and keeps it, or notes the refusal. Only one process at a time asks.
    async fn fetched(&mut self, plan: &TokenPlan, (key, spent): (&Key, Option<&Kept>), flight: &Flight) -> Ended<Kept> {
        let state = &self.around.commons.state;
        let lock = state.key("token lock", &[key.as_bytes()]);
        let mark = self.around.commons.process;
        let patience = (Instant::now() + PATIENCE).min(self.until);
        while let Claim::Held(holder) = state.claim(&lock, &mark, PATIENCE).await {
            // One of our own calls that ran out of time left it: the turn is ours, so nobody here is fetching.
            if holder == mark || Instant::now() >= patience {
                break;
            }
            tokio::time::sleep(LOOK_EVERY).await;
            if let Some((kept, Age::Fresh)) = self.known(key, spent).await {
                return Ok(kept);
            }
        }
        // Another process may have fetched one just before it let go.
        if let Some((kept, Age::Fresh)) = self.known(key, spent).await {
            state.exchange(&lock, &mark, None).await;
            return Ok(kept);
        }
        let fetched = self.fetch(plan).await;
        let state = &self.around.commons.state;
        match &fetched {
            Ok(kept) => {
                let left = u64::try_from(kept.ends - self.now()).unwrap_or_default();
                let bytes = serde_json::to_vec(kept).unwrap_or_default();
                state.put(key, &bytes, Duration::from_millis(left)).await;
                *flight.refused.lock().unwrap_or_else(PoisonError::into_inner) = None;
            }
            Err(failure) => refuse(flight, failure),
        }
        state.exchange(&lock, &mark, None).await;
        fetched
    }

    /// Runs the plan's steps in a run of their own.
    async fn fetch(&mut self, plan: &TokenPlan) -> Ended<Kept> {
        self.around.trace.note(|| Event::TokenFetched);
        let span = self.begin(Work::Token(None));
        let mut inner = Run::new(self.around, self.inputs, (self.title, self.redactor.clone()), self.budget);
        inner.exposure = Visibility::Hidden;
        let fetched = inner.token_of(plan).await;
        // What the token call learned to mask stays masked.
        self.redactor = std::mem::take(&mut inner.redactor);
        let record = std::mem::take(&mut inner.record);
        // A rule of the definition says it in its own words.
        let explained = record.rules.last().is_some_and(|place| place != BUILT_IN);
        let result = if fetched.is_ok() { Fetched::Token } else { Fetched::Nothing };
        self.record.fetched(span, self.since, (result, record));
        fetched.map_err(|failure| match explained {
            true => failure,
            false => Box::new(Failure { message: format!("No access token: {}", failure.message), ..*failure }),
        })
    }

    /// Boxed, since the steps of a token run like any others.
    fn token_of<'s>(&'s mut self, plan: &'s TokenPlan) -> Pin<Box<dyn Future<Output = Ended<Kept>> + Send + 's>> {
        Box::pin(async move {
            self.steps_of(plan).await?;
            self.kept(plan)
        })
    }

    async fn steps_of(&mut self, plan: &TokenPlan) -> Ended<()> {
        for (name, assertion) in &plan.assertions {
            let text = self.assertion(assertion)?;
            self.redactor.add(&text);
            self.keep(name, Value::String(text));
        }
        self.steps(&plan.steps).await
    }

    /// What the last answer, or the steps' captures, give.
    fn kept(&self, plan: &TokenPlan) -> Ended<Kept> {
        let bad = |error: String| {
            let message = format!("{} answered, but {error}", self.title);
            Box::new(Failure::new(FailureKind::BadAnswer, message).caused_by("token"))
        };
        let capture = |capture| capture_value(capture, &self.scope(), self.answer.as_ref());
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
        let fetched = self.now();
        let ends = fetched.saturating_add(i64::try_from(life.as_millis()).unwrap_or(i64::MAX));
        Ok(Kept { value, exports, fetched, ends })
    }

    /// Everything a token depends on, under a keyed hash: two tenants never share one.
    fn key_of(&self, plan: &TokenPlan) -> Key {
        let inputs: Vec<Value> =
            plan.inputs.iter().map(|input| input.value(&self.scope()).ok().flatten().unwrap_or_default()).collect();
        let rendered = [&self.inputs.auth.to_value(), self.around.secrets, &Value::Array(inputs)].map(Value::to_string);
        let [auth, secrets, inputs] = &rendered;
        self.around
            .commons
            .state
            .key("token", &[plan.identity.as_bytes(), auth.as_bytes(), secrets.as_bytes(), inputs.as_bytes()])
    }

    fn now(&self) -> i64 {
        self.around.moment.instant().as_millisecond()
    }
}

/// The refusal that still holds.
fn refusal_of(flight: &Flight) -> Option<Failure> {
    let refused = flight.refused.lock().unwrap_or_else(PoisonError::into_inner);
    let refusal = refused.as_ref().filter(|refusal| refusal.until > Instant::now())?;
    Some(refusal.failure.clone())
}

/// NoTransport asks again at once.
fn refuse(flight: &Flight, failure: &Failure) {
    let mut refused = flight.refused.lock().unwrap_or_else(PoisonError::into_inner);
    let times = refused.as_ref().map_or(0, |refusal| refusal.times);
    let pause = FIRST_PAUSE.saturating_mul(2_u32.saturating_pow(times)).min(LONGEST_PAUSE);
    *refused =
        Some(Refusal { failure: failure.clone(), until: Instant::now() + pause, times: times.saturating_add(1) });
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

    fn kept(life: i64) -> Kept {
        Kept { value: "t".to_owned(), exports: BTreeMap::new(), fetched: 1_000_000, ends: 1_000_000 + life * 1000 }
    }

    #[test]
    fn a_token_is_renewed_before_it_ends() {
        let short = kept(60);
        assert_eq!(short.age(1_000_000 + 53_000), Age::Fresh);
        assert_eq!(short.age(1_000_000 + 54_000), Age::Old);
        assert_eq!(short.age(1_000_000 + 60_000), Age::Ended);
        let long = kept(3600);
        assert_eq!(long.age(1_000_000 + 3_539_000), Age::Fresh);
        assert_eq!(long.age(1_000_000 + 3_541_000), Age::Old);
    }

    #[test]
    fn a_token_prints_nothing_of_itself() {
        assert_eq!(format!("{:?}", kept(60)), "Kept(«redacted»)");
    }
}
