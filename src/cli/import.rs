//! `import`: begin with what one has.

use std::io::Read;

use serde_json::Value;

use super::Exit;
use super::arguments::{ImportCommand, ImportCurlArguments};
use super::authored::{existing, place};
use super::terminal::complain;
use crate::authoring::curl::read_curl;
use crate::authoring::sample::{SampleOptions, Wish, draft_of};

pub(super) fn import(command: &ImportCommand) -> Exit {
    let imported = match command {
        ImportCommand::Curl(arguments) => curl(arguments),
    };
    imported.unwrap_or_else(|reason| {
        complain(format_args!("error: {reason}"));
        Exit::Failed
    })
}

fn curl(arguments: &ImportCurlArguments) -> Result<Exit, String> {
    let line = match &arguments.line {
        Some(line) if line != "-" => line.clone(),
        _ => {
            let mut line = String::new();
            std::io::stdin().read_to_string(&mut line).map_err(|error| format!("standard input: {error}"))?;
            line
        }
    };
    let mut sample = read_curl(&line).map_err(|error| error.to_string())?;
    sample.origin = vec!["Made from a `curl` line by `action-executor import curl`.".to_owned()];
    let answer = arguments.answer.as_ref().map(|path| {
        let text = std::fs::read_to_string(path).map_err(|error| format!("{}: {error}", path.display()))?;
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

/// `all`, `subject`, `ticket.subject`, `body=ticket.comment.body`
fn wish(text: &str) -> Wish {
    match text.split_once('=') {
        None if text == "all" => Wish::All,
        None => Wish::At { name: None, path: text.to_owned() },
        Some((name, path)) => Wish::At { name: Some(name.to_owned()), path: path.to_owned() },
    }
}
