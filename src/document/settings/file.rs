//! The keys of the settings file.

use std::net::SocketAddr;
use std::path::PathBuf;
use std::time::Duration;

use schemars::JsonSchema;

use super::callers::CallersDocument;
use super::deadline::decode_deadline;
use super::limits::ServerLimitsDocument;
use super::network::{NetworkDocument, ServiceSettingsDocument};
use super::scalars::{AdminPlace, Fraction, HttpAddress, LogFormat, StatePlace, Time};
use crate::diagnostic::Problems;
use crate::document::decode::{Decode, Fields};
use crate::document::{Keyed, Node, Spanned};
use crate::origin::Origin;

/// The operator's settings; every key may be left out.
#[derive(Clone, Debug, Default, PartialEq, JsonSchema)]
#[schemars(deny_unknown_fields)]
pub struct SettingsDocument {
    /// Where the actions are served.
    #[schemars(with = "Option<String>", extend("default" = "127.0.0.1:8080", "examples" = ["0.0.0.0:8080"]))]
    pub listen: Option<Spanned<SocketAddr>>,
    /// Where operators ask: health, readiness, metrics, reload. `off` for nowhere.
    #[schemars(with = "Option<String>", extend("default" = "127.0.0.1:8081", "examples" = ["127.0.0.1:8081", "off"]))]
    pub admin: Option<Spanned<AdminPlace>>,
    /// What operators send as `Authorization: Bearer …`; needed when the admin listener is not on loopback.
    #[schemars(with = "Option<String>", extend("examples" = ["file:/run/secrets/admin-token"]))]
    pub admin_token: Option<Spanned<Origin>>,
    /// The directory of definitions.
    #[schemars(with = "Option<String>", extend("default" = "actions.d", "examples" = ["/etc/action-executor/actions.d"]))]
    pub actions: Option<Spanned<PathBuf>>,
    /// A path in front of every route.
    #[schemars(with = "Option<String>", extend("default" = "", "examples" = ["/bridge"]))]
    pub base_path: Option<Spanned<String>>,
    /// Start even if some services have errors, and serve the rest.
    #[schemars(extend("default" = false, "examples" = [true]))]
    pub skip_broken: Option<Spanned<bool>>,
    /// The time that one call may take, at most 25s.
    #[schemars(with = "Option<String>", extend("default" = "8s", "examples" = ["8s"]))]
    pub deadline: Option<Spanned<Duration>>,
    /// How long calls in hand may go on when the process is asked to stop.
    #[schemars(with = "Option<String>", extend("default" = "30s", "examples" = ["30s"]))]
    pub drain: Option<Spanned<Duration>>,
    /// How long calls are still taken after a request to stop, so that balancers notice that the process is not ready.
    #[schemars(with = "Option<String>", extend("default" = "0s", "examples" = ["5s"]))]
    pub drain_delay: Option<Spanned<Duration>>,
    /// How often files are compared where the file system sends no events, and certificates always.
    #[schemars(with = "Option<String>", extend("default" = "10s", "examples" = ["10s"]))]
    pub poll: Option<Spanned<Duration>>,
    /// Where tokens, idempotency records and rates are kept: `memory`, the Redis that replicas share, or where its address stands.
    #[schemars(with = "Option<String>", extend("default" = "memory", "examples" = ["rediss://redis.internal:6379/0", "env:REDIS_URL"]))]
    pub state: Option<Spanned<StatePlace>>,
    /// The key that seals what is kept in Redis; the same for all replicas, 32 bytes or more.
    #[schemars(with = "Option<String>", extend("examples" = ["file:/run/secrets/state-key"]))]
    pub state_key: Option<Spanned<Origin>>,
    /// What is logged, and how.
    #[schemars(extend("examples" = [{"format": "json", "filter": "info"}]))]
    pub log: Option<LogDocument>,
    /// Where traces are sent.
    #[schemars(extend("examples" = [{"endpoint": "http://127.0.0.1:4318"}]))]
    pub traces: Option<TracesDocument>,
    /// The certificate of the public listener.
    #[schemars(extend("examples" = [{"certificate": "tls.crt", "key": "tls.key"}]))]
    pub tls: Option<TlsDocument>,
    /// The certificate of the admin listener.
    #[schemars(extend("examples" = [{"certificate": "tls.crt", "key": "tls.key"}]))]
    pub admin_tls: Option<TlsDocument>,
    /// What a caller must show; all that stand here must hold.
    #[schemars(extend("examples" = [{"header": {"name": "X-Bridge-Key", "secret": "env:BRIDGE_KEY"}}]))]
    pub callers: Option<CallersDocument>,
    /// Bounds of what comes in.
    #[schemars(extend("examples" = [{"calls": 2000}]))]
    pub limits: Option<ServerLimitsDocument>,
    /// Where requests may go.
    #[schemars(extend("examples" = [{"allow_private": ["10.2.0.0/16"]}]))]
    pub network: Option<NetworkDocument>,
    /// The root `secrets` of templates.
    #[schemars(with = "Option<std::collections::BTreeMap<String, String>>", extend("examples" = [{"partner_key": "env:PARTNER_KEY"}]))]
    pub secrets: Option<Keyed<Spanned<Origin>>>,
    /// What holds for one service, by the name of its directory.
    #[schemars(extend("examples" = [{"redmine": {"allow_private": ["10.2.0.0/16"]}}]))]
    pub services: Option<Keyed<ServiceSettingsDocument>>,
}

