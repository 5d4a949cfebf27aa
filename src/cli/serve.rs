//! `serve`: the actions over HTTP, until a request to stop.

use super::arguments::ServeArguments;
use super::definitions::print_problems;
use super::serve_config::config;
use super::terminal::complain;
use super::{Exit, logging};
use crate::app::{Addresses, App, StartError};

/// Serves until SIGTERM or SIGINT, then lets calls in flight end.
pub(super) fn serve(arguments: &ServeArguments) -> Exit {
    logging::begin(arguments.log_format, &arguments.log);
    let served = App::runtime().and_then(|runtime| runtime.block_on(run(arguments)));
    served.unwrap_or_else(|error| refuse(&error))
}

async fn run(arguments: &ServeArguments) -> Result<Exit, StartError> {
    let app = App::build(config(arguments)?)?;
    if !app.problems().is_empty() {
        print_problems(app.problems());
    }
    Ok(serve_until_stopped(app, |_| {}).await)
}

/// Serves what is built.
pub(super) async fn serve_until_stopped(app: App, announce: impl FnOnce(Addresses)) -> Exit {
    match app.serve(announce).await {
        Ok(()) => Exit::Ok,
        Err(error) => {
            complain(format_args!("error: {error}"));
            Exit::Definitions
        }
    }
}

/// Prints why the program does not start.
pub(super) fn refuse(error: &StartError) -> Exit {
    if let StartError::BrokenDefinitions(problems) = error {
        print_problems(problems);
    }
    complain(format_args!("error: {error}"));
    Exit::Definitions
}
