//! What every command does first: read the definitions under the operator's decisions.

use std::collections::BTreeSet;
use std::path::Path;

use serde_json::{Map, Value};

use super::arguments::{DefinitionArguments, NetworkArguments};
use super::terminal::{complain, takes_colours};
use crate::catalog::{Catalog, Operator, build, load};
use crate::diagnostic::{Diagnostic, Severity, render_text};
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
    Ok(Operator {
        allow_private: network.allow_private.clone(),
        allow_http: network.allow_http,
        secrets: Some(secrets(&definitions.secrets)?),
        identities: Some(identity_names(network)?),
    })
}

/// What the network needs to know besides.
pub(super) fn network_settings(network: &NetworkArguments) -> NetworkSettings {
    NetworkSettings { ca_file: network.ca_file.clone(), identities: network.identities.iter().cloned().collect() }
}

/// What an author's machine knows of the operator's decisions: the secrets only if some are given.
pub(super) fn author(definitions: &DefinitionArguments) -> Result<Operator, StartError> {
    let given = (!definitions.secrets.is_empty()).then(|| secrets(&definitions.secrets)).transpose()?;
    Ok(Operator { secrets: given, ..Operator::default() })
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
        let form = "expected NAME=env:VARIABLE or NAME=file:PATH".to_owned();
        let value = secret_from(origin).ok_or(form).and_then(|value| value).map_err(failed)?;
        secrets.insert(name.to_owned(), Value::String(value));
    }
    Ok(secrets)
}

/// What `env:VARIABLE` or `file:PATH` holds; `None` if it is neither.
fn secret_from(origin: &str) -> Option<Result<String, String>> {
    match origin.split_once(':')? {
        ("env", variable) => {
            Some(std::env::var(variable).map_err(|_| format!("the variable {variable} is not set to text")))
        }
        ("file", path) => {
            let text = std::fs::read_to_string(path).map_err(|error| format!("{path}: {error}"));
            Some(text.map(|text| text.trim_end_matches(['\r', '\n']).to_owned()))
        }
        _ => None,
    }
}

/// The state that calls share, as the operator says.
pub(super) fn state(address: &str, key: Option<&str>, ca_file: Option<&Path>) -> Result<State, StartError> {
    if address == "memory" {
        return Ok(State::memory());
    }
    let Some(origin) = key else { return Err(StartError::NoStateKey) };
    let form = "expected env:VARIABLE or file:PATH".to_owned();
    let key = secret_from(origin).ok_or(form).and_then(|value| value).map_err(StartError::StateKey)?;
    let authorities = ca_file
        .map(|path| std::fs::read(path).map_err(|error| StartError::CaFile(path.display().to_string(), error)))
        .transpose()?;
    Ok(State::shared(address, key.as_bytes(), authorities)?)
}
