//! `import openapi`: actions of the operations of an OpenAPI document.

use super::arguments::ImportOpenapiArguments;
use super::source::text_of;
use crate::authoring::identifier;
use crate::authoring::openapi::{Document, OpenapiOptions, Operation, drafts_of};
use crate::cli::Exit;
use crate::cli::authored::{existing, place};
use crate::cli::terminal::say;

pub(super) fn import(arguments: &ImportOpenapiArguments) -> Result<Exit, String> {
    let text = text_of(&arguments.file)?;
    let document = Document::read(&arguments.file, &text).map_err(|error| format!("{}: {error}", arguments.file))?;
    let operations = document.operations();
    if arguments.list {
        for operation in &operations {
            let summary = operation.summary().unwrap_or_default();
            say(format_args!("{}  {} {}  {summary}", operation.id(), operation.method(), operation.path()));
        }
        return Ok(Exit::Ok);
    }
    let wanted = if arguments.all { operations } else { chosen(&operations, &arguments.operations)? };
    let service = arguments.service.clone().unwrap_or_else(|| identifier(document.title().unwrap_or("service")));
    let name = arguments.file.rsplit('/').next().unwrap_or("-");
    let title = document.title().unwrap_or("an OpenAPI document");
    let version = document.version().map(|version| format!(" {version}")).unwrap_or_default();
    let options = OpenapiOptions {
        base_url: arguments.base_url.clone(),
        existing: existing(&service, &arguments.authoring.definitions),
        origin: vec![format!("Made from {title}{version} ({name}) by `action-executor import openapi`.")],
        service,
    };
    let (service, actions) =
        drafts_of(&document, &wanted, &options).map_err(|error| format!("{}: {error}", arguments.file))?;
    Ok(place(&options.service, &service, &actions, &arguments.authoring))
}

/// The operations that are asked for by name.
fn chosen<'d>(operations: &[Operation<'d>], names: &[String]) -> Result<Vec<Operation<'d>>, String> {
    if names.is_empty() {
        return Err("which operation? `--list` shows them; `--operation ID` takes one, `--all` every one".to_owned());
    }
    let mut found = Vec::new();
    for name in names {
        match operations.iter().find(|operation| operation.is_called(name)) {
            Some(operation) => found.push(*operation),
            None => {
                let ids: Vec<String> = operations.iter().map(Operation::id).collect();
                let near = crate::suggest::did_you_mean(name, ids.iter().map(String::as_str));
                return Err(format!(
                    "there is no operation `{name}`; {}",
                    near.unwrap_or_else(|| "`--list` shows them".to_owned())
                ));
            }
        }
    }
    Ok(found)
}
