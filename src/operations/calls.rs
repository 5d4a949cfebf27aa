//! The last calls as tools read them. Holds nothing of the values that were sent or answered.

use std::time::Duration;

use jiff::Timestamp;
use serde::Serialize;

use crate::call::{CallFacts, Fetched, Span, Work};

/// The last calls, newest first.
#[derive(Clone, Debug, Serialize)]
pub struct Calls {
    /// The calls.
    pub calls: Vec<CallSummary>,
}

/// One call, without what it did.
#[derive(Clone, Debug, Serialize)]
pub struct CallSummary {
    /// Its number since the start.
    pub number: u64,
    /// When it began, as RFC 3339 has it.
    pub began: Option<String>,
    /// The id that its answer carried.
    pub request_id: String,
    /// Its trace, if it was traced.
    pub trace: Option<String>,
    /// Its route.
    pub route: String,
    /// The directory of its service.
    pub service: String,
    /// The revision of the catalog that it ran in.
    pub revision: String,
    /// How it ended.
    pub outcome: &'static str,
    /// The message that its caller got.
    pub message: Option<String>,
    /// For the operator.
    pub cause: Option<String>,
    /// The status of the service's last answer.
    pub service_status: Option<u16>,
    /// Requests that were sent.
    pub attempts: usize,
    /// Whether it was answered from an earlier call with the same key.
    pub repeated: bool,
    /// How long it took.
    pub milliseconds: f64,
}

/// One call with what it did.
#[derive(Clone, Debug, Serialize)]
pub struct CallDetail {
    /// The call.
    #[serde(flatten)]
    pub summary: CallSummary,
    /// The error rules that matched.
    pub rules: Vec<String>,
    /// Optional fields that were left out, and why.
    pub missed: Vec<String>,
    /// Steps, token fetches and requests.
    pub spans: Vec<SpanSummary>,
}

/// A part of a call that took time.
#[derive(Clone, Debug, Serialize)]
pub struct SpanSummary {
    /// What it was.
    #[serde(flatten)]
    pub work: WorkSummary,
    /// The span that it is a part of, by its place in the list.
    pub parent: Option<usize>,
    /// From the beginning of the call to its own.
    pub began_ms: f64,
    /// How long it took; none where it did not end.
    pub took_ms: Option<f64>,
}

/// What a span was.
#[derive(Clone, Debug, Serialize)]
#[serde(tag = "kind", rename_all = "lowercase")]
pub enum WorkSummary {
    /// A step.
    Step {
        /// Its id.
        step: String,
    },
    /// A fetch of an access token.
    Token {
        /// Whether it got one; none where it did not end.
        fetched: Option<bool>,
    },
    /// One request.
    Attempt {
        /// The step that it belongs to.
        step: String,
        /// Its method.
        method: String,
        /// Why it was sent again, if it was.
        again: Option<String>,
        /// The status of its answer.
        status: Option<u16>,
        /// Why there is no answer.
        error: Option<&'static str>,
    },
}

impl CallSummary {
    pub(super) fn of(number: u64, call: &CallFacts) -> Self {
        Self {
            number,
            began: Timestamp::try_from(call.began).ok().map(|began| format!("{began:.3}")),
            request_id: call.request_id.to_string(),
            trace: call.trace.as_ref().map(|context| format!("{:?}", context.trace)),
            route: call.route.to_string(),
            service: call.service.to_string(),
            revision: call.revision.to_string(),
            outcome: call.outcome,
            message: call.message.as_ref().map(ToString::to_string),
            cause: call.cause.as_ref().map(ToString::to_string),
            service_status: call.journal.last_status(),
            attempts: call.journal.attempts().count(),
            repeated: call.journal.repeated,
            milliseconds: milliseconds(call.elapsed),
        }
    }
}

impl CallDetail {
    pub(super) fn of(number: u64, call: &CallFacts) -> Self {
        Self {
            summary: CallSummary::of(number, call),
            rules: call.journal.rules.iter().map(ToString::to_string).collect(),
            missed: call.journal.unmapped.iter().map(ToString::to_string).collect(),
            spans: call.journal.spans.iter().map(SpanSummary::of).collect(),
        }
    }
}

