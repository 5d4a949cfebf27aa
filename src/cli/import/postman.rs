//! `import postman`: actions of the requests of a Postman collection.

use super::arguments::ImportPostmanArguments;
use super::source::{text_of, wish};
use crate::authoring::postman::read_collection;
use crate::authoring::sample::{ExistingService, Sample, SampleError, SampleOptions, Wish, draft_of};
use crate::authoring::{ActionDraft, Names, ServiceDraft, identifier};
use crate::cli::Exit;
use crate::cli::authored::{existing, place};
use crate::cli::terminal::{complain, say};

pub(super) fn import(arguments: &ImportPostmanArguments) -> Result<Exit, String> {
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
