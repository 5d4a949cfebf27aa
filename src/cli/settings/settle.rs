//! Reads the settings file of a command into the command's arguments.

use std::path::PathBuf;
use std::sync::Arc;

use clap::ArgMatches;

use super::file::File;
use crate::cli::Exit;
use crate::cli::arguments::{DefinitionArguments, NetworkArguments};
use crate::cli::command::Command;
use crate::cli::definitions::print_problems;
use crate::cli::terminal::complain;
use crate::diagnostic::{Diagnostic, Severity, Source};
use crate::document::read_settings;

/// Why the settings cannot be used.
#[derive(Debug)]
pub(in crate::cli) enum SettingsError {
    /// The file cannot be read.
    Unreadable(PathBuf, std::io::Error),
    /// The file has errors.
    Wrong(Vec<Diagnostic>),
}

/// Reads the file that a command names, and fills in its arguments.
pub(in crate::cli) fn settle(command: &mut Command, matches: &ArgMatches) -> Result<(), SettingsError> {
    let Some((definitions, network)) = arguments_of(command) else { return Ok(()) };
    let Some(path) = definitions.settings.clone() else { return Ok(()) };
    let text = std::fs::read_to_string(&path).map_err(|error| SettingsError::Unreadable(path.clone(), error))?;
    let (document, problems) = read_settings(Arc::new(Source::new(path.to_string_lossy(), text)));
    let problems = problems.finish();
    let has_errors = problems.iter().any(|problem| problem.severity() == Severity::Error);
    let file = File::at(&path, matches);
    let document = document.unwrap_or_default();
    file.definitions(definitions, &document);
    if let Some(network) = network {
        file.network(network, &document);
    }
    match command {
        // Problems of the settings and of the definitions are reported together.
        Command::Check(check) => {
            check.settings_problems = problems;
            return Ok(());
        }
        Command::Serve(serve) => file.serve(serve, document),
        _ => {}
    }
    if has_errors { Err(SettingsError::Wrong(problems)) } else { Ok(()) }
}

/// Prints why a command does not begin.
pub(in crate::cli) fn refuse(error: &SettingsError) -> Exit {
    match error {
        SettingsError::Unreadable(path, error) => complain(format_args!("error: {}: {error}", path.display())),
        SettingsError::Wrong(problems) => print_problems(problems),
    }
    Exit::Definitions
}

fn arguments_of(command: &mut Command) -> Option<(&mut DefinitionArguments, Option<&mut NetworkArguments>)> {
    Some(match command {
        Command::Serve(serve) => (&mut serve.definitions, Some(&mut serve.network)),
        Command::Run(run) => (&mut run.definitions, Some(&mut run.network)),
        Command::Record(record) => (&mut record.definitions, Some(&mut record.network)),
        Command::Verify(verify) => (&mut verify.definitions, Some(&mut verify.network)),
        Command::Check(check) => (&mut check.definitions, None),
        Command::Test(test) => (&mut test.definitions, None),
        Command::List(list) => (&mut list.definitions, None),
        Command::Lsp(definitions) => (definitions, None),
        Command::New(new) => (new.definitions_mut(), None),
        Command::Import(import) => (import.definitions_mut(), None),
        Command::Export(export) => (export.definitions_mut(), None),
        Command::Explain(_) | Command::Schema(_) | Command::Demo(_) | Command::Completions(_) | Command::Man(_) => {
            return None;
        }
    })
}
