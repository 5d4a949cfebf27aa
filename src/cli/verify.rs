//! `verify`: are these credentials good?

use clap::Args;
use clap::builder::FalseyValueParser;

use super::Exit;
use super::arguments::{DefinitionArguments, NetworkArguments};
use super::run::{RunArguments, run};

#[derive(Debug, Args)]
pub(super) struct VerifyArguments {
    /// The service: the name of its directory.
    #[arg(value_name = "SERVICE")]
    pub(super) service: String,
    /// A JSON file with `auth`; `-` for standard input.
    #[arg(long, value_name = "FILE|-", default_value = "-", env = "ACTION_EXECUTOR_INPUT")]
    pub(super) input: String,
    /// Send nothing: print the requests, secrets masked.
    #[arg(long, value_parser = FalseyValueParser::new(), env = "ACTION_EXECUTOR_DRY_RUN")]
    pub(super) dry_run: bool,
    /// Say what happens, step by step.
    #[arg(long, value_parser = FalseyValueParser::new(), conflicts_with = "dry_run", env = "ACTION_EXECUTOR_EXPLAIN")]
    pub(super) explain: bool,
    #[command(flatten)]
    pub(super) definitions: DefinitionArguments,
    #[command(flatten)]
    pub(super) network: NetworkArguments,
}

/// Runs the check of a service like any action; it is one with a route of its own.
pub(super) fn verify(arguments: VerifyArguments) -> Exit {
    let VerifyArguments { service, input, dry_run, explain, definitions, network } = arguments;
    let route = format!("/{}/_verify", service.trim_matches('/'));
    run(&RunArguments { route, input, dry_run, explain, answers_of: None, definitions, network })
}
