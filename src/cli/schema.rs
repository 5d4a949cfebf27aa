//! `schema`: the JSON Schemas that editors complete and check with.

use super::Exit;
use super::arguments::{SchemaArguments, SchemaName};
use crate::document::{action_schema, service_schema};

pub(super) fn schema(arguments: &SchemaArguments) -> Exit {
    let Some(directory) = &arguments.write else {
        let schema = match arguments.name {
            SchemaName::Action => action_schema(),
            SchemaName::Service => service_schema(),
        };
        println!("{schema:#}");
        return Exit::Ok;
    };
    for (name, schema) in [("action", action_schema()), ("service", service_schema())] {
        let path = directory.join(format!("{name}.schema.json"));
        if let Err(error) = std::fs::write(&path, format!("{schema:#}\n")) {
            eprintln!("error: {} cannot be written: {error}", path.display());
            return Exit::Failed;
        }
        println!("{}", path.display());
    }
    Exit::Ok
}
