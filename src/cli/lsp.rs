//! `lsp`: what editors ask, over standard input and output.

use std::io::{BufReader, stdin, stdout};

use super::Exit;
use super::arguments::DefinitionArguments;
use super::definitions::author;
use super::terminal::complain;
use crate::lsp::{Ending, serve};

pub(super) fn lsp(definitions: &DefinitionArguments) -> Exit {
    let operator = match author(definitions) {
        Ok(operator) => operator,
        Err(error) => {
            complain(format_args!("error: {error}"));
            return Exit::Definitions;
        }
    };
    match serve(&definitions.actions, operator, BufReader::new(stdin()), stdout()) {
        Ok(Ending::RequestMetadata) => Exit::Ok,
        Ok(Ending::Abandoned) => Exit::Failed,
        Err(error) => {
            complain(format_args!("error: the editor cannot be understood: {error}"));
            Exit::Failed
        }
    }
}
