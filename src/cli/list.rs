//! `list`: the actions, their routes and inputs.

use serde_json::json;

use clap::{Args, ValueEnum};

use super::Exit;
use super::arguments::DefinitionArguments;
use super::definitions::{author, catalog, print_problems};
use super::terminal::{complain, say};
use crate::operations::ActionSummary;

#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
pub(super) enum ReportFormat {
    /// Excerpts with a caret.
    Text,
    /// A JSON array.
    Json,
}

#[derive(Debug, Args)]
pub(super) struct ListArguments {
    #[command(flatten)]
    pub(super) definitions: DefinitionArguments,
    /// How the list is printed.
    #[arg(long, value_enum, default_value_t = ReportFormat::Text, env = "ACTION_EXECUTOR_FORMAT")]
    pub(super) format: ReportFormat,
}

pub(super) fn list(arguments: &ListArguments) -> Exit {
    let catalog = author(&arguments.definitions).and_then(|operator| catalog(&arguments.definitions, &operator));
    let catalog = match catalog {
        Ok(catalog) => catalog,
        Err(error) => {
            complain(format_args!("error: {error}"));
            return Exit::Definitions;
        }
    };
    let actions = catalog.actions();
    match arguments.format {
        ReportFormat::Json => {
            let actions: Vec<ActionSummary> = actions.iter().map(|action| ActionSummary::of(action)).collect();
            say(format_args!("{:#}", json!(actions)));
        }
        ReportFormat::Text => {
            let width = actions.iter().map(|action| action.route().len()).max().unwrap_or_default();
            for action in &actions {
                say(format_args!("POST {:width$}  {}", action.route(), action.title()));
            }
        }
    }
    if catalog.has_errors() {
        print_problems(&catalog.diagnostics());
        return Exit::Definitions;
    }
    Exit::Ok
}
