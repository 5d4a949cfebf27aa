//! The commands, one file each. Arguments in, text and an exit code out.

mod arguments;
mod authored;
mod call_input;
mod check;
mod command;
mod completions;
mod definitions;
mod demo;
mod exit;
mod explain;
mod explanation;
mod export;
mod helpdesk;
mod import;
mod list;
mod log_lines;
mod logging;
mod lsp;
mod new;
mod record;
mod run;
mod schema;
mod serve;
mod serve_config;
mod settings;
mod terminal;
mod test;
mod test_arguments;
mod test_report;
mod test_watch;
mod verify;

pub use exit::Exit;

use clap::{CommandFactory, FromArgMatches};

use command::{Arguments, Command};

/// Reads the process's arguments and runs the command.
#[must_use]
pub fn main() -> Exit {
    let matches = match Arguments::command().try_get_matches() {
        Ok(matches) => matches,
        Err(error) => return usage_error(&error),
    };
    let mut arguments = match Arguments::from_arg_matches(&matches) {
        Ok(arguments) => arguments,
        Err(error) => return usage_error(&error),
    };
    // `import curl` is a command within a command.
    let innermost = std::iter::successors(matches.subcommand(), |(_, matches)| matches.subcommand()).last();
    let settled = innermost.map(|(_, matches)| settings::settle(&mut arguments.command, matches));
    let exit = match settled {
        Some(Err(error)) => settings::refuse(&error),
        Some(Ok(())) | None => run_command(arguments),
    };
    log_lines::write_out();
    exit
}

fn run_command(arguments: Arguments) -> Exit {
    match arguments.command {
        Command::Serve(serve) => serve::serve(&serve),
        Command::Check(check) => check::check(&check),
        Command::Test(test) => test::test(&test),
        Command::Run(run) => run::run(&run),
        Command::Record(record) => record::record(&record),
        Command::Verify(verify) => verify::verify(*verify),
        Command::New(new) => new::new(&new),
        Command::Import(import) => import::import(&import),
        Command::Explain(explain) => explain::explain(&explain),
        Command::Export(export) => export::export(&export),
        Command::List(list) => list::list(&list),
        Command::Schema(schema) => schema::schema(&schema),
        Command::Lsp(definitions) => lsp::lsp(&definitions),
        Command::Demo(demo) => demo::demo(&demo),
        Command::Completions(arguments) => completions::completions(&arguments, Arguments::command()),
        Command::Man(arguments) => completions::man(&arguments, Arguments::command()),
    }
}

/// `--help` and `--version` end well, everything else is a usage error.
fn usage_error(error: &clap::Error) -> Exit {
    // Nothing is left to say if standard output is gone.
    let _ = error.print();
    if error.use_stderr() { Exit::Usage } else { Exit::Ok }
}
