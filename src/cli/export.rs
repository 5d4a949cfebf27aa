//! `export`: the actions described for Talkdesk, and for tools.

use serde_json::Value;

use super::Exit;
use super::authoring_arguments::{ExportArguments, ExportCommand, TableFormat};
use super::definitions::{author, catalog, print_problems};
use super::terminal::{complain, say};
use crate::catalog::Catalog;
use crate::export::{Activation, activations, csv, markdown, openapi};

pub(super) fn export(command: &ExportCommand) -> Exit {
    let (ExportCommand::Talkdesk { export, .. } | ExportCommand::Openapi { export }) = command;
    let catalog = match definitions(export) {
        Ok(catalog) => catalog,
        Err(exit) => return exit,
    };
    match command {
        ExportCommand::Openapi { .. } => say(format_args!("{:#}", openapi(&catalog, &export.base_url))),
        ExportCommand::Talkdesk { service, format, .. } => {
            let mut found = activations(&catalog, &export.base_url);
            if let Some(name) = service {
                found.retain(|activation| activation.name == *name);
                if found.is_empty() {
                    let names: Vec<&str> = catalog.units().map(|unit| unit.name()).collect();
                    let near = crate::suggest::did_you_mean(name, names.iter().copied());
                    let near = near.unwrap_or_else(|| format!("there are: {}", names.join(", ")));
                    complain(format_args!("error: there is no service `{name}`; {near}"));
                    return Exit::Usage;
                }
            }
            match format {
                TableFormat::Markdown => say(markdown(&found).trim_end()),
                TableFormat::Csv => say(csv(&found).trim_end()),
                TableFormat::Json => {
                    say(format_args!("{:#}", Value::Array(found.iter().map(Activation::to_json).collect())));
                }
            }
        }
    }
    Exit::Ok
}

/// What is handed over is without errors.
fn definitions(export: &ExportArguments) -> Result<Catalog, Exit> {
    let catalog = author(&export.definitions).and_then(|operator| catalog(&export.definitions, &operator));
    let catalog = catalog.map_err(|error| {
        complain(format_args!("error: {error}"));
        Exit::Definitions
    })?;
    if catalog.has_errors() {
        print_problems(&catalog.diagnostics());
        return Err(Exit::Definitions);
    }
    Ok(catalog)
}
