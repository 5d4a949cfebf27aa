//! `completions` and `man`: what shells and `man` read, made from the command line itself.

use std::path::PathBuf;

use clap::{Args, Command};

use super::Exit;
use super::terminal::{complain, say};

#[derive(Debug, Args)]
pub(super) struct CompletionsArguments {
    /// The shell.
    #[arg(value_name = "SHELL")]
    pub(super) shell: clap_complete::Shell,
}

#[derive(Debug, Args)]
pub(super) struct ManArguments {
    /// Write a page for each command into this directory instead.
    #[arg(long, value_name = "DIR", env = "ACTION_EXECUTOR_WRITE")]
    pub(super) write: Option<PathBuf>,
}

/// Prints the completions of a shell.
pub(super) fn completions(arguments: &CompletionsArguments, mut command: Command) -> Exit {
    let mut script = Vec::new();
    clap_complete::generate(arguments.shell, &mut command, "action-executor", &mut script);
    say(String::from_utf8_lossy(&script).trim_end());
    Exit::Ok
}

/// Prints the manual page, or writes one for each command.
pub(super) fn man(arguments: &ManArguments, command: Command) -> Exit {
    let written = match &arguments.write {
        Some(directory) => clap_mangen::generate_to(command, directory)
            .map_err(|error| format!("{} cannot be written into: {error}", directory.display())),
        None => {
            let mut page = Vec::new();
            let rendered = clap_mangen::Man::new(command).render(&mut page);
            rendered.map(|()| say(String::from_utf8_lossy(&page).trim_end())).map_err(|error| error.to_string())
        }
    };
    match written {
        Ok(()) => Exit::Ok,
        Err(error) => {
            complain(format_args!("error: {error}"));
            Exit::Failed
        }
    }
}