/// What is logged, and how.
#[derive(Clone, Debug, Default, PartialEq, JsonSchema)]
#[schemars(deny_unknown_fields)]
pub struct LogDocument {
    /// How log lines look.
    #[schemars(with = "Option<LogFormat>", extend("default" = "text", "examples" = ["json"]))]
    pub format: Option<Spanned<LogFormat>>,
    /// How much is logged: error, warn, info, debug, or a filter such as `action_executor=debug`.
    #[schemars(with = "Option<String>", extend("default" = "info", "examples" = ["info"]))]
    pub filter: Option<Spanned<String>>,
}

/// Where traces are sent.
#[derive(Clone, Debug, PartialEq, JsonSchema)]
#[schemars(deny_unknown_fields)]
pub struct TracesDocument {
    /// The base address of an OTLP receiver over HTTP; `/v1/traces` is added.
    #[schemars(with = "String", extend("examples" = ["http://127.0.0.1:4318"]))]
    pub endpoint: Spanned<String>,
    /// Which part of the calls that come without a trace is traced, from 0 to 1.
    #[schemars(with = "Option<f64>", extend("default" = 1, "examples" = [0.1]))]
    pub sample: Option<Spanned<Fraction>>,
    /// The value of the `Authorization` header that the receiver wants.
    #[schemars(with = "Option<String>", extend("examples" = ["env:OTLP_AUTHORIZATION"]))]
    pub authorization: Option<Spanned<Origin>>,
}

/// How a listener proves who it is; files are read again when they change.
#[derive(Clone, Debug, PartialEq, JsonSchema)]
#[schemars(deny_unknown_fields)]
pub struct TlsDocument {
    /// The certificate and those between it and the authority, as a PEM file.
    #[schemars(with = "String", extend("examples" = ["/etc/action-executor/tls.crt"]))]
    pub certificate: Spanned<PathBuf>,
    /// Its private key, as a PEM file.
    #[schemars(with = "String", extend("examples" = ["/etc/action-executor/tls.key"]))]
    pub key: Spanned<PathBuf>,
    /// Authorities, as a PEM file; a client without a certificate of theirs is refused.
    #[schemars(with = "Option<String>", extend("examples" = ["/etc/action-executor/clients.crt"]))]
    pub client_authorities: Option<Spanned<PathBuf>>,
}

impl Decode for SettingsDocument {
    fn decode(node: &Node, problems: &mut Problems) -> Option<Self> {
        let mut fields = Fields::open(node, "the settings", problems)?;
        let document = Self {
            listen: fields.optional("listen"),
            admin: fields.optional("admin"),
            admin_token: fields.optional("admin_token"),
            actions: fields.optional("actions"),
            base_path: fields.optional("base_path"),
            skip_broken: fields.optional("skip_broken"),
            deadline: decode_deadline(&mut fields, "deadline"),
            drain: fields.optional("drain"),
            drain_delay: fields.optional("drain_delay"),
            poll: fields.optional("poll").map(|Time(time)| time),
            state: fields.optional("state"),
            state_key: fields.optional("state_key"),
            log: fields.optional("log"),
            traces: fields.optional("traces"),
            tls: fields.optional("tls"),
            admin_tls: fields.optional("admin_tls"),
            callers: fields.optional("callers"),
            limits: fields.optional("limits"),
            network: fields.optional("network"),
            secrets: fields.optional("secrets"),
            services: fields.optional("services"),
        };
        fields.close();
        Some(document)
    }
}

impl Decode for LogDocument {
    fn decode(node: &Node, problems: &mut Problems) -> Option<Self> {
        let mut fields = Fields::open(node, "`log`", problems)?;
        let document = Self { format: fields.optional("format"), filter: fields.optional("filter") };
        fields.close();
        Some(document)
    }
}

impl Decode for TracesDocument {
    fn decode(node: &Node, problems: &mut Problems) -> Option<Self> {
        let mut fields = Fields::open(node, "`traces`", problems)?;
        let endpoint: Option<Spanned<HttpAddress>> = fields.required("endpoint");
        let (sample, authorization) = (fields.optional("sample"), fields.optional("authorization"));
        fields.close();
        let endpoint = endpoint?;
        let endpoint = Spanned { value: endpoint.value.0, span: endpoint.span };
        Some(Self { endpoint, sample, authorization })
    }
}

impl Decode for TlsDocument {
    fn decode(node: &Node, problems: &mut Problems) -> Option<Self> {
        let mut fields = Fields::open(node, "a certificate", problems)?;
        let (certificate, key) = (fields.required("certificate"), fields.required("key"));
        let client_authorities = fields.optional("client_authorities");
        fields.close();
        Some(Self { certificate: certificate?, key: key?, client_authorities })
    }
}
