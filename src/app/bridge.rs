//! The engine behind the listener: finds the action of a route, runs it, and notes how it ended.

use std::sync::Arc;

use http::HeaderMap;
use serde_json::Value;

use crate::call::{
    CallContext, Deadlines, Envelope, Fetched, Outcome, Record, SharedState, Trace, TraceContext, Work, execute,
};
use crate::catalog::Action;
use crate::live::Live;
use crate::server::{Arrival, Backend, EndedCall, Found};
use crate::telemetry::{Metrics, Recent, RecentCall, RequestMeasure, Traces, message_of};
use crate::template::CallClock;
use crate::upstream::Network;

/// Runs calls against the live catalog.
pub(super) struct Bridge {
    pub(super) live: Live,
    pub(super) network: Arc<Network>,
    pub(super) commons: Arc<SharedState>,
    pub(super) secrets: Value,
    pub(super) deadlines: Deadlines,
    pub(super) metrics: Arc<Metrics>,
    pub(super) recent: Arc<Recent>,
    pub(super) traces: Option<Arc<Traces>>,
}

impl Backend for Bridge {
    type Action = Arc<Action>;

    fn find(&self, route: &str) -> Option<Found<Arc<Action>>> {
        let catalog = self.live.snapshot();
        let action = Arc::clone(catalog.find(route)?);
        Some(Found {
            route: Arc::clone(action.shared_route()),
            service: Arc::clone(action.service_name()),
            revision: Arc::clone(catalog.shared_revision()),
            action,
        })
    }

    fn context(&self, headers: &HeaderMap) -> Option<TraceContext> {
        let traces = self.traces.as_ref()?;
        Some(TraceContext::of(headers, || traces.draws()))
    }

    async fn run(&self, found: Found<Arc<Action>>, envelope: Envelope, arrival: Arrival) -> (Outcome, Record) {
        let moment = CallClock::now();
        let context = CallContext {
            sender: &self.network.of(&found.service),
            commons: &self.commons,
            secrets: &self.secrets,
            moment: &moment,
            deadline: self.deadlines.of(&found.service),
            trace: &Trace::OFF,
            context: arrival.context.as_ref(),
        };
        execute(&found.action, envelope, context).await
    }

    fn ended(&self, call: EndedCall<'_>) {
        self.measure(call.service, &call.record);
        let request_id = call.arrival.request_id.as_str();
        tracing::debug!(
            request_id,
            repeated = call.record.repeated,
            steps = ?call.record.steps().collect::<Vec<_>>(),
            rules = ?call.record.rules,
            "steps"
        );
        for unmapped in &call.record.unmapped {
            tracing::info!(request_id, route = &**call.route, unmapped, "optional field left out");
        }
        let context = call.arrival.context.as_ref();
        let recent = RecentCall {
            began: call.began,
            request_id: Arc::clone(call.arrival.request_id.shared()),
            trace: context.map(|context| context.trace),
            route: Arc::clone(call.route),
            service: Arc::clone(call.service),
            revision: Arc::clone(call.revision),
            outcome: call.outcome.as_str(),
            message: message_of(call.outcome),
            cause: call.outcome.cause().map(str::to_owned),
            elapsed: call.elapsed,
            record: call.record,
        };
        if let (Some(traces), Some(context)) = (&self.traces, context) {
            traces.note(context, &recent);
        }
        self.recent.note(recent);
    }
}

impl Bridge {
    fn measure(&self, service: &Arc<str>, record: &Record) {
        for span in &record.spans {
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
