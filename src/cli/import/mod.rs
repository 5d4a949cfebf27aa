//! `import`: actions made of what a vendor publishes; one file for each form.

mod arguments;
mod curl;
mod openapi;
mod postman;
mod source;

pub(super) use arguments::ImportCommand;

use super::Exit;
use super::terminal::complain;

pub(super) fn import(command: &ImportCommand) -> Exit {
    let imported = match command {
        ImportCommand::Curl(arguments) => curl::import(arguments),
        ImportCommand::Openapi(arguments) => openapi::import(arguments),
        ImportCommand::Postman(arguments) => postman::import(arguments),
    };
    imported.unwrap_or_else(|reason| {
        complain(format_args!("error: {reason}"));
        Exit::Failed
    })
}
