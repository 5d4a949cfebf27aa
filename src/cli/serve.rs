//! `serve`: bind, then load, then serve until told to stop.

use std::collections::BTreeMap;
use std::future::Future;
use std::sync::Arc;
use std::time::Duration;

use tokio::sync::watch;

use super::arguments::ServeArguments;
use super::bridge::{Bridge, routing};
use super::callers::{admin_token, callers};
use super::definitions::{catalog, network_settings, operator, print_problems, state};
use super::desk::Desk;
use super::settings::ServiceSettings;
use super::shown_settings::shown;
use super::signals::{Hangups, stop_signal};
use super::sockets::Sockets;
use super::terminal::complain;
use super::{Exit, logging, service_manager};
use crate::call::{CallPermits, Deadlines, LongWork, SharedState};
use crate::catalog::{Catalog, Operator};
use crate::console::{Bench, Console, History, TestRuns};
use crate::keyword::is_http;
use crate::live::{Live, LiveSettings};
use crate::origin::Origin;
use crate::server::{
    Admin, CallLimits, Callers, Certificates, Limits, Listener, Public, Secrets, Serving, TlsFiles, Workers,
};
use crate::telemetry::{Metrics, Recent, TraceSettings, Traces, Watchers};
use crate::upstream::Network;

/// Calls that are remembered for whoever asks, if the settings do not say how many.
const RECENT: usize = 1000;

/// Serves until SIGTERM or SIGINT, then lets calls in hand end.
pub(super) fn serve(arguments: &ServeArguments) -> Exit {
    logging::begin(arguments.log_format, &arguments.log);
    match tokio::runtime::Builder::new_multi_thread().enable_all().build() {
        Ok(runtime) => runtime.block_on(run(arguments, |_| {})),
        Err(error) => {
            complain(format_args!("error: the runtime cannot start: {error}"));
            Exit::Definitions
        }
    }
}

/// The addresses that are served.
#[derive(Clone, Copy, Debug)]
pub(super) struct Addresses {
    /// Of the actions.
    pub(super) public: std::net::SocketAddr,
    /// Of the operators, if any.
    pub(super) admin: Option<std::net::SocketAddr>,
}

/// Serves; `announce` is told the addresses once calls can come.
pub(super) async fn run(arguments: &ServeArguments, announce: impl FnOnce(Addresses)) -> Exit {
    // The addresses first: a taken port is told before anything slow happens.
    let sockets = match Sockets::open(arguments) {
        Ok(sockets) => sockets,
        Err(error) => return refuse(&error),
    };
    let operator = match operator(&arguments.definitions, &arguments.network) {
        Ok(operator) => operator,
        Err(error) => return refuse(&error.to_string()),
    };
    let first = match catalog(&arguments.definitions, &operator) {
        Ok(catalog) => catalog,
        Err(error) => return refuse(&error.to_string()),
    };
    if !may_start(&first, arguments) {
        return Exit::Definitions;
    }
    let house = match App::build(arguments) {
        Ok(house) => house,
        Err(error) => return refuse(&error),
    };
    house.serve_until_stopped(arguments, (operator, first), sockets, announce).await
}

/// What serving needs, all of it checked.
struct App {
    network: Arc<Network>,
    shared: Arc<SharedState>,
    callers: Callers,
    admin_token: Option<Secrets>,
    certificates: Option<Arc<Certificates>>,
    admin_certificates: Option<Arc<Certificates>>,
    traces: Option<Arc<Traces>>,
    workers: Arc<Workers>,
    long_work: LongWork,
}

impl App {
    fn build(arguments: &ServeArguments) -> Result<Self, String> {
        let network = Network::new(&network_settings(&arguments.network)).map_err(|error| error.to_string())?;
        let state = state(&arguments.state, arguments.state_key.as_ref(), arguments.network.ca_file.as_deref())
            .map_err(|error| error.to_string())?;
        let load =
            |files: Option<TlsFiles>| files.map(Certificates::load).transpose().map_err(|error| error.to_string());
        let files = arguments.tls_certificate.clone().zip(arguments.tls_key.clone()).map(|(certificate, key)| {
            TlsFiles { certificate, key, client_authorities: arguments.tls_client_authorities.clone() }
        });
        Ok(Self {
            network: Arc::new(network),
            shared: Arc::new(SharedState::new(state)),
            callers: callers(&arguments.more)?,
            admin_token: admin_token(arguments.admin_token.as_ref())?,
            certificates: load(files)?.map(Arc::new),
            admin_certificates: load(arguments.more.admin_tls.clone())?.map(Arc::new),
            traces: traces(arguments)?.map(Arc::new),
            workers: Workers::start()
                .map(Arc::new)
                .map_err(|error| format!("threads for calls cannot start: {error}"))?,
            long_work: LongWork::start().map_err(|error| format!("threads for long work cannot start: {error}"))?,
        })
    }