impl SpanSummary {
    fn of(span: &Span) -> Self {
        let work = match &span.work {
            Work::Step(id) => WorkSummary::Step { step: id.to_string() },
            Work::Token(fetched) => WorkSummary::Token { fetched: fetched.map(|fetched| fetched == Fetched::Token) },
            Work::Attempt(attempt) => WorkSummary::Attempt {
                step: attempt.step.to_string(),
                method: attempt.method.as_str().to_owned(),
                again: attempt.again.as_ref().map(ToString::to_string),
                status: attempt.result.and_then(Result::ok),
                error: attempt.result.and_then(Result::err),
            },
        };
        Self { work, parent: span.parent, began_ms: milliseconds(span.began), took_ms: span.took.map(milliseconds) }
    }
}

/// With three places.
fn milliseconds(time: Duration) -> f64 {
    (time.as_secs_f64() * 1e6).round() / 1e3
}

#[cfg(test)]
mod tests {
    use std::sync::Arc;
    use std::time::SystemTime;

    use serde_json::json;

    use super::*;
    use crate::call::{Attempt, Journal};
    use crate::secret::Masked;

    fn span(work: Work) -> Span {
        let (began, took) = (Duration::from_micros(1500), Some(Duration::from_micros(2_000_001)));
        Span { id: Default::default(), parent: Some(0), work, began, took }
    }

    /// The names and the order of fields are an interface.
    #[test]
    fn a_call_is_shown_with_what_it_did() {
        let attempt = Attempt {
            step: "create".into(),
            method: http::Method::POST,
            again: Some("503".to_owned()),
            result: Some(Ok(201)),
        };
        let failed = Attempt { result: Some(Err("connect")), again: None, ..attempt.clone() };
        let call = CallFacts {
            began: SystemTime::UNIX_EPOCH,
            request_id: "id".into(),
            trace: None,
            route: "/desk/create".into(),
            service: "desk".into(),
            revision: "3".into(),
            outcome: "done",
            message: Some(Masked::fixed("Saved")),
            cause: None,
            elapsed: Duration::from_micros(1_234_567),
            journal: Journal {
                spans: vec![
                    span(Work::Step(Arc::from("create"))),
                    span(Work::Token(Some(Fetched::Token))),
                    span(Work::Token(None)),
                    span(Work::Attempt(failed)),
                    span(Work::Attempt(attempt)),
                ],
                rules: vec!["a.yaml:3".to_owned()],
                repeated: false,
                unmapped: vec!["`note`".to_owned()],
            },
        };
        let times = json!({ "parent": 0, "began_ms": 1.5, "took_ms": 2000.001 });
        let span = |mut work: serde_json::Value| {
            let times = times.as_object().unwrap().clone();
            work.as_object_mut().unwrap().extend(times);
            work
        };
        let summary = json!({
            "number": 7, "began": "1970-01-01T00:00:00.000Z", "request_id": "id", "trace": null,
            "route": "/desk/create", "service": "desk", "revision": "3", "outcome": "done", "message": "Saved",
            "cause": null, "service_status": 201, "attempts": 2, "repeated": false, "milliseconds": 1234.567,
        });
        let rest = json!({
            "rules": ["a.yaml:3"],
            "missed": ["`note`"],
            "spans": [
                span(json!({ "kind": "step", "step": "create" })),
                span(json!({ "kind": "token", "fetched": true })),
                span(json!({ "kind": "token", "fetched": null })),
                span(json!({
                    "kind": "attempt", "step": "create", "method": "POST", "again": null, "status": null, "error": "connect",
                })),
                span(json!({
                    "kind": "attempt", "step": "create", "method": "POST", "again": "503", "status": 201, "error": null,
                })),
            ],
        });
        let mut detail = summary.clone();
        detail.as_object_mut().unwrap().extend(rest.as_object().unwrap().clone());
        assert_eq!(serde_json::to_string(&CallSummary::of(7, &call)).unwrap(), summary.to_string());
        assert_eq!(serde_json::to_string(&CallDetail::of(7, &call)).unwrap(), detail.to_string());
    }
}
