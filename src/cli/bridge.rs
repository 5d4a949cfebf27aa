//! The engine behind the listener, and what operators can ask of it.

use std::sync::Arc;
use std::time::Duration;

use serde_json::{Value, json};

use super::list::describe;
use crate::catalog::Action;
use crate::engine::{Circumstances, Commons, Envelope, Outcome, Trace, execute};
use crate::live::Live;
use crate::server::{Backend, Control, Found, RequestId};
use crate::state::State;
use crate::template::Moment;
use crate::upstream::Network;

/// Runs calls against the live catalog.
pub(super) struct Bridge {
    pub(super) live: Live,
    pub(super) network: Network,
    pub(super) commons: Commons,
    pub(super) secrets: Value,
    pub(super) deadline: Duration,
}

impl Backend for Bridge {
    type Action = Arc<Action>;

    fn find(&self, route: &str) -> Option<Found<Arc<Action>>> {
        let catalog = self.live.snapshot();
        let action = Arc::clone(catalog.find(route)?);
        Some(Found { action, revision: catalog.revision().to_string().into() })
    }

    async fn run(&self, found: Found<Arc<Action>>, envelope: Envelope, request_id: RequestId) -> Outcome {
        let moment = Moment::now();
        let circumstances = Circumstances {
            sender: &self.network,
            commons: &self.commons,
            secrets: &self.secrets,
            moment: &moment,
            deadline: self.deadline,
            trace: &Trace::OFF,
        };
        let (outcome, record) = execute(&found.action, envelope, circumstances).await;
        tracing::debug!(
            request_id = request_id.as_str(),
            service_status = record.last_status(),
            attempts = record.attempts.len(),
            repeated = record.repeated,
            steps = ?record.steps,
            rules = ?record.rules,
            missed = ?record.missed,
            "steps"
        );
        for missed in &record.missed {
            tracing::info!(
                request_id = request_id.as_str(),
                route = found.action.route(),
                missed,
                "optional field left out"
            );
        }
        outcome
    }
}

/// What operators can ask.
pub(super) struct Desk {
    pub(super) live: Live,
    pub(super) state: State,
}

impl Control for Desk {
    fn readiness(&self) -> (bool, Value) {
        let report = self.live.report();
        let ready = report.units.is_empty() || report.units.iter().any(|unit| !unit.routes.is_empty());
        let services: Vec<Value> = report.units.iter().map(crate::live::UnitReport::to_json).collect();
        (
            ready,
            json!({
                "ready": ready,
                "revision": report.revision,
                "clean": report.is_clean(),
                "state": if self.state.is_degraded() { "away" } else { "ok" },
                "services": services,
            }),
        )
    }

    async fn reload(&self) -> (bool, Value) {
        let report = self.live.reload().await;
        (report.is_clean(), report.to_json())
    }

    fn catalog(&self) -> Value {
        let catalog = self.live.snapshot();
        let actions: Vec<Value> = catalog.actions().into_iter().map(|action| describe(action)).collect();
        json!({ "revision": catalog.revision(), "actions": actions })
    }
}
