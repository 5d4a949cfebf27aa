//! The arguments of `serve` as the configuration of the running program.

use std::collections::BTreeMap;

use super::arguments::{NetworkArguments, ServeArguments, ServiceSettings};
use super::definitions::{definitions_config, network_settings};
use crate::app::{
    AdminConfig, Config, DefinitionsConfig, LogConfig, PublicConfig, StartError, StateConfig, StatePlace, TracesConfig,
};
use crate::call::Deadlines;
use crate::document;
use crate::server::{CallLimits, Limits, TlsFiles};

/// The configuration, defaults filled in.
pub(super) fn config(arguments: &ServeArguments) -> Result<Config, StartError> {
    let (network, more) = (&arguments.network, &arguments.more);
    Ok(Config {
        definitions: DefinitionsConfig {
            skip_broken: arguments.skip_broken,
            poll: arguments.poll,
            ..definitions_config(&arguments.definitions)?
        },
        network: network_settings(network)?,
        deadlines: Deadlines { all: network.deadline, services: of_services(network, |service| service.deadline) },
        public: PublicConfig {
            listen: arguments.listen,
            base_path: arguments.base_path.clone(),
            tls: tls(arguments),
            callers: more.callers.clone(),
        },
        admin: AdminConfig {
            listen: arguments.admin.socket(),
            token: arguments.admin_token.clone(),
            tls: more.admin_tls.clone(),
        },
        limits: Limits { connections: arguments.max_connections, drain: arguments.drain, ..more.limits.clone() },
        calls: CallLimits {
            calls: arguments.max_calls,
            calls_per_service: more.calls_per_service,
            calls_of: of_services(network, |service| service.calls),
            body_timeout: more.body_time.unwrap_or(network.deadline),
            ..more.call_limits.clone()
        },
        recent_calls: more.recent_calls,
        state: state(arguments),
        drain_delay: arguments.drain_delay,
        traces: arguments.traces.clone().map(|endpoint| TracesConfig {
            endpoint,
            sample: more.sample.unwrap_or(1.0),
            authorization: more.traces_authorization.clone(),
        }),
        log: LogConfig { format: arguments.log_format.as_str(), filter: arguments.log.clone() },
        settings_file: arguments.definitions.settings.clone(),
    })
}

fn tls(arguments: &ServeArguments) -> Option<TlsFiles> {
    Some(TlsFiles {
        certificate: arguments.tls_certificate.clone()?,
        key: arguments.tls_key.clone()?,
        client_authorities: arguments.tls_client_authorities.clone(),
    })
}

fn state(arguments: &ServeArguments) -> StateConfig {
    let place = match &arguments.state {
        document::StatePlace::Memory => StatePlace::Memory,
        document::StatePlace::Shared(address) => StatePlace::Redis(address.clone()),
        document::StatePlace::SharedFrom(origin) => StatePlace::RedisFrom(origin.clone()),
    };
    StateConfig { place, key: arguments.state_key.clone() }
}

/// The settings of single services.
fn of_services<T>(network: &NetworkArguments, own: impl Fn(&ServiceSettings) -> Option<T>) -> BTreeMap<String, T> {
    network.services.iter().filter_map(|(name, service)| Some((name.clone(), own(service)?))).collect()
}
