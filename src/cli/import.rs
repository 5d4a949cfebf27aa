//! `import`: begin with what one has.

use std::io::Read;

use serde_json::Value;

use super::Exit;
use super::arguments::{ImportCommand, ImportCurlArguments, ImportOpenapiArguments};
use super::authored::{existing, place};
use super::terminal::{complain, say};
use crate::authoring::curl::read_curl;
use crate::authoring::identifier;
use crate::authoring::openapi::{Document, OpenapiOptions, Operation, drafts_of};
use crate::authoring::sample::{SampleOptions, Wish, draft_of};

pub(super) fn import(command: &ImportCommand) -> Exit {
    let imported = match command {
        ImportCommand::Curl(arguments) => curl(arguments),
        ImportCommand::Openapi(arguments) => openapi(arguments),
    };
    imported.unwrap_or_else(|reason| {
        complain(format_args!("error: {reason}"));
        Exit::Failed
    })
}

fn curl(arguments: &ImportCurlArguments) -> Result<Exit, String> {
    let line = match &arguments.line {
        Some(line) if line != "-" => line.clone(),
        _ => text_of("-")?,
    };
    let mut sample = read_curl(&line).map_err(|error| error.to_string())?;
    sample.origin = vec!["Made from a `curl` line by `action-executor import curl`.".to_owned()];
    let answer = arguments.answer.as_ref().map(|path| {
        let text = text_of(&path.display().to_string())?;
        serde_json::from_str::<Value>(&text).map_err(|error| format!("{}: it is not JSON: {error}", path.display()))
    });
    let options = SampleOptions {
        service: arguments.service.clone(),
        action: arguments.action.clone(),
        wishes: arguments.inputs.iter().map(|text| wish(text)).collect(),
        answer: answer.transpose()?,
        existing: existing(&arguments.service, &arguments.authoring.definitions),
    };
    let (service, action) = draft_of(sample, &options).map_err(|error| error.to_string())?;
    Ok(place(&arguments.service, &service, &[action], &arguments.authoring))
}

fn openapi(arguments: &ImportOpenapiArguments) -> Result<Exit, String> {
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
                let near = crate::near::did_you_mean(name, ids.iter().map(String::as_str));
                return Err(format!(
                    "there is no operation `{name}`; {}",
                    near.unwrap_or_else(|| "`--list` shows them".to_owned())
                ));
            }
        }
    }
    Ok(found)
}

/// A file's text, or what comes on standard input.
fn text_of(path: &str) -> Result<String, String> {
    if path != "-" {
        return std::fs::read_to_string(path).map_err(|error| format!("{path}: {error}"));
    }
    let mut text = String::new();
    std::io::stdin().read_to_string(&mut text).map_err(|error| format!("standard input: {error}"))?;
    Ok(text)
}

/// `all`, `subject`, `ticket.subject`, `body=ticket.comment.body`
fn wish(text: &str) -> Wish {
    match text.split_once('=') {
        None if text == "all" => Wish::All,
        None => Wish::At { name: None, path: text.to_owned() },
        Some((name, path)) => Wish::At { name: Some(name.to_owned()), path: path.to_owned() },
    }
}
