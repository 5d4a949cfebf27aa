//! `check`: everything that is wrong, all at once.

use super::Exit;
use super::arguments::{CheckArguments, CheckFormat};
use super::definitions::{author, catalog, summary};
use super::terminal::{complain, say, takes_colours};
use crate::diagnostic::{Severity, render_github, render_json, render_sarif, render_text};

pub(super) fn check(arguments: &CheckArguments) -> Exit {
    let catalog = author(&arguments.definitions).and_then(|operator| catalog(&arguments.definitions, &operator));
    let catalog = match catalog {
        Ok(catalog) => catalog,
        Err(error) => {
            complain(format_args!("error: {error}"));
            return Exit::Definitions;
        }
    };
    let problems = [arguments.settings_problems.clone(), catalog.diagnostics()].concat();
    match arguments.format {
        CheckFormat::Json => say(format_args!("{:#}", render_json(&problems))),
        CheckFormat::Sarif => say(format_args!("{:#}", render_sarif(&problems))),
        CheckFormat::Github if problems.is_empty() => {}
        CheckFormat::Github => say(render_github(&problems).trim_end()),
        CheckFormat::Text => {
            let rendered = render_text(&problems, takes_colours(&std::io::stdout()));
            if !rendered.is_empty() {
                say(rendered.trim_end());
            }
            let actions: usize = catalog.units().map(|unit| unit.actions().len()).sum();
            let noun = if actions == 1 { "action" } else { "actions" };
            say(format_args!("{actions} {noun} can be served: {}", summary(&problems)));
        }
    }
    let has_errors = problems.iter().any(|problem| problem.severity() == Severity::Error);
    let failed = has_errors || (arguments.deny_warnings && !problems.is_empty());
    if failed { Exit::Definitions } else { Exit::Ok }
}
