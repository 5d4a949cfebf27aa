//! `demo`: the demo actions, a helpdesk to try them on, and a ready `curl` line.

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::time::Duration;

use super::Exit;
use super::arguments::{DefinitionArguments, DemoArguments, NetworkArguments, ServeArguments};
use super::helpdesk::{ADDRESS, Helpdesk, KEY};
use super::settings::ServeSettings;
use super::terminal::{complain, say};
use super::{logging, serve};
use crate::document::StatePlace;
use crate::server::{Limits, Listener, Serving};
use crate::telemetry::Metrics;

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
    match tokio::runtime::Builder::new_multi_thread().enable_all().build() {
        Ok(runtime) => runtime.block_on(run(arguments, helpdesk, actions)),
        Err(error) => {
            complain(format_args!("error: the runtime cannot start: {error}"));
            Exit::Definitions
        }
    }
}

/// The address that the definitions name; a free one if another process has it.
fn bind() -> std::io::Result<Listener> {
    let address = ADDRESS.parse().map_err(std::io::Error::other)?;
    Listener::bind(address).or_else(|_| Listener::bind(([127, 0, 0, 1], 0).into()))
}

async fn run(arguments: &DemoArguments, helpdesk: Listener, actions: PathBuf) -> Exit {
    let serving = Serving {
        limits: Limits::default(),
        certificates: None,
        meter: Arc::new(Metrics::default()).listener("helpdesk"),
        workers: None,
    };
    tokio::spawn(helpdesk.serve(Helpdesk::default(), serving, std::future::pending()));
    let shown = actions.clone();
    let serve = ServeArguments {
        definitions: DefinitionArguments {
            actions,
            settings: None,
            secrets: Vec::new(),
            more_secrets: BTreeMap::new(),
        },
        network: NetworkArguments {
            allow_private: "127.0.0.0/8".parse().into_iter().collect(),
            deadline: Duration::from_secs(8),
            ..NetworkArguments::default()
        },
        listen: arguments.listen,
        admin: arguments.admin,
        admin_token: None,
        tls_certificate: None,
        tls_key: None,
        tls_client_authorities: None,
        base_path: String::new(),
        skip_broken: false,
        max_calls: 1024,
        max_connections: 4096,
        state: StatePlace::Memory,
        state_key: None,
        drain: Duration::from_secs(2),
        drain_delay: Duration::ZERO,
        traces: None,
        log_format: arguments.log_format,
        log: "info".to_owned(),
        poll: Duration::from_secs(10),
        more: ServeSettings::default(),
    };
    serve::run(&serve, |addresses| greet(addresses, &shown)).await
}

fn greet(addresses: serve::Addresses, actions: &Path) {
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
