//! `completions` and `man`: what shells and `man` read, made from the command line itself.

use clap::CommandFactory as _;

use super::Exit;
use super::arguments::{Arguments, CompletionsArguments, ManArguments};
use super::terminal::{complain, say};

/// Prints the completions of a shell.
pub(super) fn completions(arguments: &CompletionsArguments) -> Exit {
    let mut script = Vec::new();
    let mut command = Arguments::command();
    clap_complete::generate(arguments.shell, &mut command, "action-executor", &mut script);
    say(String::from_utf8_lossy(&script).trim_end());
    Exit::Ok
}

/// Prints the manual page, or writes one for each command.
pub(super) fn man(arguments: &ManArguments) -> Exit {
    let told = match &arguments.write {
        Some(directory) => clap_mangen::generate_to(Arguments::command(), directory)
            .map_err(|error| format!("{} cannot be written into: {error}", directory.display())),
        None => {
            let mut page = Vec::new();
            let rendered = clap_mangen::Man::new(Arguments::command()).render(&mut page);
            rendered.map(|()| say(String::from_utf8_lossy(&page).trim_end())).map_err(|error| error.to_string())
        }
    };
    match told {
        Ok(()) => Exit::Ok,
        Err(error) => {
            complain(format_args!("error: {error}"));
            Exit::Failed
        }
    }
}
