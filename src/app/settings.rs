//! The configuration as operators are shown it, by the keys of the settings file; secrets by where they come from.

use std::path::Path;
use std::time::Duration;

use super::callers::CallersConfig;
use super::config::Config;
use super::state::StatePlace;
use crate::keyword::ProxyAddress;
use crate::operations::{
    CallerFieldSettings, CallerHeaderSettings, CallerNetworkSettings, CallerPathSettings, CallerSettings,
    CallerSignatureSettings, LimitSettings, LogSettings, NetworkSettings, ServiceSettings, Settings, TlsSettings,
    TraceSettings,
};
use crate::origin::Origin;
use crate::server::TlsFiles;
use crate::upstream::ServiceNetwork;

/// The settings in force.
pub(super) fn settings(config: &Config) -> Settings {
    Settings {
        settings: config.settings_file.as_deref().map(path),
        listen: config.public.listen.to_string(),
        admin: config.admin.listen.map_or_else(|| "off".to_owned(), |address| address.to_string()),
        admin_token: config.admin.token.as_ref().map(Origin::to_string),
        actions: path(&config.definitions.directory),
        base_path: config.public.base_path.clone(),
        skip_broken: config.definitions.skip_broken,
        deadline: time(config.deadlines.all),
        drain: time(config.limits.drain),
        drain_delay: time(config.drain_delay),
        poll: time(config.definitions.poll),
        state: match &config.state.place {
            StatePlace::Memory => "memory".to_owned(),
            StatePlace::Redis(_) => "redis".to_owned(),
            StatePlace::RedisFrom(origin) => origin.to_string(),
        },
        state_key: config.state.key.as_ref().map(Origin::to_string),
        log: LogSettings { format: config.log.format, filter: config.log.filter.clone() },
        traces: config.traces.as_ref().map(|traces| TraceSettings {
            endpoint: without_user(&traces.endpoint),
            sample: traces.sample,
            authorization: traces.authorization.as_ref().map(Origin::to_string),
        }),
        tls: config.public.tls.as_ref().map(tls),
        admin_tls: config.admin.tls.as_ref().map(tls),
        callers: callers(&config.public.callers),
        limits: limits(config),
        network: network(config),
        secrets: config.definitions.secrets.iter().map(|(name, at)| (name.clone(), at.to_string())).collect(),
        services: config
            .network
            .services
            .iter()
            .map(|(name, own)| (name.clone(), service(config, name, own)))
            .collect(),
    }
}

fn limits(config: &Config) -> LimitSettings {
    let (limits, calls) = (&config.limits, &config.calls);
    LimitSettings {
        connections: limits.connections,
        calls: calls.calls,
        calls_per_service: calls.calls_per_service,
        recent_calls: config.recent_calls,
        body: calls.body_bytes,
        bodies: calls.bodies_bytes,
        call_bytes: calls.budget.bytes,
        call_steps: calls.budget.steps,
        call_requests: calls.budget.requests,
        body_time: time(calls.body_timeout),
        head: limits.head_bytes,
        head_time: time(limits.head_timeout),
        idle_time: time(limits.idle_timeout),
        write_time: time(limits.write_timeout),
    }
}

fn network(config: &Config) -> NetworkSettings {
    let network = &config.network;
    NetworkSettings {
        allow_private: network.allow_private.iter().map(ToString::to_string).collect(),
        allow_http: network.allow_http,
        ca_file: network.ca_file.as_deref().map(path),
        proxy: network.proxy.as_ref().map(proxy),
        identities: network.identities.keys().cloned().collect(),
    }
}

fn service(config: &Config, name: &str, own: &ServiceNetwork) -> ServiceSettings {
    ServiceSettings {
        allow_private: own.allow_private.iter().map(ToString::to_string).collect(),
        allow_http: own.allow_http,
        ca_file: own.ca_file.as_deref().map(path),
        proxy: own.proxy.as_ref().map(proxy),
        hosts_narrowed: own.allowed_hosts.is_some(),
        deadline: config.deadlines.services.get(name).copied().map(time),
        calls: config.calls.calls_of.get(name).copied(),
    }
}

fn callers(callers: &CallersConfig) -> CallerSettings {
    let origins = |secrets: &[Origin]| secrets.iter().map(ToString::to_string).collect();
    let networks = |list: &[ipnet::IpNet]| list.iter().map(ToString::to_string).collect();
    CallerSettings {
        header: callers.header.as_ref().map(|check| CallerHeaderSettings {
            name: check.name.as_str().to_owned(),
            secret: origins(&check.secrets),
        }),
        auth: callers
            .auth
            .as_ref()
            .map(|check| CallerFieldSettings { field: check.field.clone(), secret: origins(&check.secrets) }),
        path: callers.path.as_ref().map(|check| CallerPathSettings { secret: origins(&check.secrets) }),
        networks: callers
            .networks
            .as_ref()
            .map(|check| CallerNetworkSettings { allow: networks(&check.allow), proxies: networks(&check.proxies) }),
        hmac: callers.hmac.as_ref().map(|check| CallerSignatureSettings {
            header: check.header.as_str().to_owned(),
            secret: origins(&check.secrets),
        }),
    }
}

fn tls(files: &TlsFiles) -> TlsSettings {
    TlsSettings {
        certificate: path(&files.certificate),
        client_authorities: files.client_authorities.as_deref().map(path),
    }
}

fn proxy(proxy: &ProxyAddress) -> String {
    match proxy {
        ProxyAddress::Direct => "direct".to_owned(),
        ProxyAddress::Through(address) => without_user(address),
    }
}

fn path(path: &Path) -> String {
    path.display().to_string()
}

fn time(time: Duration) -> String {
    humantime::format_duration(time).to_string()
}

/// An address without the user and password that it may hold.
fn without_user(address: &str) -> String {
    url::Url::parse(address).map_or_else(|_| String::new(), |url| url.origin().ascii_serialization())
}
