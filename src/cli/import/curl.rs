//! `import curl`: an action of a `curl` line.

use serde_json::Value;

use super::arguments::ImportCurlArguments;
use super::source::{text_of, wish};
use crate::authoring::curl::read_curl;
use crate::authoring::sample::{SampleOptions, draft_of};
use crate::cli::Exit;
use crate::cli::authored::{existing, place};

pub(super) fn import(arguments: &ImportCurlArguments) -> Result<Exit, String> {
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
