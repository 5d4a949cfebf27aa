//! `check`: everything that is wrong, all at once.

use clap::builder::FalseyValueParser;
use clap::{Args, ValueEnum};

use super::Exit;
use super::arguments::DefinitionArguments;
use super::definitions::{author, catalog, summary};
use super::terminal::{complain, say, takes_colours};
use crate::diagnostic::{Diagnostic, Severity, render_github, render_json, render_sarif, render_text};

#[derive(Debug, Args)]
pub(super) struct CheckArguments {
    #[command(flatten)]
    pub(super) definitions: DefinitionArguments,
    /// How problems are printed.
    #[arg(long, value_enum, default_value_t = CheckFormat::Text, env = "ACTION_EXECUTOR_FORMAT")]
    pub(super) format: CheckFormat,
    /// Take warnings for errors.
    #[arg(long, value_parser = FalseyValueParser::new(), env = "ACTION_EXECUTOR_DENY_WARNINGS")]
    pub(super) deny_warnings: bool,
    /// What is wrong with the settings file.
    #[arg(skip)]
    pub(super) settings_problems: Vec<Diagnostic>,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
pub(super) enum CheckFormat {
    /// Excerpts with a caret.
    Text,
    /// A JSON array.
    Json,
    /// SARIF 2.1.0, for code scanning.
    Sarif,
    /// Annotations of a GitHub workflow.
    Github,
}

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
            let actions: usize = catalog.directories().map(|directory| directory.actions().len()).sum();
            let noun = if actions == 1 { "action" } else { "actions" };
            say(format_args!("{actions} {noun} can be served: {}", summary(&problems)));
        }
    }
    let has_errors = problems.iter().any(|problem| problem.severity() == Severity::Error);
    let failed = has_errors || (arguments.deny_warnings && !problems.is_empty());
    if failed { Exit::Definitions } else { Exit::Ok }
}
