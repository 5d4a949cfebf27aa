//! The command line: every command with its help.

use clap::builder::styling::{AnsiColor, Styles};
use clap::{Parser, Subcommand};

use super::arguments::{DefinitionArguments, ServeArguments};
use super::check::CheckArguments;
use super::completions::{CompletionsArguments, ManArguments};
use super::demo::DemoArguments;
use super::explain::ExplainArguments;
use super::export::ExportCommand;
use super::import::ImportCommand;
use super::list::ListArguments;
use super::new::NewCommand;
use super::record::RecordArguments;
use super::run::RunArguments;
use super::schema::SchemaArguments;
use super::test_arguments::TestArguments;
use super::verify::VerifyArguments;

const STYLES: Styles =
    Styles::styled().header(AnsiColor::Green.on_default().bold()).literal(AnsiColor::Cyan.on_default().bold());

/// Runs Talkdesk actions against any HTTP service, from YAML definitions.
#[derive(Debug, Parser)]
#[command(name = "action-executor", version, styles = STYLES, max_term_width = 100)]
#[command(
    after_help = "Examples:\n  action-executor demo                      see it work\n  action-executor check                     find everything wrong in actions.d\n  action-executor test                      run the tests of every action, offline\n  action-executor serve --listen 0.0.0.0:8080\n  action-executor run /demo/create_ticket --input call.json --dry-run"
)]
pub(super) struct Arguments {
    #[command(subcommand)]
    pub(super) command: Command,
}

#[derive(Debug, Subcommand)]
pub(super) enum Command {
    /// Serve the actions over HTTP, and reload them when files change.
    #[command(
        after_help = "Examples:\n  action-executor serve\n  action-executor serve --listen 0.0.0.0:8080 --log-format json\n  action-executor serve --settings /etc/action-executor/settings.yaml\n  action-executor serve --allow-private 10.2.0.0/16 --secret partner=env:PARTNER_KEY\n  ACTION_EXECUTOR_DEADLINE=5s action-executor serve"
    )]
    Serve(Box<ServeArguments>),
    /// Report everything that is wrong in the definitions.
    #[command(
        after_help = "Examples:\n  action-executor check\n  action-executor check --format json | jq '.[].code'\n  action-executor check --format sarif > check.sarif\n  action-executor check --deny-warnings"
    )]
    Check(CheckArguments),
    /// Run the `tests:` of the definitions, offline.
    #[command(
        after_help = "Examples:\n  action-executor test\n  action-executor test zendesk/create_ticket\n  action-executor test --name quotes --watch\n  action-executor test --quiet --coverage --junit results.xml"
    )]
    Test(TestArguments),
    /// Run one action once, from the terminal.
    #[command(
        after_help = "Examples:\n  action-executor run /demo/create_ticket --input call.json\n  action-executor run /demo/upsert_contact --input call.json --explain\n  echo '{\"data\":{\"subject\":\"Hi\"}}' | action-executor run /demo/create_ticket --input - --dry-run"
    )]
    Run(Box<RunArguments>),
    /// Make a test of a real call: secrets replaced, the service's own answers kept.
    #[command(
        after_help = "Examples:\n  action-executor record /zendesk/create_ticket --input call.json --name 'a ticket is created'\n  action-executor record /zendesk/create_ticket --input call.json --name 'a ticket is created' --write"
    )]
    Record(Box<RecordArguments>),
    /// Ask a service whether credentials are good, as its `verify:` says.
    #[command(
        after_help = "Examples:\n  action-executor verify redmine --input credentials.json\n  echo '{\"auth\":{\"token\":\"…\"}}' | action-executor verify zendesk --input -"
    )]
    Verify(Box<VerifyArguments>),
    /// Begin with a small file that is right as it is.
    #[command(subcommand)]
    New(NewCommand),
    /// Begin with what you have: a `curl` line, an OpenAPI document, a Postman collection.
    #[command(subcommand)]
    Import(ImportCommand),
    /// Explain a problem that `check` reports, with a wrong and a right example.
    #[command(after_help = "Examples:\n  action-executor explain unknown-key\n  action-executor explain")]
    Explain(ExplainArguments),
    /// Describe the actions for those who call them.
    #[command(subcommand)]
    Export(ExportCommand),
    /// List the actions.
    #[command(after_help = "Examples:\n  action-executor list\n  action-executor list --format json | jq '.[].route'")]
    List(ListArguments),
    /// Print or write the JSON Schemas of the definition files, for editors.
    #[command(
        after_help = "Examples:\n  action-executor schema action > schemas/action.schema.json\n  action-executor schema --write schemas"
    )]
    Schema(SchemaArguments),
    /// Speak the Language Server Protocol over standard input and output, for editors.
    #[command(after_help = "Examples:\n  action-executor lsp\n  action-executor lsp --actions definitions")]
    Lsp(DefinitionArguments),
    /// Serve the demo actions together with a small helpdesk, and print a ready `curl` line.
    #[command(
        after_help = "Examples:\n  action-executor demo\n  action-executor demo --listen 127.0.0.1:0 --admin off"
    )]
    Demo(DemoArguments),
    /// Print what a shell needs to complete commands and flags.
    #[command(
        after_help = "Examples:\n  action-executor completions bash > /etc/bash_completion.d/action-executor\n  action-executor completions zsh > ~/.zfunc/_action-executor\n  action-executor completions fish > ~/.config/fish/completions/action-executor.fish"
    )]
    Completions(CompletionsArguments),
    /// Print the manual page, or write one for each command.
    #[command(
        after_help = "Examples:\n  action-executor man | man -l -\n  action-executor man --write /usr/share/man/man1"
    )]
    Man(ManArguments),
}
