//! The flags of `serve`.

use std::net::SocketAddr;
use std::path::PathBuf;
use std::time::Duration;

use clap::builder::FalseyValueParser;
use clap::{Args, ValueEnum};

use super::definitions::DefinitionArguments;
use super::network::NetworkArguments;
use super::serve_settings::ServeSettings;
use super::unseen::Unseen;
use crate::document::StatePlace;
use crate::origin::Origin;

#[derive(Clone, Debug, Args)]
pub(in crate::cli) struct ServeArguments {
    #[command(flatten)]
    pub(in crate::cli) definitions: DefinitionArguments,
    #[command(flatten)]
    pub(in crate::cli) network: NetworkArguments,
    /// Where the actions are served.
    #[arg(long, value_name = "ADDRESS", default_value = "127.0.0.1:8080", env = "ACTION_EXECUTOR_LISTEN")]
    pub(in crate::cli) listen: SocketAddr,
    /// Where operators ask: health, readiness, reload. `off` for nowhere.
    #[arg(long, value_name = "ADDRESS|off", default_value = "127.0.0.1:8081", value_parser = admin_address, env = "ACTION_EXECUTOR_ADMIN")]
    pub(in crate::cli) admin: AdminAddress,
    /// What operators send as `Authorization: Bearer …`; needed when the admin listener is not on loopback.
    #[arg(long, value_name = "env:VARIABLE|file:PATH", value_parser = Unseen::<Origin>::parser(), env = "ACTION_EXECUTOR_ADMIN_TOKEN", hide_env_values = true)]
    pub(in crate::cli) admin_token: Option<Origin>,
    /// The certificate of the public listener, as a PEM file; read again when it changes.
    #[arg(long, value_name = "FILE", requires = "tls_key", env = "ACTION_EXECUTOR_TLS_CERTIFICATE")]
    pub(in crate::cli) tls_certificate: Option<PathBuf>,
    /// Its private key, as a PEM file.
    #[arg(long, value_name = "FILE", requires = "tls_certificate", env = "ACTION_EXECUTOR_TLS_KEY")]
    pub(in crate::cli) tls_key: Option<PathBuf>,
    /// Authorities, as a PEM file; a client without a certificate of theirs is refused.
    #[arg(long, value_name = "FILE", requires = "tls_certificate", env = "ACTION_EXECUTOR_TLS_CLIENT_AUTHORITIES")]
    pub(in crate::cli) tls_client_authorities: Option<PathBuf>,
    /// A path in front of every route.
    #[arg(long, value_name = "PATH", default_value = "", env = "ACTION_EXECUTOR_BASE_PATH")]
    pub(in crate::cli) base_path: String,
    /// Start even if some services have errors, and serve the rest.
    #[arg(long, value_parser = FalseyValueParser::new(), env = "ACTION_EXECUTOR_SKIP_BROKEN")]
    pub(in crate::cli) skip_broken: bool,
    /// Calls in flight at once; more are answered at once that the server is too busy.
    #[arg(long, value_name = "NUMBER", default_value_t = 1024, env = "ACTION_EXECUTOR_MAX_CALLS")]
    pub(in crate::cli) max_calls: usize,
    /// Connections at once; more are answered at once that the server is too busy.
    #[arg(long, value_name = "NUMBER", default_value_t = 4096, env = "ACTION_EXECUTOR_MAX_CONNECTIONS")]
    pub(in crate::cli) max_connections: usize,
    /// Where tokens, idempotency records and rates are kept: `memory`, the Redis that replicas share, or where its
    /// address is.
    #[arg(
        long,
        value_name = "memory|redis://…|rediss://…|env:VARIABLE|file:PATH",
        default_value = "memory",
        value_parser = Unseen::<StatePlace>::parser(),
        env = "ACTION_EXECUTOR_STATE",
        hide_env_values = true
    )]
    pub(in crate::cli) state: StatePlace,
    /// The key that seals what is kept in Redis; the same for all replicas, 32 bytes or more.
    #[arg(long, value_name = "env:VARIABLE|file:PATH", value_parser = Unseen::<Origin>::parser(), env = "ACTION_EXECUTOR_STATE_KEY", hide_env_values = true)]
    pub(in crate::cli) state_key: Option<Origin>,
    /// How long calls in flight may go on when the process is asked to stop.
    #[arg(long, value_name = "DURATION", default_value = "30s", value_parser = humantime::parse_duration, env = "ACTION_EXECUTOR_DRAIN")]
    pub(in crate::cli) drain: Duration,
    /// How long calls are still taken after a request to stop, so that balancers notice that the process is not ready.
    #[arg(long, value_name = "DURATION", default_value = "0s", value_parser = humantime::parse_duration, env = "ACTION_EXECUTOR_DRAIN_DELAY")]
    pub(in crate::cli) drain_delay: Duration,
    /// Where traces are sent: the base address of an OTLP receiver over HTTP.
    #[arg(long, value_name = "ADDRESS", env = "ACTION_EXECUTOR_TRACES", hide_env_values = true)]
    pub(in crate::cli) traces: Option<String>,
    /// How log lines look.
    #[arg(long, value_enum, default_value_t = LogFormat::Text, env = "ACTION_EXECUTOR_LOG_FORMAT")]
    pub(in crate::cli) log_format: LogFormat,
    /// How much is logged: error, warn, info, debug, or a filter such as `action_executor=debug`.
    #[arg(long, value_name = "FILTER", default_value = "info", env = "ACTION_EXECUTOR_LOG")]
    pub(in crate::cli) log: String,
    /// How often files are compared where the file system sends no events.
    #[arg(long, value_name = "DURATION", default_value = "10s", value_parser = some_time, env = "ACTION_EXECUTOR_POLL")]
    pub(in crate::cli) poll: Duration,
    /// What only the settings file says.
    #[arg(skip)]
    pub(in crate::cli) more: ServeSettings,
}

/// Where the admin listener is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(in crate::cli) enum AdminAddress {
    At(SocketAddr),
    Off,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
pub(in crate::cli) enum LogFormat {
    /// For people.
    Text,
    /// One JSON object a line.
    Json,
}

impl AdminAddress {
    /// The address, unless it is off.
    pub(in crate::cli) fn socket(self) -> Option<SocketAddr> {
        match self {
            Self::At(address) => Some(address),
            Self::Off => None,
        }
    }
}

impl LogFormat {
    /// As the settings file has it.
    pub(in crate::cli) fn as_str(self) -> &'static str {
        match self {
            Self::Text => "text",
            Self::Json => "json",
        }
    }
}

pub(in crate::cli) fn admin_address(text: &str) -> Result<AdminAddress, String> {
    match text {
        "off" => Ok(AdminAddress::Off),
        address => address
            .parse()
            .map(AdminAddress::At)
            .map_err(|_| "expected an address such as 127.0.0.1:8081, or `off`".to_owned()),
    }
}

/// A time that passes.
fn some_time(text: &str) -> Result<Duration, String> {
    let duration = humantime::parse_duration(text).map_err(|error| error.to_string())?;
    if duration.is_zero() { Err("more than 0s is needed".to_owned()) } else { Ok(duration) }
}
