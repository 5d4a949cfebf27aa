//! The operations themselves, over the handles of a running process.

use std::sync::Arc;
use std::time::SystemTime;

use serde::Serialize;

use super::calls::{CallDetail, CallSummary, Calls};
use super::catalog::{ActionSummary, CatalogSummary, Diagnostics};
use super::hosts::{Host, Hosts, SharedStateHealth};
use super::settings::Settings;
use crate::live::{DirectoryReport, Live, ReloadReport};
use crate::state::State;
use crate::telemetry::{Metrics, Recent, RecentFilter, Snapshot};
use crate::upstream::{BreakerState, HostHealth, Network};

/// What operators can ask and order.
pub struct Operations {
    parts: Parts,
}

/// The handles that operations work on.
pub struct Parts {
    /// The live catalog, and its reloads.
    pub live: Live,
    /// The state that calls share.
    pub state: State,
    /// The way to services, with its circuit breakers.
    pub network: Arc<Network>,
    /// All metrics.
    pub metrics: Arc<Metrics>,
    /// The last calls.
    pub recent: Arc<Recent>,
    /// The settings in force.
    pub settings: Settings,
    /// Whether the process is about to end.
    pub is_stopping: Box<dyn Fn() -> bool + Send + Sync>,
    /// When certificates end, by listener.
    pub certificate_ends: Box<dyn Fn() -> Vec<(&'static str, SystemTime)> + Send + Sync>,
}

/// Whether calls can be served, and how each service is served.
#[derive(Clone, Debug, Serialize)]
pub struct Readiness {
    /// Whether calls can be served.
    pub ready: bool,
    /// Whether the process is about to end.
    pub stopping: bool,
    /// The revision that is served.
    pub revision: u64,
    /// Whether every file is served as it is.
    pub clean: bool,
    /// Whether replicas share what they should.
    pub state: SharedStateHealth,
    /// Every service directory.
    pub services: Vec<DirectoryReport>,
}

impl Parts {
    /// The handles of a process that serves a catalog and nothing else: state in memory, no calls yet, no listener.
    #[must_use]
    pub fn new(live: Live, network: Arc<Network>) -> Self {
        Self {
            live,
            state: State::memory(),
            network,
            metrics: Arc::default(),
            recent: Arc::new(Recent::new(1000)),
            settings: Settings::default(),
            is_stopping: Box::new(|| false),
            certificate_ends: Box::new(Vec::new),
        }
    }
}

impl Operations {
    /// Operations over these handles.
    #[must_use]
    pub fn new(parts: Parts) -> Self {
        Self { parts }
    }

    /// The live catalog.
    #[must_use]
    pub fn live(&self) -> &Live {
        &self.parts.live
    }

    /// The last calls.
    #[must_use]
    pub fn recent(&self) -> &Arc<Recent> {
        &self.parts.recent
    }

    /// Calls in flight, open connections.
    #[must_use]
    pub fn usage(&self) -> &Metrics {
        &self.parts.metrics
    }

    /// Whether calls can be served, and the state of every service directory.
    #[must_use]
    pub fn readiness(&self) -> Readiness {
        let report = self.live().report();
        let stopping = (self.parts.is_stopping)();
        let serves =
            report.directories.is_empty() || report.directories.iter().any(|directory| !directory.routes.is_empty());
        Readiness {
            ready: serves && !stopping,
            stopping,
            revision: report.revision,
            clean: report.is_clean(),
            state: self.state(),
            services: report.directories.clone(),
        }
    }

    /// Reads all definitions again, and says what that found.
    pub async fn reload(&self) -> Arc<ReloadReport> {
        self.live().reload().await
    }

    /// The actions that are served and the state of their services, without secrets.
    #[must_use]
    pub fn catalog(&self) -> CatalogSummary {
        let (catalog, report) = (self.live().snapshot(), self.live().report());
        CatalogSummary {
            revision: catalog.revision(),
            clean: report.is_clean(),
            services: report.directories.clone(),
            actions: catalog.actions().into_iter().map(|action| ActionSummary::of(action)).collect(),
        }
    }

    /// Errors and warnings of the files as they are now.
    #[must_use]
    pub fn diagnostics(&self) -> Diagnostics {
        let report = self.live().report();
        Diagnostics {
            revision: report.revision,
            failed: report.failed.clone(),
            diagnostics: report.diagnostics.clone(),
        }
    }

    /// The last calls, newest first.
    #[must_use]
    pub fn calls(&self, filter: &RecentFilter) -> Calls {
        let calls = self.recent().matching(filter);
        Calls { calls: calls.iter().map(|(number, call)| CallSummary::of(*number, call)).collect() }
    }

    /// One of them, by its number or request id.
    #[must_use]
    pub fn call(&self, name: &str) -> Option<CallDetail> {
        self.recent().get(name).map(|(number, call)| CallDetail::of(number, &call))
    }

    /// The settings in force, secrets by where they come from.
    #[must_use]
    pub fn settings(&self) -> &Settings {
        &self.parts.settings
    }

    /// The hosts that failed lately, and the shared state.
    #[must_use]
    pub fn hosts(&self) -> Hosts {
        Hosts { hosts: self.breakers().iter().map(Host::of).collect(), state: self.state() }
    }

    /// The circuit breakers of hosts that failed lately.
    #[must_use]
    pub fn breakers(&self) -> Vec<HostHealth> {
        self.parts.network.breakers()
    }

    /// Whether replicas share what they should.
    #[must_use]
    pub fn state(&self) -> SharedStateHealth {
        if self.parts.state.is_degraded() { SharedStateHealth::Away } else { SharedStateHealth::Ok }
    }

    /// All metrics, as OpenMetrics text.
    #[must_use]
    pub fn metrics(&self) -> String {
        let (report, breakers) = (self.live().report(), self.breakers());
        let count = |state: fn(&BreakerState) -> bool| breakers.iter().filter(|host| state(&host.state)).count();
        self.parts.metrics.render(&Snapshot {
            services: report
                .directories
                .iter()
                .map(|directory| (directory.name.clone(), directory.state.as_str()))
                .collect(),
            breakers: (
                count(|state| matches!(state, BreakerState::Open { .. })),
                count(|state| matches!(state, BreakerState::HalfOpen)),
            ),
            state_degraded: self.state() == SharedStateHealth::Away,
            certificates: (self.parts.certificate_ends)(),
        })
    }
}
