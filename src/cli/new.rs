//! `new`: a service or an action to begin with.

use std::path::Path;

use serde_json::Value;

use clap::{Subcommand, ValueEnum};

use super::Exit;
use super::arguments::{AuthoringArguments, DefinitionArguments, definition_name};
use super::authored::try_out;
use super::definitions::{author, catalog};
use super::terminal::{complain, say};
use crate::authoring::{DraftFile, Map, Proof, Yaml, new_action, new_service};
use crate::catalog::Catalog;

/// What is begun.
#[derive(Debug, Subcommand)]
pub(super) enum NewCommand {
    /// A `service.yaml`: where the service is, how requests prove who they are, what its failures mean.
    #[command(
        after_help = "Examples:\n  action-executor new service acme --base-url https://api.acme.example.com/v1\n  action-executor new service acme --base-url https://api.acme.example.com/v1 --auth oauth2"
    )]
    Service {
        /// The name of its directory.
        #[arg(value_name = "NAME", value_parser = definition_name)]
        name: String,
        /// Where it is.
        #[arg(
            long,
            value_name = "URL",
            default_value = "https://api.example.com/v1",
            env = "ACTION_EXECUTOR_BASE_URL"
        )]
        base_url: String,
        /// How requests prove who they are.
        #[arg(long, value_enum, default_value_t = ProofName::Bearer, env = "ACTION_EXECUTOR_AUTH")]
        auth: ProofName,
        #[command(flatten)]
        authoring: AuthoringArguments,
    },
    /// An action of a service, with tests.
    #[command(after_help = "Examples:\n  action-executor new action acme/create_case")]
    Action {
        /// Its service and its name.
        #[arg(value_name = "SERVICE/ACTION")]
        name: String,
        #[command(flatten)]
        authoring: AuthoringArguments,
    },
}

impl NewCommand {
    /// Where the definitions are.
    pub(super) fn definitions_mut(&mut self) -> &mut DefinitionArguments {
        match self {
            Self::Service { authoring, .. } | Self::Action { authoring, .. } => &mut authoring.definitions,
        }
    }
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
pub(super) enum ProofName {
    /// `Authorization: Bearer …`
    Bearer,
    /// User name and password.
    Basic,
    /// A key in a header.
    ApiKey,
    /// A token fetched with client credentials.
    Oauth2,
    /// Nothing.
    None,
}

pub(super) fn new(command: &NewCommand) -> Exit {
    let made = match command {
        NewCommand::Service { name, base_url, auth, authoring } => {
            let file = new_service(name, base_url, proof(*auth));
            let written = write(&authoring.definitions.actions.join(name), &file, authoring.force);
            written.map(|()| {
                complain(format_args!("next: `action-executor new action {name}/create_case`"));
                Exit::Ok
            })
        }
        NewCommand::Action { name, authoring } => match name.split_once('/') {
            None => Err(format!("`{name}` has no service: expected SERVICE/ACTION, for example zendesk/create_ticket")),
            Some((service, action)) => {
                let directory = authoring.definitions.actions.join(service);
                let catalog =
                    author(&authoring.definitions).and_then(|operator| catalog(&authoring.definitions, &operator));
                let known = catalog.iter().flat_map(Catalog::directories).find(|known| known.name() == service);
                match known.and_then(|known| known.service()) {
                    None => Err(format!(
                        "there is no service `{service}` in {}; `action-executor new service {service}` makes one",
                        authoring.definitions.actions.display()
                    )),
                    Some(found) => {
                        let mut auth = Map::new();
                        for rule in &found.input().auth {
                            let example = rule
                                .example()
                                .cloned()
                                .unwrap_or_else(|| Value::String(format!("example-{}", rule.name().replace('_', "-"))));
                            auth.put(rule.name(), &example);
                        }
                        let auth = Map::new().with("auth", Yaml::Map(auth)).to_text();
                        let auth = auth.trim_start_matches("auth:").trim().to_owned();
                        let file = new_action(found.title(), action, &auth);
                        write(&directory, &file, authoring.force)
                            .map(|()| try_out(service, &[format!("/{name}")], &authoring.definitions))
                    }
                }
            }
        },
    };
    made.unwrap_or_else(|reason| {
        complain(format_args!("error: {reason}"));
        Exit::Failed
    })
}

fn proof(name: ProofName) -> Proof {
    match name {
        ProofName::Bearer => Proof::Bearer,
        ProofName::Basic => Proof::Basic,
        ProofName::ApiKey => Proof::ApiKey,
        ProofName::Oauth2 => Proof::Oauth2,
        ProofName::None => Proof::None,
    }
}

fn write(directory: &Path, file: &DraftFile, force: bool) -> Result<(), String> {
    let path = directory.join(&file.name);
    if path.exists() && !force {
        return Err(format!("{} is there already; `--force` replaces it", path.display()));
    }
    std::fs::create_dir_all(directory).map_err(|error| format!("{}: {error}", directory.display()))?;
    std::fs::write(&path, &file.text).map_err(|error| format!("{}: {error}", path.display()))?;
    say(format_args!("wrote {}", path.display()));
    Ok(())
}
