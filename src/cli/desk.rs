//! What operators can ask of a serving process, and order.

use std::sync::Arc;

use serde_json::{Value, json};
use tokio::sync::watch;

use super::list::describe;
use super::serve::Stage;
use crate::diagnostic::render_json;
use crate::live::{Live, UnitReport};
use crate::server::{Certificates, Control};
use crate::state::State;
use crate::telemetry::{Metrics, Recent, RecentFilter, Snapshot};
use crate::upstream::{BreakerState, HostHealth, Network};

/// Answers operators.
pub(super) struct Desk {
    pub(super) live: Live,
    pub(super) state: State,
    pub(super) network: Arc<Network>,
    pub(super) metrics: Arc<Metrics>,
    pub(super) recent: Arc<Recent>,
    pub(super) settings: Value,
    pub(super) certificates: Vec<(&'static str, Arc<Certificates>)>,
    /// How far the process is from its end.
    pub(super) stage: watch::Receiver<Stage>,
}

impl Control for Desk {
    fn readiness(&self) -> (bool, Value) {
        let report = self.live.report();
        let stopping = *self.stage.borrow() > Stage::Serving;
        let serves = report.units.is_empty() || report.units.iter().any(|unit| !unit.routes.is_empty());
        let ready = serves && !stopping;
        let services: Vec<Value> = report.units.iter().map(UnitReport::to_json).collect();
        (
            ready,
            json!({
                "ready": ready,
                "stopping": stopping,
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
        let report = self.live.report();
        let actions: Vec<Value> = catalog.actions().into_iter().map(|action| describe(action)).collect();
        let services: Vec<Value> = report.units.iter().map(UnitReport::to_json).collect();
        json!({ "revision": catalog.revision(), "clean": report.is_clean(), "services": services, "actions": actions })
    }

    fn diagnostics(&self) -> Value {
        let report = self.live.report();
        json!({ "revision": report.revision, "failed": report.failed, "diagnostics": render_json(&report.diagnostics) })
    }

    fn calls(&self, filter: &RecentFilter) -> Value {
        json!({ "calls": self.recent.list(filter) })
    }

    fn call(&self, name: &str) -> Option<Value> {
        self.recent.find(name)
    }

    fn settings(&self) -> Value {
        self.settings.clone()
    }

    fn upstream(&self) -> Value {
        let hosts = self.network.breakers();
        let hosts: Vec<Value> = hosts.iter().map(health).collect();
        json!({ "hosts": hosts, "state": if self.state.is_degraded() { "away" } else { "ok" } })
    }

    fn metrics(&self) -> String {
        let report = self.live.report();
        let breakers = self.network.breakers();
        let count = |state: fn(&BreakerState) -> bool| breakers.iter().filter(|host| state(&host.state)).count();
        let ends = |(name, certificates): &(&'static str, Arc<Certificates>)| Some((*name, certificates.ends()?));
        self.metrics.render(&Snapshot {
            services: report.units.iter().map(|unit| (unit.name.clone(), unit.state.as_str())).collect(),
            breakers: (
                count(|state| matches!(state, BreakerState::Open { .. })),
                count(|state| matches!(state, BreakerState::HalfOpen)),
            ),
            state_degraded: self.state.is_degraded(),
            certificates: self.certificates.iter().filter_map(ends).collect(),
        })
    }
}

fn health(host: &HostHealth) -> Value {
    match host.state {
        BreakerState::Closed { failures } => json!({ "host": host.host, "breaker": "closed", "failures": failures }),
        BreakerState::Open { seconds } => json!({ "host": host.host, "breaker": "open", "seconds": seconds }),
        BreakerState::HalfOpen => json!({ "host": host.host, "breaker": "half_open" }),
    }
}