    async fn serve_until_stopped(
        self,
        arguments: &ServeArguments,
        (operator, first): (Operator, Catalog),
        sockets: Sockets,
        announce: impl FnOnce(Addresses),
    ) -> Exit {
        let secrets = Arc::new(operator.secrets_root());
        let settings = LiveSettings { poll: arguments.poll, ..LiveSettings::default() };
        let actions = first.count();
        let live = Live::start(&arguments.definitions.actions, operator, first, settings);
        let addresses =
            Addresses { public: sockets.public.local_addr(), admin: sockets.admin.as_ref().map(Listener::local_addr) };
        let (stop, stopped) = watch::channel(Stage::Serving);
        let (metrics, recent) =
            (Arc::new(Metrics::default()), Arc::new(Recent::new(arguments.more.recent_calls.unwrap_or(RECENT))));
        // Heard before anything is announced: until then a signal ends the process on the spot.
        let (first_stop, hangups) = (stop_signal(), Hangups::listen());
        let tls = self.certificates.is_some();
        tracing::info!(listen = %addresses.public, tls, admin = addresses.admin.map(tracing::field::display), actions, "serving");
        if self.callers.is_everyone() {
            tracing::warn!(
                "callers are not checked: let only Talkdesk reach this address, or set `callers` in the settings file"
            );
        }
        warn_of_strangers(arguments, &live);
        let certificates = self.watch_certificates(arguments.poll);
        let renewed = certificates.clone();
        tokio::spawn(hangups.reload(live.clone(), move || {
            for (_, certificates) in &renewed {
                certificates.renew();
            }
        }));
        tokio::spawn(count_reloads(live.clone(), Arc::clone(&metrics)));
        tokio::spawn(service_manager::watchdog());
        tokio::spawn(stop_in_stages(first_stop, stop, arguments.drain_delay));
        let desk = Desk {
            live: live.clone(),
            state: self.shared.state.clone(),
            network: Arc::clone(&self.network),
            metrics: Arc::clone(&metrics),
            recent: Arc::clone(&recent),
            settings: shown(arguments),
            certificates,
            stage: stopped.clone(),
        };
        let limits =
            Limits { connections: arguments.max_connections, drain: arguments.drain, ..arguments.more.limits.clone() };
        let deadlines =
            Deadlines { all: arguments.network.deadline, services: of_services(arguments, |service| service.deadline) };
        let history = Arc::new(History::default());
        if sockets.admin.is_some() {
            tokio::spawn(Arc::clone(&history).follow(live.clone()));
        }
        let scheme = if tls { "https" } else { "http" };
        let console = Console {
            live: live.clone(),
            recent: Arc::clone(&recent),
            metrics: Arc::clone(&metrics),
            network: Arc::clone(&self.network),
            state: self.shared.state.clone(),
            bench: Arc::new(Bench {
                network: Arc::clone(&self.network),
                shared: Arc::clone(&self.shared),
                secrets: Arc::clone(&secrets),
                deadlines: deadlines.clone(),
                recent: Arc::clone(&recent),
            }),
            test_runs: TestRuns::default(),
            history,
            most_connections: arguments.max_connections,
            address: format!("{scheme}://{}{}", addresses.public, arguments.base_path),
        };
        let admin = sockets.admin.map(|listener| {
            let certificates = self.admin_certificates.clone();
            let serving =
                Serving { limits: limits.clone(), certificates, meter: metrics.listener("admin"), workers: None };
            // To the very end, so that it can be asked how far the end is.
            let over_tls = self.admin_certificates.is_some();
            let admin = Admin::new(desk, console, self.admin_token, over_tls);
            tokio::spawn(listener.serve(admin, serving, std::future::pending()))
        });
        let limits_of_calls = call_limits(arguments);
        let watchers = Watchers { metrics: Arc::clone(&metrics), recent, traces: self.traces.clone() };
        let routing = routing(live, &watchers);
        let calls = Bridge {
            network: Arc::clone(&self.network),
            shared: self.shared,
            secrets,
            deadlines,
            permits: CallPermits::new(
                limits_of_calls.calls,
                limits_of_calls.calls_per_service,
                limits_of_calls.calls_of.clone(),
            ),
            long_work: self.long_work,
            watchers,
        };
        let call_limits = (&limits_of_calls, self.callers);
        let public = Public::new((routing, calls.build()), &arguments.base_path, call_limits, Arc::clone(&metrics));
        let serving = Serving {
            limits,
            certificates: self.certificates,
            meter: metrics.listener("public"),
            workers: Some(self.workers),
        };
        announce(addresses);
        self.network.prepare();
        service_manager::ready();
        let served = sockets.public.serve(public, serving, until(stopped, Stage::Draining)).await;
        if let Some(admin) = admin {
            admin.abort();
        }
        if let Some(traces) = self.traces {
            // The library waits without giving way.
            let _ = tokio::task::spawn_blocking(move || traces.end()).await;
        }
        match served {
            Ok(drained) => {
                tracing::info!(cut = drained.cut, unfinished = drained.unfinished, "stopped");
                Exit::Ok
            }
            Err(error) => refuse(&format!("the listener failed: {error}")),
        }
    }

