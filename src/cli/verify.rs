//! `verify`: are these credentials good?

use super::Exit;
use super::arguments::{RunArguments, VerifyArguments};
use super::run::run;

/// Runs the check of a service like any action; it is one with a route of its own.
pub(super) fn verify(arguments: VerifyArguments) -> Exit {
    let VerifyArguments { service, input, dry_run, explain, definitions, network } = arguments;
    let route = format!("/{}/_verify", service.trim_matches('/'));
    run(&RunArguments { route, input, dry_run, explain, answers_of: None, definitions, network })
}
