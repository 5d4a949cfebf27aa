//! Why a call fails, inside the call, and the words for it.
//!
//! A [`CallError`] may quote what a service said, secrets included; it never leaves the call. [`CallError::masked`] makes the
//! [`Failure`] that does.

use std::sync::Arc;

use super::verdict::{kind_of_rule, kind_of_status, reason_by_content, reason_by_rule};
use super::{BuildError, Failure, FailureKind, ServiceAnswer};
use crate::budget::Budget;
use crate::catalog::{Detail, RuleEffect};
use crate::secret::Masks;
use crate::template::Scope;
use crate::upstream::SendError;
use crate::value::{plain_text, shorten};

/// Longest message of a failure, in characters.
const LONGEST_MESSAGE: usize = 500;

/// What the pieces of a call return.
pub(super) type CallResult<T> = Result<T, Box<CallError>>;

/// A failure as it is found.
#[derive(Clone, Debug)]
pub(super) struct CallError {
    pub(super) kind: FailureKind,
    pub(super) message: String,
    /// For the log.
    pub(super) cause: Option<String>,
    /// The step that failed.
    pub(super) step: Option<Arc<str>>,
    /// Whether it is a service's own answer.
    pub(super) is_answer: bool,
    /// Whether the call was carried out all the same, and only its reply failed.
    pub(super) is_done: bool,
}

impl CallError {
    pub(super) fn new(kind: FailureKind, message: impl Into<String>) -> Self {
        Self { kind, message: message.into(), cause: None, step: None, is_answer: false, is_done: false }
    }

    /// Adds what the log says.
    #[must_use]
    pub(super) fn caused_by(mut self, cause: impl Into<String>) -> Self {
        self.cause = Some(cause.into());
        self
    }

    /// Adds the step, and begins the cause with it.
    #[must_use]
    pub(super) fn of_step(mut self, step: &Arc<str>, cause: &str) -> Self {
        self.step = Some(Arc::clone(step));
        self.caused_by(format!("step {step}: {cause}"))
    }

    /// Adds the step whose answer it is.
    fn of_answer(self, step: &Arc<str>, status: u16) -> Self {
        Self { is_answer: true, ..self.of_step(step, &format!("status {status}")) }
    }

    /// The failure as it may be kept and shown: plain text, masked, bounded.
    #[must_use]
    pub(super) fn masked(self, masks: &Masks) -> Failure {
        let message = plain_text(&masks.redact(&self.message));
        // Entities in what a service echoed have been read by now, and may spell a secret only since then.
        let message = masks.redact(&message);
        Failure {
            kind: self.kind,
            message: masks.mask(&shorten(&message, LONGEST_MESSAGE)),
            // Masked before it is cut: half a secret would not be recognised.
            cause: self.cause.map(|cause| masks.mask(&shorten(&masks.redact(&cause), LONGEST_MESSAGE))),
            is_done: self.is_done,
            reply_401: false,
        }
    }

    /// A failure that another call met, word for word; it was masked then.
    #[must_use]
    pub(super) fn repeated(failure: &Failure) -> Self {
        let cause = failure.cause.as_ref().map(|cause| cause.to_string());
        Self { cause, ..Self::new(failure.kind, failure.message.as_str()) }
    }
}

/// A request that could not be built.
#[must_use]
pub(super) fn not_built(step: &Arc<str>, error: &BuildError) -> CallError {
    CallError::new(FailureKind::Build, format!("The request cannot be built: {error}")).of_step(step, "build")
}

/// A request without an answer.
#[must_use]
pub(super) fn not_answered(title: &str, step: &Arc<str>, error: &SendError) -> CallError {
    let (kind, message) = match error {
        SendError::Timeout => (FailureKind::Timeout, format!("{title} did not answer in time")),
        SendError::Cut => {
            (FailureKind::Unavailable, format!("{title} cut the connection before its whole answer was there"))
        }
        SendError::TooLarge { .. } | SendError::Malformed(_) => {
            (FailureKind::BadAnswer, format!("{title} answered, but the answer cannot be used: {error}"))
        }
        _ => (FailureKind::Unavailable, format!("{title} could not be reached: {error}")),
    };
    CallError::new(kind, message).of_step(step, &error.to_string())
}

