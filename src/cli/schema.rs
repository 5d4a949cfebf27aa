//! `schema`: the JSON Schemas that editors complete and check with.

use std::path::PathBuf;

use clap::{Args, ValueEnum};

use super::Exit;
use super::terminal::{complain, say};
use crate::document::{action_schema, service_schema, settings_schema};

#[derive(Debug, Args)]
pub(super) struct SchemaArguments {
    /// Which schema is printed.
    #[arg(value_enum, default_value_t = SchemaName::Action)]
    pub(super) name: SchemaName,
    /// Write all schemas into this directory instead.
    #[arg(long, value_name = "DIR", env = "ACTION_EXECUTOR_WRITE")]
    pub(super) write: Option<PathBuf>,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
pub(super) enum SchemaName {
    /// Of an action file.
    Action,
    /// Of a `service.yaml`.
    Service,
    /// Of the operator's settings.
    Settings,
}

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
