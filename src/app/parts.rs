//! The parts that calls, admin operations and the console share.

use std::sync::Arc;

use serde_json::Value;

use super::config::Config;
use super::drain::Stages;
use super::error::StartError;
use super::reload::ListenerCertificates;
use super::settings::settings;
use crate::call::SharedState;
use crate::catalog::{Catalog, Operator};
use crate::console::{Console, History, TestRuns, TryRunner};
use crate::live::{Live, LiveSettings};
use crate::operations::{self, Operations};
use crate::telemetry::{Metrics, Recent, Traces};
use crate::upstream::Network;

/// Ended calls that are remembered, if the settings do not say how many.
const RECENT_CALLS: usize = 1000;

/// The parts, each cheap to share.
pub(super) struct Parts {
    pub(super) live: Live,
    pub(super) network: Arc<Network>,
    pub(super) state: Arc<SharedState>,
    pub(super) metrics: Arc<Metrics>,
    pub(super) recent: Arc<Recent>,
    pub(super) traces: Option<Arc<Traces>>,
    /// The operator's secrets, for the root `secrets` of templates.
    pub(super) secrets: Arc<Value>,
}

/// The parts that can fail to start.
pub(super) struct Checked {
    pub(super) network: Network,
    pub(super) state: SharedState,
    pub(super) traces: Option<Traces>,
    pub(super) operator: Operator,
    pub(super) catalog: Catalog,
}

impl Checked {
    pub(super) fn build(config: &Config) -> Result<Self, StartError> {
        let ca_file = config.network.ca_file.clone();
        let network = Network::new(&config.network)?;
        let state = config.state.build(ca_file.as_deref())?;
        let traces = config.traces.as_ref().map(|traces| traces.build(ca_file)).transpose()?;
        let operator = config.definitions.operator(config.network.identities.keys().cloned().collect())?;
        let catalog = config.definitions.first_catalog(&operator)?;
        Ok(Self { network, state: SharedState::new(state), traces, operator, catalog })
    }
}

impl Parts {
    /// Puts the parts together; from here on the definitions are watched.
    pub(super) fn build(checked: Checked, config: &Config) -> Self {
        let secrets = Arc::new(checked.operator.secrets_root());
        let settings = LiveSettings { poll: config.definitions.poll, ..LiveSettings::default() };
        Self {
            live: Live::start(&config.definitions.directory, checked.operator, checked.catalog, settings),
            network: Arc::new(checked.network),
            state: Arc::new(checked.state),
            metrics: Arc::default(),
            recent: Arc::new(Recent::new(config.recent_calls.unwrap_or(RECENT_CALLS))),
            traces: checked.traces.map(Arc::new),
            secrets,
        }
    }

    /// What operators may ask and order.
    pub(super) fn operations(&self, config: &Config, stages: Stages, certificates: ListenerCertificates) -> Operations {
        Operations::new(operations::Parts {
            live: self.live.clone(),
            state: self.state.state.clone(),
            network: Arc::clone(&self.network),
            metrics: Arc::clone(&self.metrics),
            recent: Arc::clone(&self.recent),
            settings: settings(config),
            is_stopping: Box::new(move || stages.is_stopping()),
            certificate_ends: Box::new(move || certificates.ends()),
        })
    }

    /// The console; `address` is where actions are called, without the base path.
    pub(super) fn console(&self, config: &Config, operations: Arc<Operations>, address: &str) -> Console {
        let history = Arc::new(History::default());
        tokio::spawn(Arc::clone(&history).follow(self.live.clone()));
        Console {
            operations,
            try_runner: Arc::new(TryRunner {
                network: Arc::clone(&self.network),
                shared: Arc::clone(&self.state),
                secrets: Arc::clone(&self.secrets),
                bounds: config.calls.budget,
                deadlines: config.deadlines.clone(),
                recent: Arc::clone(&self.recent),
            }),
            test_runs: TestRuns::default(),
            history,
            most_connections: config.limits.connections,
            address: format!("{address}{}", config.public.base_path),
        }
    }
}