/// The service's limits leave no room within the call's time; `sent` says whether anything of the call left before.
#[must_use]
pub(super) fn over_limit(title: &str, step: &Arc<str>, wait: std::time::Duration, sent: Sent) -> CallError {
    let seconds = wait.as_secs_f64().ceil();
    let when = if wait.is_zero() { String::new() } else { format!(" in {seconds} seconds") };
    let what = match sent {
        Sent::Nothing => format!("nothing was sent, try again{when}"),
        Sent::Questions => format!("the request of step `{step}` was not sent, try again{when}"),
        Sent::Changes => format!(
            "the request of step `{step}` was not sent; another call{when} may do again what was done before that step"
        ),
    };
    CallError::new(FailureKind::Busy, format!("{title} is called as often as its limits allow; {what}"))
        .of_step(step, "limits")
}

/// The call's time is up before a request.
#[must_use]
pub(super) fn no_time_to_send(step: &Arc<str>, sent: Sent) -> CallError {
    let what = match sent {
        Sent::Nothing => "before the request was sent".to_owned(),
        Sent::Questions | Sent::Changes => format!("before the request of step `{step}` was sent"),
    };
    CallError::new(FailureKind::Timeout, format!("The time for this call is up, {what}")).of_step(step, "deadline")
}

/// The call's time is up; whatever is under way is not waited for.
#[must_use]
pub(super) fn out_of_time(title: &str, step: Option<&Arc<str>>) -> CallError {
    let failure = match step {
        Some(step) => {
            CallError::new(FailureKind::Timeout, format!("{title} did not answer in time")).of_step(step, "deadline")
        }
        None => CallError::new(FailureKind::Timeout, "The time for this call is up, before the request was sent"),
    };
    CallError { cause: Some("deadline".to_owned()), ..failure }
}

/// What of a call has left before a request that does not.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Sent {
    Nothing,
    /// Requests that change nothing.
    Questions,
    /// A request that may have changed something.
    Changes,
}

/// An answer that no rule explains.
#[must_use]
pub(super) fn unexplained(title: &str, step: &Arc<str>, answer: &ServiceAnswer, budget: &Budget) -> CallError {
    let reason = reason_by_content(answer, budget).unwrap_or_else(|| status_name(answer.status));
    CallError::new(kind_of_status(answer.status), format!("{title} answered {}: {reason}", answer.status))
        .of_answer(step, answer.status)
}

/// An answer that an error rule explains.
#[must_use]
pub(super) fn explained(
    title: &str,
    step: &Arc<str>,
    effect: &RuleEffect,
    scope: &Scope<'_>,
    answer: &ServiceAnswer,
) -> CallError {
    let budget = scope.budget();
    let RuleEffect::Fail { detail, message, kind, .. } = effect else {
        return unexplained(title, step, answer, budget);
    };
    let kind = kind.map_or_else(|| kind_of_status(answer.status), kind_of_rule);
    let Some(template) = message else {
        return CallError::new(kind, built_in(title, detail, answer, budget)).of_answer(step, answer.status);
    };
    let reason = serde_json::Value::String(reason(detail, answer, budget));
    let status = serde_json::Value::from(answer.status);
    let inner = scope.clone().with("detail", &reason).with("status", &status);
    match template.string(&inner) {
        Ok(text) => CallError::new(kind, text.unwrap_or_default()).of_answer(step, answer.status),
        Err(error) => {
            let failure = CallError::new(kind, built_in(title, detail, answer, budget)).of_answer(step, answer.status);
            let cause = failure.cause.as_deref().unwrap_or_default();
            CallError { cause: Some(format!("{cause}; its message: {error}")), ..failure }
        }
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
