//! `demo`: the demo actions, a helpdesk to try them on, and a ready `curl` line.

use std::collections::BTreeMap;
use std::net::SocketAddr;
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::time::Duration;

use clap::Args;

use super::arguments::{AdminAddress, LogFormat, admin_address};
use super::helpdesk::{ADDRESS, Helpdesk, KEY};
use super::serve::{refuse, serve_until_stopped};
use super::terminal::{complain, say};
use super::{Exit, logging};
use crate::app::{
    Addresses, AdminConfig, App, CallersConfig, Config, DefinitionsConfig, LogConfig, PublicConfig, StartError,
    StateConfig, StatePlace,
};
use crate::call::Deadlines;
use crate::server::{CallLimits, Limits, Listener, Serving};
use crate::telemetry::Metrics;
use crate::upstream::NetworkSettings;

#[derive(Debug, Args)]
pub(super) struct DemoArguments {
    /// Where the actions are served.
    #[arg(long, value_name = "ADDRESS", default_value = "127.0.0.1:8080", env = "ACTION_EXECUTOR_LISTEN")]
    pub(super) listen: SocketAddr,
    /// Where operators ask.
    #[arg(long, value_name = "ADDRESS|off", default_value = "127.0.0.1:8081", value_parser = admin_address, env = "ACTION_EXECUTOR_ADMIN")]
    pub(super) admin: AdminAddress,
    /// How log lines look.
    #[arg(long, value_enum, default_value_t = LogFormat::Text, env = "ACTION_EXECUTOR_LOG_FORMAT")]
    pub(super) log_format: LogFormat,
}

/// The demo's definitions, for when the program runs away from its sources.
const FILES: [(&str, &str); 7] = [
    ("service.yaml", include_str!("../../actions.d/demo/service.yaml")),
    ("create_ticket.yaml", include_str!("../../actions.d/demo/create_ticket.yaml")),
    ("upsert_contact.yaml", include_str!("../../actions.d/demo/upsert_contact.yaml")),
    ("log_call.yaml", include_str!("../../actions.d/demo/log_call.yaml")),
    ("add_notes.yaml", include_str!("../../actions.d/demo/add_notes.yaml")),
    ("create_order.yaml", include_str!("../../actions.d/demo/create_order.yaml")),
    ("legacy_case.yaml", include_str!("../../actions.d/demo/legacy_case.yaml")),
];

pub(super) fn demo(arguments: &DemoArguments) -> Exit {
    logging::begin(arguments.log_format, "info");
    let helpdesk = match bind() {
        Ok(helpdesk) => helpdesk,
        Err(error) => {
            complain(format_args!("error: the demo's helpdesk cannot listen: {error}"));
            return Exit::Definitions;
        }
    };
    let actions = match definitions(&helpdesk.local_addr().to_string()) {
        Ok(actions) => actions,
        Err(error) => {
            complain(format_args!("error: the demo's definitions cannot be written: {error}"));
            return Exit::Definitions;
        }
    };
    let served = App::runtime().and_then(|runtime| runtime.block_on(run(arguments, helpdesk, actions)));
    served.unwrap_or_else(|error| refuse(&error))
}

/// The address that the definitions name; a free one if another process has it.
fn bind() -> std::io::Result<Listener> {
    let address = ADDRESS.parse().map_err(std::io::Error::other)?;
    Listener::bind(address).or_else(|_| Listener::bind(([127, 0, 0, 1], 0).into()))
}

async fn run(arguments: &DemoArguments, helpdesk: Listener, actions: PathBuf) -> Result<Exit, StartError> {
    let serving = Serving {
        limits: Limits::default(),
        certificates: None,
        meter: Arc::new(Metrics::default()).listener("helpdesk"),
        workers: None,
    };
    tokio::spawn(helpdesk.serve(Helpdesk::default(), serving, std::future::pending()));
    let app = App::build(config(arguments, actions.clone()))?;
    Ok(serve_until_stopped(app, |addresses| greet(addresses, &actions)).await)
}

fn config(arguments: &DemoArguments, actions: PathBuf) -> Config {
    let deadline = Duration::from_secs(8);
    let own_network = "127.0.0.0/8".parse().into_iter().collect();
    Config {
        definitions: DefinitionsConfig {
            directory: actions,
            secrets: BTreeMap::new(),
            skip_broken: false,
            poll: Duration::from_secs(10),
        },
        network: NetworkSettings { allow_private: own_network, ..NetworkSettings::default() },
        deadlines: Deadlines { all: deadline, services: BTreeMap::new() },
        public: PublicConfig {
            listen: arguments.listen,
            base_path: String::new(),
            tls: None,
            callers: CallersConfig::default(),
        },
        admin: AdminConfig { listen: arguments.admin.socket(), token: None, tls: None },
        limits: Limits { drain: Duration::from_secs(2), ..Limits::default() },
        calls: CallLimits { body_timeout: deadline, ..CallLimits::default() },
        recent_calls: None,
        state: StateConfig { place: StatePlace::Memory, key: None },
        drain_delay: Duration::ZERO,
        traces: None,
        log: LogConfig { format: arguments.log_format.as_str(), filter: "info".to_owned() },
        settings_file: None,
    }
}

fn greet(addresses: Addresses, actions: &Path) {
    say(format_args!(
        "\nThe demo is served from {}. Try it:\n\n  \
         curl -i http://{}/demo/create_ticket -d '{{\"auth\":{{\"key\":\"{KEY}\"}},\"data\":{{\"subject\":\"Call missed\",\"description\":\"He said \\\"hi\\\"\"}}}}' -H 'Content-Type: application/json'\n\n\
         Change a file there while it runs, and call again.",
        actions.display(),
        addresses.public
    ));
    match addresses.admin {
        Some(admin) => {
            say(format_args!("The console: http://{admin}/console/\nCtrl-C ends it.\n"));
        }
        None => say(format_args!("Ctrl-C ends it.\n")),
    }
}

/// `actions.d` if it has the demo and the helpdesk has the address named there; else a copy that names the helpdesk's.
fn definitions(helpdesk: &str) -> std::io::Result<PathBuf> {
    let here = PathBuf::from("actions.d");
    if helpdesk == ADDRESS && here.join("demo/service.yaml").is_file() {
        return Ok(here);
    }
    let copy = std::env::temp_dir().join(format!("action-executor-demo-{}", std::process::id()));
    let demo = copy.join("demo");
    std::fs::create_dir_all(&demo)?;
    for (name, text) in FILES {
        std::fs::write(demo.join(name), text.replace(ADDRESS, helpdesk))?;
    }
    Ok(copy)
}
