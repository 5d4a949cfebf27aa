//! The running program: built whole, then served until it is asked to stop.

use std::net::SocketAddr;
use std::sync::Arc;

use tokio::runtime::{Builder, Runtime};

use super::callers::admin_token;
use super::config::Config;
use super::drain::{Drain, Stages};
use super::error::{ServeError, StartError};
use super::parts::{Checked, Parts};
use super::reload::{ListenerCertificates, Reload};
use super::service_manager;
use super::signals::Hangups;
use super::sockets::Sockets;
use crate::call::LongWork;
use crate::diagnostic::Diagnostic;
use crate::server::{Admin, Listener, Public, Serving, Transport, Workers};
use crate::telemetry::Traces;
use crate::upstream::Network;

/// The running program.
pub struct App {
    config: Config,
    addresses: Addresses,
    problems: Vec<Diagnostic>,
    public: Served<Public<Network>>,
    admin: Option<Served<Admin>>,
    network: Arc<Network>,
    traces: Option<Arc<Traces>>,
    reload: Reload,
    drain: Drain,
    stages: Stages,
    /// Whether the state is still there after a restart.
    outlives_restart: bool,
}

/// A listener, and what answers its requests.
struct Served<H> {
    listener: Listener,
    handler: H,
    serving: Serving,
}

/// The addresses that are served.
#[derive(Clone, Copy, Debug)]
pub struct Addresses {
    /// Of the actions.
    pub public: SocketAddr,
    /// Of the operators, if any.
    pub admin: Option<SocketAddr>,
}

impl App {
    /// The runtime for everything but calls, which have threads of their own.
    ///
    /// # Errors
    /// What the system says.
    pub fn runtime() -> Result<Runtime, StartError> {
        Builder::new_multi_thread().enable_all().build().map_err(StartError::Runtime)
    }

    /// Binds, checks and compiles everything; calls wait in the sockets until [`Self::serve`]. Needs a runtime.
    ///
    /// # Errors
    /// Anything that the operator must change first.
    pub fn build(config: Config) -> Result<Self, StartError> {
        // The addresses first: a taken port is reported before anything slow happens.
        let sockets = Sockets::open(&config)?;
        let callers = config.public.callers.build()?;
        let token = config.admin.token.as_ref().map(admin_token).transpose()?;
        let certificates = ListenerCertificates::load(config.public.tls.as_ref(), config.admin.tls.as_ref())?;
        let workers = Workers::start().map_err(StartError::Workers)?;
        let long_work = LongWork::start().map_err(StartError::Workers)?;
        let checked = Checked::build(&config)?;

        let problems = checked.catalog.diagnostics();
        let parts = Parts::build(checked, &config);
        let addresses = Addresses::of(&sockets);
        // Before anything is announced: until here a signal ends the process on the spot.
        let (drain, stages) = Drain::begin(config.drain_delay);
        let hangups = Hangups::listen();

        let operations = Arc::new(parts.operations(&config, stages.clone(), certificates.clone()));
        let admin = sockets.admin.map(|listener| {
            let scheme = if certificates.public.is_some() { "https" } else { "http" };
            let console = parts.console(&config, operations, &format!("{scheme}://{}", addresses.public));
            let transport = if certificates.admin.is_some() { Transport::Tls } else { Transport::Plain };
            let serving = Serving {
                limits: config.limits.clone(),
                certificates: certificates.admin.clone(),
                meter: parts.metrics.listener("admin"),
                workers: None,
            };
            let operations = Arc::clone(&console.operations);
            Served { listener, handler: Admin::new(operations, console.pages(), token, transport), serving }
        });
        let limits = (&config.calls, callers);
        let metrics = Arc::clone(&parts.metrics);
        let public = Served {
            listener: sockets.public,
            handler: Public::new(
                (parts.routing(), parts.calls(&config, long_work)),
                &config.public.base_path,
                limits,
                metrics,
            ),
            serving: Serving {
                limits: config.limits.clone(),
                certificates: certificates.public.clone(),
                meter: parts.metrics.listener("public"),
                workers: Some(Arc::new(workers)),
            },
        };
        let reload =
            Reload { live: parts.live, certificates, metrics: parts.metrics, hangups, poll: config.definitions.poll };
        Ok(Self {
            config,
            addresses,
            problems,
            public,
            admin,
            network: parts.network,
            traces: parts.traces,
            reload,
            drain,
            stages,
            outlives_restart: parts.state.state.outlives_restart(),
        })
    }

    /// Errors and warnings of the definitions that are served first.
    #[must_use]
    pub fn problems(&self) -> &[Diagnostic] {
        &self.problems
    }

    /// Serves until SIGTERM or SIGINT, then lets calls in flight end. `announce` gets the addresses once calls can come.
    ///
    /// # Errors
    /// A listener that fails.
    pub async fn serve(self, announce: impl FnOnce(Addresses)) -> Result<(), ServeError> {
        self.log_start();
        announce(self.addresses);
        self.reload.begin();
        tokio::spawn(service_manager::watchdog());
        tokio::spawn(self.drain.run());
        // To the very end, so that operators can ask how far the end is.
        let admin = self
            .admin
            .map(|admin| tokio::spawn(admin.listener.serve(admin.handler, admin.serving, std::future::pending())));
        self.network.prepare();
        service_manager::ready();
        let Served { listener, handler, serving } = self.public;
        let served = listener.serve(handler, serving, self.stages.draining()).await;
        if let Some(admin) = admin {
            admin.abort();
        }
        if let Some(traces) = self.traces {
            // The library waits without giving way.
            let _ = tokio::task::spawn_blocking(move || traces.end()).await;
        }
        let drained = served?;
        tracing::info!(cut = drained.cut, unfinished = drained.unfinished, "stopped");
        Ok(())
    }

    /// The line that says what is served, and warnings about settings that are unsafe or do nothing.
    fn log_start(&self) {
        let (live, public) = (&self.reload.live, &self.config.public);
        let (tls, actions) = (public.tls.is_some(), live.snapshot().count());
        let admin = self.addresses.admin.map(tracing::field::display);
        tracing::info!(listen = %self.addresses.public, tls, admin, actions, "serving");
        if public.callers.is_everyone() {
            tracing::warn!(
                "callers are not checked: let only Talkdesk reach this address, or set `callers` in the settings file"
            );
        }
        let catalog = live.snapshot();
        let mut refreshing: Vec<&str> = catalog
            .actions()
            .into_iter()
            .filter(|action| action.refreshes_tokens())
            .map(|action| &**action.service_name())
            .collect();
        refreshing.dedup();
        if !refreshing.is_empty() && !self.outlives_restart {
            tracing::warn!(
                services = refreshing.join(", "),
                "these services may replace refresh tokens, and a restart loses the new ones: keep the state in Redis"
            );
        }
        // Settings for a service that is not there do nothing, and may be meant for one of another name.
        let report = live.report();
        for name in self.config.network.services.keys() {
            if !report.directories.iter().any(|directory| directory.name == *name) {
                tracing::warn!(service = name, "the settings name a service that has no definitions");
            }
        }
    }
}

impl Addresses {
    fn of(sockets: &Sockets) -> Self {
        Self { public: sockets.public.local_addr(), admin: sockets.admin.as_ref().map(Listener::local_addr) }
    }
}
