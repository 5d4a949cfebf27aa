//! The settings in force, by the keys of the settings file. Secrets are shown by where they come from, never by value.

#![expect(missing_docs, reason = "the fields are the keys of the settings file, which its schema documents")]

use std::collections::BTreeMap;

use serde::Serialize;

/// Every setting with its value in force.
#[derive(Clone, Debug, Default, Serialize)]
pub struct Settings {
    pub settings: Option<String>,
    pub listen: String,
    pub admin: String,
    pub admin_token: Option<String>,
    pub actions: String,
    pub base_path: String,
    pub skip_broken: bool,
    pub deadline: String,
    pub drain: String,
    pub drain_delay: String,
    pub poll: String,
    pub state: String,
    pub state_key: Option<String>,
    pub log: LogSettings,
    pub traces: Option<TraceSettings>,
    pub tls: Option<TlsSettings>,
    pub admin_tls: Option<TlsSettings>,
    pub callers: CallerSettings,
    pub limits: LimitSettings,
    pub network: NetworkSettings,
    pub secrets: BTreeMap<String, String>,
    pub services: BTreeMap<String, ServiceSettings>,
}

/// The log.
#[derive(Clone, Debug, Default, Serialize)]
pub struct LogSettings {
    pub format: &'static str,
    pub filter: String,
}

/// Traces.
#[derive(Clone, Debug, Default, Serialize)]
pub struct TraceSettings {
    pub endpoint: String,
    pub sample: f64,
    pub authorization: Option<String>,
}

/// The certificate of a listener.
#[derive(Clone, Debug, Default, Serialize)]
pub struct TlsSettings {
    pub certificate: String,
    pub client_authorities: Option<String>,
}

/// The checks of callers; those that are off are left out.
#[derive(Clone, Debug, Default, Serialize)]
pub struct CallerSettings {
    #[serde(skip_serializing_if = "Option::is_none")]
    pub header: Option<CallerHeaderSettings>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub auth: Option<CallerFieldSettings>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub path: Option<CallerPathSettings>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub networks: Option<CallerNetworkSettings>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub hmac: Option<CallerSignatureSettings>,
}

/// A secret in a header.
#[derive(Clone, Debug, Default, Serialize)]
pub struct CallerHeaderSettings {
    pub name: String,
    pub secret: Vec<String>,
}

/// A secret in a field of `auth`.
#[derive(Clone, Debug, Default, Serialize)]
pub struct CallerFieldSettings {
    pub field: String,
    pub secret: Vec<String>,
}

/// A secret in the path.
#[derive(Clone, Debug, Default, Serialize)]
pub struct CallerPathSettings {
    pub secret: Vec<String>,
}

/// The networks of callers.
#[derive(Clone, Debug, Default, Serialize)]
pub struct CallerNetworkSettings {
    pub allow: Vec<String>,
    pub proxies: Vec<String>,
}

/// A signature of the body.
#[derive(Clone, Debug, Default, Serialize)]
pub struct CallerSignatureSettings {
    pub header: String,
    pub secret: Vec<String>,
}

/// Bounds of connections, heads and calls.
#[derive(Clone, Debug, Default, Serialize)]
pub struct LimitSettings {
    pub connections: usize,
    pub calls: usize,
    pub calls_per_service: Option<usize>,
    pub recent_calls: Option<usize>,
    pub body: usize,
    pub bodies: usize,
    /// Bytes that one call may build or read.
    pub call_bytes: u64,
    /// Steps of work of one call.
    pub call_steps: u64,
    /// Requests of one call.
    pub call_requests: u32,
    pub body_time: String,
    pub head: usize,
    pub head_time: String,
    pub idle_time: String,
    pub write_time: String,
}

/// Where requests may go.
#[derive(Clone, Debug, Default, Serialize)]
pub struct NetworkSettings {
    pub allow_private: Vec<String>,
    pub allow_http: bool,
    pub ca_file: Option<String>,
    pub proxy: Option<String>,
    pub identities: Vec<String>,
}

/// The settings of one service.
#[derive(Clone, Debug, Default, Serialize)]
pub struct ServiceSettings {
    pub allow_private: Vec<String>,
    pub allow_http: bool,
    pub ca_file: Option<String>,
    pub proxy: Option<String>,
    pub hosts_narrowed: bool,
    pub deadline: Option<String>,
    pub calls: Option<usize>,
}
