//! The configuration of the running program: plain values, defaults filled in. Holds no behaviour, and no secret: origins are
//! read when a part is built.

use std::net::SocketAddr;
use std::path::PathBuf;
use std::time::Duration;

use super::callers::CallersConfig;
use super::definitions::DefinitionsConfig;
use super::state::StateConfig;
use super::traces::TracesConfig;
use crate::call::Deadlines;
use crate::origin::Origin;
use crate::server::{CallLimits, Limits, TlsFiles};
use crate::upstream::NetworkSettings;

/// Everything that the program runs under.
#[derive(Clone, Debug)]
pub struct Config {
    /// The definitions of actions.
    pub definitions: DefinitionsConfig,
    /// Where requests may go.
    pub network: NetworkSettings,
    /// The time that calls have.
    pub deadlines: Deadlines,
    /// The listener of actions.
    pub public: PublicConfig,
    /// The listener of operators.
    pub admin: AdminConfig,
    /// Bounds of connections and heads, and how long calls in flight may go on after a request to stop.
    pub limits: Limits,
    /// Bounds of calls.
    pub calls: CallLimits,
    /// How many ended calls are remembered, if not the usual number.
    pub recent_calls: Option<usize>,
    /// Where tokens, idempotency records and rates are kept.
    pub state: StateConfig,
    /// How long calls are still accepted after a request to stop.
    pub drain_delay: Duration,
    /// Where traces are sent, if anywhere.
    pub traces: Option<TracesConfig>,
    /// The log, which is begun before; here it is only shown to operators.
    pub log: LogConfig,
    /// The settings file, which is read before; here it is only shown to operators.
    pub settings_file: Option<PathBuf>,
}

/// The listener of actions.
#[derive(Clone, Debug)]
pub struct PublicConfig {
    /// Its address, unless a socket is handed over.
    pub listen: SocketAddr,
    /// A path in front of every route.
    pub base_path: String,
    /// Its certificate, if it has one.
    pub tls: Option<TlsFiles>,
    /// What callers must show.
    pub callers: CallersConfig,
}

/// The listener of operators.
#[derive(Clone, Debug)]
pub struct AdminConfig {
    /// Its address, unless a socket is handed over; there is none without it.
    pub listen: Option<SocketAddr>,
    /// What operators send; without it the listener is on loopback only.
    pub token: Option<Origin>,
    /// Its certificate, if it has one.
    pub tls: Option<TlsFiles>,
}

/// How the log is written.
#[derive(Clone, Debug)]
pub struct LogConfig {
    /// `text` or `json`.
    pub format: &'static str,
    /// How much is logged.
    pub filter: String,
}
