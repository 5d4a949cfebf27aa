//! `serve`: bind, then load, then serve until told to stop.

use std::future::Future;

use tokio::sync::watch;

use super::Exit;
use super::arguments::{AdminAddress, ServeArguments};
use super::bridge::{Bridge, Desk};
use super::definitions::{catalog, network_settings, operator, print_problems, state};
use super::logging;
use super::terminal::complain;
use crate::catalog::{Catalog, Operator};
use crate::engine::Commons;
use crate::live::{Live, LiveSettings};
use crate::server::{Admin, CallLimits, Limits, Listener, Public};
use crate::upstream::Network;

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
    let operator = match operator(&arguments.definitions, &arguments.network) {
        Ok(operator) => operator,
        Err(error) => return refuse(&error.to_string()),
    };
    // The address first: a taken port is told before anything slow happens.
    let public = match Listener::bind(arguments.listen) {
        Ok(listener) => listener,
        Err(error) => return refuse(&format!("{} cannot be served: {error}", arguments.listen)),
    };
    let admin = match arguments.admin {
        AdminAddress::Off => None,
        AdminAddress::At(address) if !address.ip().is_loopback() => {
            return refuse(&format!(
                "--admin {address}: without a token the admin listener stays on loopback, such as 127.0.0.1:8081"
            ));
        }
        AdminAddress::At(address) => match Listener::bind(address) {
            Ok(listener) => Some(listener),
            Err(error) => return refuse(&format!("{address} cannot be served: {error}")),
        },
    };
    let first = match catalog(&arguments.definitions, &operator) {
        Ok(catalog) => catalog,
        Err(error) => return refuse(&error.to_string()),
    };
    if !may_start(&first, arguments) {
        return Exit::Definitions;
    }
    let network = match Network::new(&operator, &network_settings(&arguments.network)) {
        Ok(network) => network,
        Err(error) => return refuse(&error.to_string()),
    };
    let state = match state(&arguments.state, arguments.state_key.as_deref(), arguments.network.ca_file.as_deref()) {
        Ok(state) => state,
        Err(error) => return refuse(&error.to_string()),
    };
    serve_until_stopped(arguments, operator, first, (network, Commons::new(state)), (public, admin, announce)).await
}

type Listeners<A> = (Listener, Option<Listener>, A);

async fn serve_until_stopped(
    arguments: &ServeArguments,
    operator: Operator,
    first: Catalog,
    (network, commons): (Network, Commons),
    (public, admin, announce): Listeners<impl FnOnce(Addresses)>,
) -> Exit {
    let secrets = operator.secrets_root();
    let settings = LiveSettings { poll: arguments.poll, ..LiveSettings::default() };
    let actions = first.actions().len();
    let live = Live::start(&arguments.definitions.actions, operator, first, settings);
    let addresses = Addresses { public: public.local_addr(), admin: admin.as_ref().map(Listener::local_addr) };
    let (stop, stopped) = watch::channel(false);
    let limits = Limits { drain: arguments.drain, ..Limits::default() };
    let calls =
        CallLimits { calls: arguments.max_calls, body_timeout: arguments.network.deadline, ..CallLimits::default() };
    let desk = Desk { live: live.clone(), state: commons.state.clone() };
    let bridge = Bridge { live: live.clone(), network, commons, secrets, deadline: arguments.network.deadline };
    // Heard before anything is announced: until then a signal ends the process on the spot.
    let (first_stop, hangups) = (stop_signal(), Hangups::listen());
    tracing::info!(listen = %addresses.public, admin = addresses.admin.map(tracing::field::display), actions, "serving");
    tracing::warn!("callers are not checked: let only Talkdesk reach this address, for example through your gateway");
    tokio::spawn(hangups.reload(live.clone()));
    tokio::spawn(async move {
        first_stop.await;
        let second_stop = stop_signal();
        tracing::info!("stopping");
        stop.send_replace(true);
        second_stop.await;
        tracing::warn!("asked twice to stop, calls in hand are cut short");
        std::process::exit(130);
    });
    let admin = admin.map(|listener| {
        let serving = listener.serve(Admin::new(desk), limits.clone(), until(stopped.clone()));
        tokio::spawn(serving)
    });
    announce(addresses);
    let served = public.serve(Public::new(bridge, &arguments.base_path, &calls), limits, until(stopped)).await;
    if let Some(admin) = admin {
        admin.abort();
    }
    match served {
        Ok(drained) => {
            tracing::info!(cut = drained.cut, unfinished = drained.unfinished, "stopped");
            Exit::Ok
        }
        Err(error) => refuse(&format!("the listener failed: {error}")),
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

async fn until(mut stopped: watch::Receiver<bool>) {
    // A sender that is gone means the end as well.
    let _ = stopped.wait_for(|stopped| *stopped).await;
}

#[cfg(unix)]
fn stop_signal() -> impl Future<Output = ()> {
    use tokio::signal::unix::{SignalKind, signal};
    let signals =
        signal(SignalKind::terminate()).and_then(|terminate| Ok((terminate, signal(SignalKind::interrupt())?)));
    async move {
        match signals {
            Ok((mut terminate, mut interrupt)) => {
                tokio::select! {
                    _ = terminate.recv() => {}
                    _ = interrupt.recv() => {}
                }
            }
            Err(error) => {
                tracing::error!(%error, "signals cannot be heard");
                std::future::pending::<()>().await;
            }
        }
    }
}

#[cfg(not(unix))]
async fn stop_signal() {
    if tokio::signal::ctrl_c().await.is_err() {
        std::future::pending::<()>().await;
    }
}

/// SIGHUP reads all definitions anew.
#[cfg(unix)]
struct Hangups(std::io::Result<tokio::signal::unix::Signal>);

#[cfg(unix)]
impl Hangups {
    fn listen() -> Self {
        Self(tokio::signal::unix::signal(tokio::signal::unix::SignalKind::hangup()))
    }

    async fn reload(self, live: Live) {
        let Ok(mut hangup) = self.0 else { return };
        while hangup.recv().await.is_some() {
            live.reload().await;
        }
    }
}

#[cfg(not(unix))]
struct Hangups;

#[cfg(not(unix))]
impl Hangups {
    fn listen() -> Self {
        Self
    }

    async fn reload(self, _live: Live) {}
}
