//! `export`: the actions described for Talkdesk, and for tools.

use serde_json::Value;

use clap::{Args, Subcommand, ValueEnum};

use super::Exit;
use super::arguments::DefinitionArguments;
use super::definitions::{author, catalog, print_problems};
use super::terminal::{complain, say};
use crate::catalog::Catalog;
use crate::export::{Activation, activations, csv, markdown, openapi};

/// What the actions are described for.
#[derive(Debug, Subcommand)]
pub(super) enum ExportCommand {
    /// The document that a customer hands to Talkdesk support to have the integration activated.
    #[command(
        after_help = "Examples:\n  action-executor export talkdesk --base-url https://bridge.example.com > activation.md\n  action-executor export talkdesk --base-url https://bridge.example.com --service zendesk --format csv"
    )]
    Talkdesk {
        /// Only this service.
        #[arg(long, value_name = "NAME", env = "ACTION_EXECUTOR_SERVICE")]
        service: Option<String>,
        /// How it is written.
        #[arg(long, value_enum, default_value_t = TableFormat::Markdown, env = "ACTION_EXECUTOR_FORMAT")]
        format: TableFormat,
        #[command(flatten)]
        export: ExportArguments,
    },
    /// An OpenAPI 3.1 document of every route, with examples from the tests.
    #[command(
        after_help = "Examples:\n  action-executor export openapi --base-url https://bridge.example.com > openapi.json"
    )]
    Openapi {
        #[command(flatten)]
        export: ExportArguments,
    },
}

impl ExportCommand {
    /// Where the definitions are.
    pub(super) fn definitions_mut(&mut self) -> &mut DefinitionArguments {
        match self {
            Self::Talkdesk { export, .. } | Self::Openapi { export } => &mut export.definitions,
        }
    }
}

#[derive(Debug, Args)]
pub(super) struct ExportArguments {
    #[command(flatten)]
    pub(super) definitions: DefinitionArguments,
    /// Where callers reach the bridge, with the base path if there is one.
    #[arg(long, value_name = "URL", env = "ACTION_EXECUTOR_BASE_URL")]
    pub(super) base_url: String,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
pub(super) enum TableFormat {
    /// Tables in Markdown.
    Markdown,
    /// With Talkdesk's own keys.
    Json,
    /// For a spreadsheet.
    Csv,
}

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
                    let names: Vec<&str> = catalog.directories().map(|directory| directory.name()).collect();
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
