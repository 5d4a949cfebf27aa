//! What every command does first: read the definitions under the operator's decisions.

use std::collections::BTreeSet;
use std::path::Path;

use serde_json::{Map, Value};

use super::arguments::{DefinitionArguments, NetworkArguments};
use super::terminal::{complain, takes_colours};
use crate::catalog::{Catalog, Operator, build, load};
use crate::diagnostic::{Diagnostic, Severity, render_text};
use crate::document::StatePlace;
use crate::origin::Origin;
use crate::state::State;
use crate::upstream::NetworkSettings;

/// Why a command cannot begin.
#[derive(Debug, thiserror::Error)]
pub(super) enum StartError {
    /// The directory.
    #[error(transparent)]
    Load(#[from] crate::catalog::LoadError),
    /// A `--secret`.
    #[error("--secret {name}: {reason}")]
    Secret {
        /// Its name.
        name: String,
        /// What is wrong; never the value.
        reason: String,
    },
    /// The `--state`.
    #[error("--state: {0}")]
    State(#[from] crate::state::StateError),
    /// Where the address of the state stands.
    #[error("--state: {0}")]
    StateAddress(String),
    /// The `--ca-file`, for the state.
    #[error("--ca-file {0}: {1}")]
    CaFile(String, std::io::Error),
    /// A shared state without a key.
    #[error(
        "--state-key is missing: what is kept in Redis is sealed with it; `--state-key env:VARIABLE` or `--state-key file:PATH`"
    )]
    NoStateKey,
    /// The `--state-key`.
    #[error("--state-key: {0}")]
    StateKey(String),
    /// Two `--identity` of one name.
    #[error("--identity {0}: the name is given twice")]
    IdentityTwice(String),
}

/// The operator's decisions from the command line.
pub(super) fn operator(definitions: &DefinitionArguments, network: &NetworkArguments) -> Result<Operator, StartError> {
    let mut known = secrets(&definitions.secrets)?;
    for (name, origin) in &definitions.more_secrets {
        if !known.contains_key(name) {
            let failed = |reason| StartError::Secret { name: name.clone(), reason };
            known.insert(name.clone(), Value::String(origin.read().map_err(failed)?.expose().clone()));
        }
    }
    Ok(Operator { secrets: Some(known), identities: Some(identity_names(network)?) })
}

/// What the network needs to know besides.
pub(super) fn network_settings(network: &NetworkArguments) -> NetworkSettings {
    NetworkSettings {
        allow_private: network.allow_private.clone(),
        allow_http: network.allow_http,
        ca_file: network.ca_file.clone(),
        proxy: network.proxy.clone(),
        identities: network.identities.iter().cloned().collect(),
        services: network.services.iter().map(|(name, service)| (name.clone(), service.network.clone())).collect(),
    }
}

/// What an author's machine knows of the operator's decisions: the secrets only if some are given, those of the settings
/// file by their names alone.
pub(super) fn author(definitions: &DefinitionArguments) -> Result<Operator, StartError> {
    let mut given = secrets(&definitions.secrets)?;
    for name in definitions.more_secrets.keys() {
        given.entry(name.clone()).or_insert_with(|| Value::String(String::new()));
    }
    let is_known = !given.is_empty() || definitions.settings.is_some();
    Ok(Operator { secrets: is_known.then_some(given), ..Operator::default() })
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

fn identity_names(network: &NetworkArguments) -> Result<BTreeSet<String>, StartError> {
    let mut names = BTreeSet::new();
    for (name, _) in &network.identities {
        if !names.insert(name.clone()) {
            return Err(StartError::IdentityTwice(name.clone()));
        }
    }
    Ok(names)
}

fn secrets(arguments: &[String]) -> Result<Map<String, Value>, StartError> {
    let mut secrets = Map::new();
    for argument in arguments {
        let (name, origin) = argument.split_once('=').unwrap_or((argument, ""));
        let failed = |reason: String| StartError::Secret { name: name.to_owned(), reason };
        let form = |_| "expected NAME=env:VARIABLE or NAME=file:PATH".to_owned();
        let origin: Origin = origin.parse().map_err(form).map_err(failed)?;
        secrets.insert(name.to_owned(), Value::String(origin.read().map_err(failed)?.expose().clone()));
    }
    Ok(secrets)
}

/// The state that calls share, as the operator says.
pub(super) fn state(place: &StatePlace, key: Option<&Origin>, ca_file: Option<&Path>) -> Result<State, StartError> {
    let address = match place {
        StatePlace::Memory => return Ok(State::memory()),
        StatePlace::Shared(address) => address.clone(),
        StatePlace::SharedFrom(origin) => origin.read().map_err(StartError::StateAddress)?,
    };
    let key = key.ok_or(StartError::NoStateKey)?.read().map_err(StartError::StateKey)?;
    let authorities = ca_file
        .map(|path| std::fs::read(path).map_err(|error| StartError::CaFile(path.display().to_string(), error)))
        .transpose()?;
    Ok(State::shared(address.expose(), key.expose().as_bytes(), authorities)?)
}
