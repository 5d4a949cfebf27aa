//! `new`: a service or an action to begin with.

use std::path::Path;

use serde_json::Value;

use super::Exit;
use super::authored::try_out;
use super::authoring_arguments::{NewCommand, ProofName};
use super::definitions::{author, catalog};
use super::terminal::{complain, say};
use crate::authoring::{DraftFile, Map, Proof, Yaml, new_action, new_service};

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
                let unit =
                    catalog.as_ref().ok().and_then(|catalog| catalog.units().find(|unit| unit.name() == service));
                match unit.and_then(|unit| unit.service()) {
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
