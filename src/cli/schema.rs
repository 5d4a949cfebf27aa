//! `schema`: the JSON Schemas that editors complete and check with.

use super::Exit;
use super::arguments::{SchemaArguments, SchemaName};
use super::terminal::{complain, say};
use crate::document::{action_schema, service_schema, settings_schema};

pub(super) fn schema(arguments: &SchemaArguments) -> Exit {
    let Some(directory) = &arguments.write else {
        let schema = match arguments.name {
            SchemaName::Action => action_schema(),
            SchemaName::Service => service_schema(),
            SchemaName::Settings => settings_schema(),
        };
        say(format_args!("{schema:#}"));
        return Exit::Ok;
    };
    for (name, schema) in [("action", action_schema()), ("service", service_schema()), ("settings", settings_schema())]
    {
        let path = directory.join(format!("{name}.schema.json"));
        if let Err(error) = std::fs::write(&path, format!("{schema:#}\n")) {
            complain(format_args!("error: {} cannot be written: {error}", path.display()));
            return Exit::Failed;
        }
        say(format_args!("{}", path.display()));
    }
    Exit::Ok
}
