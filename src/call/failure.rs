//! What the caller is told of a failure: plain words, no secrets, at most 500 characters.

use super::verdict::{kind_of_rule, kind_of_status, reason_by_content, reason_by_rule};
use super::{BuildError, Failure, FailureKind, ServiceAnswer};
use crate::budget::Budget;
use crate::catalog::{Detail, RuleEffect};
use crate::secret::Masks;
use crate::template::Scope;
use crate::upstream::SendError;
use crate::value::{plain_text, shorten};

/// Longest message to the caller, in characters.
const LONGEST_MESSAGE: usize = 500;

/// A failure as the caller may see it: without secrets, markup or control characters, and not too long.
#[must_use]
pub(super) fn presentable(failure: Failure, redactor: &Masks) -> Failure {
    let message = plain_text(&redactor.redact(&failure.message));
    // Entities in what a service echoed have been read by now, and may spell a secret only since then.
    let message = redactor.redact(&message);
    let cause = failure.cause.map(|cause| shorten(&redactor.redact(&cause), LONGEST_MESSAGE));
    Failure { message: shorten(&message, LONGEST_MESSAGE), cause, ..failure }
}

/// A request that could not be built.
#[must_use]
pub(super) fn not_built(step: &str, error: &BuildError) -> Failure {
    Failure::new(FailureKind::Build, format!("The request cannot be built: {error}"))
        .caused_by(format!("step {step}: build"))
}

/// A request without an answer; `doubt` says what nobody knows then.
#[must_use]
pub(super) fn not_answered(title: &str, step: &str, doubt: &str, error: &SendError) -> Failure {
    let (kind, message) = match error {
        SendError::Timeout => (FailureKind::Timeout, format!("{title} did not answer in time{doubt}")),
        SendError::Cut => {
            (FailureKind::Unavailable, format!("{title} cut the connection before its whole answer was there{doubt}"))
        }
        SendError::TooLarge { .. } | SendError::Malformed(_) => {
            (FailureKind::BadAnswer, format!("{title} answered, but the answer cannot be used: {error}"))
        }
        _ => (FailureKind::Unavailable, format!("{title} could not be reached: {error}")),
    };
    Failure::new(kind, message).caused_by(format!("step {step}: {error}"))
}

/// The service's limits leave no room within the call's time.
#[must_use]
pub(super) fn over_limit(title: &str, wait: std::time::Duration) -> Failure {
    let seconds = wait.as_secs_f64().ceil();
    let when = if wait.is_zero() { String::new() } else { format!(" in {seconds} seconds") };
    let message = format!("{title} is called as often as its limits allow; nothing was sent, try again{when}");
    Failure::new(FailureKind::Busy, message).caused_by("limits")
}

/// The call's time is up.
#[must_use]
pub(super) fn out_of_time(title: &str, sent: bool) -> Failure {
    let message = if sent {
        format!("{title} did not answer in time; it may or may not have carried out the request")
    } else {
        "The time for this call is up, before the request was sent".to_owned()
    };
    Failure::new(FailureKind::Timeout, message).caused_by("deadline")
}

/// An answer that no rule explains.
#[must_use]
pub(super) fn unexplained(title: &str, step: &str, answer: &ServiceAnswer, budget: &Budget) -> Failure {
    let reason = reason_by_content(answer, budget).unwrap_or_else(|| status_name(answer.status));
    Failure::new(kind_of_status(answer.status), format!("{title} answered {}: {reason}", answer.status))
        .caused_by(format!("step {step}: status {}", answer.status))
}

/// An answer that an error rule explains.
#[must_use]
pub(super) fn explained(
    title: &str,
    step: &str,
    effect: &RuleEffect,
    scope: &Scope<'_>,
    answer: &ServiceAnswer,
) -> Failure {
    let budget = scope.budget();
    let RuleEffect::Fail { detail, message, kind, .. } = effect else {
        return unexplained(title, step, answer, budget);
    };
    let kind = kind.map_or_else(|| kind_of_status(answer.status), kind_of_rule);
    let cause = format!("step {step}: status {}", answer.status);
    let Some(template) = message else {
        let told = built_in(title, detail, answer, budget);
        return Failure::new(kind, told).caused_by(cause);
    };
    let reason = serde_json::Value::String(reason(detail, answer, budget));
    let status = serde_json::Value::from(answer.status);
    let inner = scope.clone().with("detail", &reason).with("status", &status);
    match template.string(&inner) {
        Ok(text) => Failure::new(kind, text.unwrap_or_default()).caused_by(cause),
        Err(error) => Failure::new(kind, built_in(title, detail, answer, budget))
            .caused_by(format!("{cause}; its message: {error}")),
    }
}

fn built_in(title: &str, detail: &[Detail], answer: &ServiceAnswer, budget: &Budget) -> String {
    format!("{title} answered {}: {}", answer.status, reason(detail, answer, budget))
}

fn reason(detail: &[Detail], answer: &ServiceAnswer, budget: &Budget) -> String {
    reason_by_rule(detail, answer, budget)
        .or_else(|| reason_by_content(answer, budget))
        .unwrap_or_else(|| status_name(answer.status))
}

/// `Not Found` and its kin (IANA's registry), for an answer that says nothing.
fn status_name(status: u16) -> String {
    let known = http::StatusCode::from_u16(status).ok().and_then(|status| status.canonical_reason());
    known.map_or_else(|| "no reason given".to_owned(), |name| name.to_owned())
}
