//! The definitions as every command reads them, under the operator's decisions.

use std::collections::{BTreeMap, BTreeSet};
use std::time::Duration;

use serde_json::{Map, Value};

use super::arguments::{DefinitionArguments, NetworkArguments};
use super::terminal::{complain, takes_colours};
use crate::app::{DefinitionsConfig, StartError};
use crate::catalog::{Catalog, Operator, build, load};
use crate::diagnostic::{Diagnostic, Severity, render_text};
use crate::origin::Origin;
use crate::upstream::{Network, NetworkSettings};

/// The definitions and the operator's secrets; a flag overrides the settings file.
pub(super) fn definitions_config(definitions: &DefinitionArguments) -> Result<DefinitionsConfig, StartError> {
    let mut secrets = definitions.more_secrets.clone();
    secrets.extend(given_secrets(&definitions.secrets)?);
    Ok(DefinitionsConfig { directory: definitions.actions.clone(), secrets, skip_broken: false, poll: Duration::ZERO })
}

/// The operator's decisions, secrets read.
pub(super) fn operator(definitions: &DefinitionArguments, network: &NetworkArguments) -> Result<Operator, StartError> {
    let identities = network_settings(network)?.identities.into_keys().collect();
    definitions_config(definitions)?.operator(identities)
}

/// Where requests may go.
pub(super) fn network_settings(network: &NetworkArguments) -> Result<NetworkSettings, StartError> {
    let mut names = BTreeSet::new();
    if let Some((name, _)) = network.identities.iter().find(|(name, _)| !names.insert(name)) {
        return Err(StartError::IdentityTwice(name.clone()));
    }
    Ok(NetworkSettings {
        allow_private: network.allow_private.clone(),
        allow_http: network.allow_http,
        ca_file: network.ca_file.clone(),
        proxy: network.proxy.clone(),
        identities: network.identities.iter().cloned().collect(),
        services: network.services.iter().map(|(name, service)| (name.clone(), service.network.clone())).collect(),
    })
}

/// The way to services.
pub(super) fn network(arguments: &NetworkArguments) -> Result<Network, StartError> {
    Ok(Network::new(&network_settings(arguments)?)?)
}

/// The operator's decisions as far as an author's machine has them: the secrets of flags, and the names of the secrets in the
/// settings file.
pub(super) fn author(definitions: &DefinitionArguments) -> Result<Operator, StartError> {
    let mut secrets = Map::new();
    for (name, origin) in given_secrets(&definitions.secrets)? {
        let failed = |reason| StartError::Secret { name: name.clone(), reason };
        secrets.insert(name.clone(), Value::String(origin.read().map_err(failed)?.expose().clone()));
    }
    for name in definitions.more_secrets.keys() {
        secrets.entry(name.clone()).or_insert_with(|| Value::String(String::new()));
    }
    let is_known = !secrets.is_empty() || definitions.settings.is_some();
    Ok(Operator { secrets: is_known.then_some(secrets), ..Operator::default() })
}

/// All definitions, compiled.
pub(super) fn catalog(definitions: &DefinitionArguments, operator: &Operator) -> Result<Catalog, StartError> {
    Ok(build(&load(&definitions.actions)?, operator, None))
}

/// Prints problems and how many there are to standard error.
pub(super) fn print_problems(problems: &[Diagnostic]) {
    let rendered = render_text(problems, takes_colours(&std::io::stderr()));
    if !rendered.is_empty() {
        complain(rendered.trim_end());
    }
    complain(summary(problems));
}

/// `2 errors, 1 warning`
pub(super) fn summary(problems: &[Diagnostic]) -> String {
    let errors = problems.iter().filter(|problem| problem.severity() == Severity::Error).count();
    let warnings = problems.len() - errors;
    let counted = |count: usize, noun: &str| format!("{count} {noun}{}", if count == 1 { "" } else { "s" });
    format!("{}, {}", counted(errors, "error"), counted(warnings, "warning"))
}

/// The secrets of `--secret`, by name.
fn given_secrets(arguments: &[String]) -> Result<BTreeMap<String, Origin>, StartError> {
    let mut secrets = BTreeMap::new();
    for argument in arguments {
        let (name, origin) = argument.split_once('=').unwrap_or((argument, ""));
        let form = |_| "expected NAME=env:VARIABLE or NAME=file:PATH".to_owned();
        let failed = |reason: String| StartError::Secret { name: name.to_owned(), reason };
        secrets.insert(name.to_owned(), origin.parse().map_err(form).map_err(failed)?);
    }
    Ok(secrets)
}
