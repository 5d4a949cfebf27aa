//! What the process notes of a call that has ended: its log line, metrics, trace, and a place among the recent calls.

use std::sync::Arc;

use super::{Metrics, Recent, RequestMeasure, Traces};
use crate::call::{CallFacts, Fetched, Work};

/// Everything that reads the facts of a call.
#[derive(Clone, Debug)]
pub struct Watchers {
    /// Counts and times.
    pub metrics: Arc<Metrics>,
    /// The last calls.
    pub recent: Arc<Recent>,
    /// Traces, if they are sent anywhere.
    pub traces: Option<Arc<Traces>>,
}

impl Watchers {
    /// Notes a call that has ended.
    pub fn note(&self, call: &Arc<CallFacts>) {
        write_line(call);
        self.metrics.call_ended(&call.route, call.outcome, call.elapsed);
        self.measure(call);
        if let Some(traces) = &self.traces {
            traces.note(call);
        }
        self.recent.note(Arc::clone(call));
    }

    fn measure(&self, call: &CallFacts) {
        let service = &call.service;
        for span in &call.journal.spans {
            match &span.work {
                Work::Step(_) => {}
                Work::Token(fetched) => {
                    let result = if *fetched == Some(Fetched::Token) { "ok" } else { "failed" };
                    self.metrics.token_fetch(service, result);
                }
                Work::Attempt(attempt) => {
                    let result = match attempt.result {
                        Some(Ok(status)) => class_of(status),
                        Some(Err(error)) => error,
                        None => "timeout",
                    };
                    let time = span.took.unwrap_or_default();
                    self.metrics.request(&RequestMeasure { service, step: &attempt.step, result, time });
                    if let Some(again) = &attempt.again {
                        self.metrics.retry(service, again);
                    }
                }
            }
        }
    }
}

/// The one line that every call gets; holds nothing of what was sent or answered.
fn write_line(call: &CallFacts) {
    let milliseconds = u64::try_from(call.elapsed.as_millis()).unwrap_or(u64::MAX);
    let trace = call.trace.as_ref().map(|context| tracing::field::debug(context.trace));
    // A macro per level: tracing fixes the level of a line when it is compiled.
    macro_rules! write_line {
        ($level:ident) => {
            tracing::$level!(
                target: "action_executor::call",
                request_id = &*call.request_id,
                trace,
                route = &*call.route,
                outcome = call.outcome,
                cause = call.cause.as_deref(),
                service_status = call.journal.last_status(),
                attempts = call.journal.attempts().count(),
                milliseconds,
                revision = &*call.revision,
                "call"
            )
        };
    }
    match call.outcome {
        "bug" => write_line!(error),
        "overload" => write_line!(warn),
        _ => write_line!(info),
    }
    tracing::debug!(
        request_id = &*call.request_id,
        repeated = call.journal.repeated,
        steps = ?call.journal.steps().collect::<Vec<_>>(),
        rules = ?call.journal.rules,
        "steps"
    );
    for missed in &call.journal.unmapped {
        tracing::info!(request_id = &*call.request_id, route = &*call.route, missed, "optional field left out");
    }
}

fn class_of(status: u16) -> &'static str {
    match status {
        100..=199 => "1xx",
        200..=299 => "2xx",
        300..=399 => "3xx",
        400..=499 => "4xx",
        500..=599 => "5xx",
        _ => "other",
    }
}