    fn watch_certificates(&self, every: Duration) -> Vec<(&'static str, Arc<Certificates>)> {
        let own = [("public", &self.certificates), ("admin", &self.admin_certificates)];
        let own: Vec<_> = own.into_iter().filter_map(|(name, own)| Some((name, Arc::clone(own.as_ref()?)))).collect();
        for (_, certificates) in &own {
            tokio::spawn(Arc::clone(certificates).watch(every));
        }
        own
    }
}

/// How far the process is from its end.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(super) enum Stage {
    /// Calls are taken.
    Serving,
    /// Calls are still taken, but nobody should send more.
    Leaving,
    /// Calls in hand end.
    Draining,
}

/// The first signal begins the end; a second one is the end.
async fn stop_in_stages(first: impl Future<Output = ()>, stop: watch::Sender<Stage>, delay: Duration) {
    first.await;
    let second = stop_signal();
    tracing::info!("stopping");
    service_manager::stopping();
    stop.send_replace(Stage::Leaving);
    let drain = async {
        tokio::time::sleep(delay).await;
        stop.send_replace(Stage::Draining);
        std::future::pending::<()>().await;
    };
    tokio::select! {
        () = second => {}
        () = drain => {}
    }
    tracing::warn!("asked twice to stop, calls in hand are cut short");
    std::process::exit(130);
}

async fn count_reloads(live: Live, metrics: Arc<Metrics>) {
    let mut reports = live.reports();
    drop(live);
    while reports.changed().await.is_ok() {
        let (changed, clean, failed) = {
            let report = reports.borrow_and_update();
            (report.changed, report.is_clean(), report.failed.is_some())
        };
        if failed || (changed && !clean) {
            metrics.reload("failed");
        } else if changed {
            metrics.reload("applied");
        }
    }
}

fn traces(arguments: &ServeArguments) -> Result<Option<Traces>, String> {
    let Some(endpoint) = arguments.traces.clone() else { return Ok(None) };
    if !is_http(&endpoint) {
        return Err("--traces: expected an address such as http://127.0.0.1:4318".to_owned());
    }
    let authorization = arguments.more.traces_authorization.as_ref().map(Origin::read).transpose();
    let settings = TraceSettings {
        endpoint,
        sample: arguments.more.sample.unwrap_or(1.0),
        authorization: authorization.map_err(|reason| format!("traces.authorization: {reason}"))?,
        ca_file: arguments.network.ca_file.clone(),
    };
    Traces::begin(settings).map(Some).map_err(|error| format!("--traces: {error}"))
}

fn call_limits(arguments: &ServeArguments) -> CallLimits {
    CallLimits {
        calls: arguments.max_calls,
        calls_per_service: arguments.more.calls_per_service,
        calls_of: of_services(arguments, |service| service.calls),
        body_timeout: arguments.more.body_time.unwrap_or(arguments.network.deadline),
        ..arguments.more.call_limits.clone()
    }
}

/// What the settings say of single services.
fn of_services<T>(arguments: &ServeArguments, own: impl Fn(&ServiceSettings) -> Option<T>) -> BTreeMap<String, T> {
    arguments.network.services.iter().filter_map(|(name, service)| Some((name.clone(), own(service)?))).collect()
}

/// Settings for a service that is not there do nothing, and may be for one of another name.
fn warn_of_strangers(arguments: &ServeArguments, live: &Live) {
    let report = live.report();
    for name in arguments.network.services.keys() {
        if !report.units.iter().any(|unit| unit.name == *name) {
            tracing::warn!(service = name, "the settings name a service that has no definitions");
        }
    }
}

/// At start any error refuses to start, unless the operator says otherwise.
fn may_start(first: &Catalog, arguments: &ServeArguments) -> bool {
    let problems = first.diagnostics();
    if !problems.is_empty() {
        print_problems(&problems);
    }
    if first.has_errors() && !arguments.skip_broken {
        complain(format_args!("error: not started; mend the definitions, or serve the rest with `--skip-broken`"));
        return false;
    }
    true
}

fn refuse(reason: &str) -> Exit {
    complain(format_args!("error: {reason}"));
    Exit::Definitions
}

async fn until(mut stopped: watch::Receiver<Stage>, stage: Stage) {
    // A sender that is gone means the end as well.
    let _ = stopped.wait_for(|reached| *reached >= stage).await;
}
