//! What a process runs under, for those who ask it: every setting with its value in force, secrets by where they come from.

use serde_json::{Map, Value, json};

use super::arguments::{AdminAddress, LogFormat, ServeArguments};
use super::settings::ServiceSettings;
use crate::document::{CallersDocument, Spanned, StatePlace};
use crate::keyword::ProxyAddress;
use crate::origin::Origin;

/// The settings in force, by the keys of the settings file.
pub(super) fn shown(arguments: &ServeArguments) -> Value {
    let (definitions, network, more) = (&arguments.definitions, &arguments.network, &arguments.more);
    let admin = match arguments.admin {
        AdminAddress::At(address) => address.to_string(),
        AdminAddress::Off => "off".to_owned(),
    };
    let state = match &arguments.state {
        StatePlace::Memory => "memory".to_owned(),
        StatePlace::Shared(_) => "redis".to_owned(),
        StatePlace::SharedFrom(origin) => origin.to_string(),
    };
    let from_flags = definitions.secrets.iter().filter_map(|secret| secret.split_once('='));
    let from_flags = from_flags.map(|(name, origin)| (name.to_owned(), Value::from(origin)));
    let from_file = definitions.more_secrets.iter().map(|(name, at)| (name.clone(), Value::from(at.to_string())));
    // A flag goes before the file.
    let secrets: Map<String, Value> = from_file.chain(from_flags).collect();
    json!({
        "settings": definitions.settings.as_ref().map(|path| path.display().to_string()),
        "listen": arguments.listen.to_string(),
        "admin": admin,
        "admin_token": arguments.admin_token.as_ref().map(Origin::to_string),
        "actions": definitions.actions.display().to_string(),
        "base_path": arguments.base_path,
        "skip_broken": arguments.skip_broken,
        "deadline": humantime::format_duration(network.deadline).to_string(),
        "drain": humantime::format_duration(arguments.drain).to_string(),
        "drain_delay": humantime::format_duration(arguments.drain_delay).to_string(),
        "poll": humantime::format_duration(arguments.poll).to_string(),
        "state": state,
        "state_key": arguments.state_key.as_ref().map(Origin::to_string),
        "log": {
            "format": match arguments.log_format { LogFormat::Text => "text", LogFormat::Json => "json" },
            "filter": arguments.log,
        },
        "traces": arguments.traces.as_deref().map(|endpoint| json!({
            "endpoint": without_user(endpoint),
            "sample": more.sample.unwrap_or(1.0),
            "authorization": more.traces_authorization.as_ref().map(Origin::to_string),
        })),
        "tls": arguments.tls_certificate.as_ref().map(|certificate| json!({
            "certificate": certificate.display().to_string(),
            "client_authorities": arguments.tls_client_authorities.as_ref().map(|path| path.display().to_string()),
        })),
        "admin_tls": more.admin_tls.as_ref().map(|files| json!({
            "certificate": files.certificate.display().to_string(),
            "client_authorities": files.client_authorities.as_ref().map(|path| path.display().to_string()),
        })),
        "callers": callers(&more.callers),
        "limits": {
            "connections": arguments.max_connections,
            "calls": arguments.max_calls,
            "calls_per_service": more.calls_per_service,
            "recent_calls": more.recent_calls,
            "body": more.call_limits.body_bytes,
            "bodies": more.call_limits.bodies_bytes,
            "body_time": humantime::format_duration(more.body_time.unwrap_or(network.deadline)).to_string(),
            "head": more.limits.head_bytes,
            "head_time": humantime::format_duration(more.limits.head_timeout).to_string(),
            "idle_time": humantime::format_duration(more.limits.idle_timeout).to_string(),
            "write_time": humantime::format_duration(more.limits.write_timeout).to_string(),
        },
        "network": {
            "allow_private": network.allow_private.iter().map(ToString::to_string).collect::<Vec<_>>(),
            "allow_http": network.allow_http,
            "ca_file": network.ca_file.as_ref().map(|path| path.display().to_string()),
            "proxy": network.proxy.as_ref().map(proxy),
            "identities": network.identities.iter().map(|(name, _)| name.as_str()).collect::<Vec<_>>(),
        },
        "secrets": secrets,
        "services": network.services.iter().map(|(name, own)| (name.clone(), service(own))).collect::<Map<_, _>>(),
    })
}

fn callers(callers: &CallersDocument) -> Value {
    let origins = |secrets: &[Spanned<Origin>]| secrets.iter().map(|at| at.value.to_string()).collect::<Vec<_>>();
    let networks = |list: &[Spanned<ipnet::IpNet>]| list.iter().map(|net| net.value.to_string()).collect::<Vec<_>>();
    let mut shown = Map::new();
    let mut put = |key: &str, value: Option<Value>| shown.extend(value.map(|value| (key.to_owned(), value)));
    put(
        "header",
        callers
            .header
            .as_ref()
            .map(|check| json!({ "name": check.name.value.as_str(), "secret": origins(&check.secret) })),
    );
    put(
        "auth",
        callers.auth.as_ref().map(|check| json!({ "field": check.field.value, "secret": origins(&check.secret) })),
    );
    put("path", callers.path.as_ref().map(|check| json!({ "secret": origins(&check.secret) })));
    put("networks", callers.networks.as_ref().map(|check| {
        json!({ "allow": networks(&check.allow), "proxies": networks(check.proxies.as_deref().unwrap_or_default()) })
    }));
    put(
        "hmac",
        callers
            .hmac
            .as_ref()
            .map(|check| json!({ "header": check.header.value.as_str(), "secret": origins(&check.secret) })),
    );
    Value::Object(shown)
}

fn service(own: &ServiceSettings) -> Value {
    json!({
        "allow_private": own.network.allow_private.iter().map(ToString::to_string).collect::<Vec<_>>(),
        "allow_http": own.network.allow_http,
        "ca_file": own.network.ca_file.as_ref().map(|path| path.display().to_string()),
        "proxy": own.network.proxy.as_ref().map(proxy),
        "hosts_narrowed": own.network.allowed_hosts.is_some(),
        "deadline": own.deadline.map(|deadline| humantime::format_duration(deadline).to_string()),
        "calls": own.calls,
    })
}

fn proxy(proxy: &ProxyAddress) -> String {
    match proxy {
        ProxyAddress::Direct => "direct".to_owned(),
        ProxyAddress::Through(address) => without_user(address),
    }
}

/// An address without the user and password that may stand in it.
fn without_user(address: &str) -> String {
    url::Url::parse(address).map_or_else(|_| String::new(), |url| url.origin().ascii_serialization())
}
