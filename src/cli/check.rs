//! `check`: everything that is wrong, all at once.

use std::io::IsTerminal;

use super::Exit;
use super::arguments::{CheckArguments, ReportFormat};
use super::definitions::{author, catalog, summary};
use crate::diagnostic::{render_json, render_text};

pub(super) fn check(arguments: &CheckArguments) -> Exit {
    let catalog = author(&arguments.definitions).and_then(|operator| catalog(&arguments.definitions, &operator));
    let catalog = match catalog {
        Ok(catalog) => catalog,
        Err(error) => {
            eprintln!("error: {error}");
            return Exit::Definitions;
        }
    };
    let problems = catalog.diagnostics();
    match arguments.format {
        ReportFormat::Json => println!("{:#}", render_json(&problems)),
        ReportFormat::Text => {
            let colours = std::io::stdout().is_terminal() && std::env::var_os("NO_COLOR").is_none();
            print!("{}", render_text(&problems, colours));
            let actions: usize = catalog.units().map(|unit| unit.actions().len()).sum();
            let noun = if actions == 1 { "action" } else { "actions" };
            println!("{actions} {noun} can be served: {}", summary(&problems));
        }
    }
    let failed = catalog.has_errors() || (arguments.deny_warnings && !problems.is_empty());
    if failed { Exit::Definitions } else { Exit::Ok }
}
