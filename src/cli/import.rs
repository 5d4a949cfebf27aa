//! `import`: begin with what one has.

use std::io::Read;

use serde_json::Value;

use super::Exit;
use super::authored::{existing, place};
use super::authoring_arguments::{ImportCommand, ImportCurlArguments, ImportOpenapiArguments, ImportPostmanArguments};
use super::terminal::{complain, say};
use crate::authoring::curl::read_curl;
use crate::authoring::openapi::{Document, OpenapiOptions, Operation, drafts_of};
use crate::authoring::postman::read_collection;
use crate::authoring::sample::{ExistingService, Sample, SampleError, SampleOptions, Wish, draft_of};
use crate::authoring::{ActionDraft, Names, ServiceDraft, identifier};

pub(super) fn import(command: &ImportCommand) -> Exit {
    let imported = match command {
        ImportCommand::Curl(arguments) => curl(arguments),
        ImportCommand::Openapi(arguments) => openapi(arguments),
        ImportCommand::Postman(arguments) => postman(arguments),
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

fn postman(arguments: &ImportPostmanArguments) -> Result<Exit, String> {
    let text = text_of(&arguments.file)?;
    let collection = read_collection(&text).map_err(|error| format!("{}: {error}", arguments.file))?;
    if arguments.list {
        for item in &collection.items {
            say(format_args!("{}  {} {}", item.path, item.sample.method, item.sample.url));
        }
        return Ok(Exit::Ok);
    }
    let name = arguments.service.clone().unwrap_or_else(|| identifier(&collection.name));
    let mut options = SampleOptions {
        wishes: arguments.inputs.iter().map(|text| wish(text)).collect(),
        existing: existing(&name, &arguments.authoring.definitions),
        service: name.clone(),
        ..SampleOptions::default()
    };
    let mut names = Names::default();
    let (mut service, mut actions) = (None, Vec::new());
    let wanted = |path: &str| {
        arguments.requests.is_empty() || arguments.requests.iter().any(|part| path.contains(part.as_str()))
    };
    for mut item in collection.items.into_iter().filter(|item| wanted(&item.path)) {
        item.sample.origin =
            vec![format!("Made from {} of a Postman collection by `action-executor import postman`.", item.path)];
        options.action = Some(names.free(&[&item.name]));
        options.answer = item.answer;
        match draft_where_possible(&item.sample, &options) {
            Ok((of_service, action)) => {
                options.existing.get_or_insert_with(|| ExistingService::of(&of_service));
                service.get_or_insert(of_service);
                actions.push(action);
            }
            Err(error) => complain(format_args!("left out: {}: {error}", item.path)),
        }
    }
    let service = service.ok_or("nothing was imported; `--list` shows the requests")?;
    Ok(place(&name, &service, &actions, &arguments.authoring))
}

/// Not every request holds every value that was asked for.
fn draft_where_possible(sample: &Sample, options: &SampleOptions) -> Result<(ServiceDraft, ActionDraft), SampleError> {
    let mut options = options.clone();
    loop {
        match draft_of(sample.clone(), &options) {
            Err(SampleError::NoSuchValue(missing)) => {
                options.wishes.retain(|wish| !matches!(wish, Wish::At { path, .. } if *path == missing));
            }
            drafted => return drafted,
        }
    }
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
