//! The flags of `import`.

use std::path::PathBuf;

use clap::builder::FalseyValueParser;
use clap::{Args, Subcommand};

use crate::cli::arguments::{AuthoringArguments, DefinitionArguments, definition_name};

/// What definitions are made of.
#[derive(Debug, Subcommand)]
pub(in crate::cli) enum ImportCommand {
    /// Make an action of a `curl` line, as a vendor's documentation shows it.
    #[command(
        after_help = "Examples:\n  action-executor import curl --service acme < line.txt\n  action-executor import curl --service acme --input subject --input body=ticket.comment.body --answer answer.json < line.txt\n  action-executor import curl \"curl https://api.example.com/v1/cases -H 'Authorization: Bearer t' --json '{\\\"subject\\\":\\\"Hi\\\"}'\" --service acme --input all --print"
    )]
    Curl(ImportCurlArguments),
    /// Make actions of the operations of an OpenAPI document (3.0, 3.1, Swagger 2.0; JSON or YAML).
    #[command(
        after_help = "Examples:\n  action-executor import openapi desk.yaml --list\n  action-executor import openapi desk.yaml --service desk --operation createTicket --operation 'GET /contacts'\n  action-executor import openapi desk.json --service desk --all --base-url https://desk.example.com"
    )]
    Openapi(ImportOpenapiArguments),
    /// Make actions of the requests of a Postman collection (v2.1).
    #[command(
        after_help = "Examples:\n  action-executor import postman desk.postman_collection.json --list\n  action-executor import postman desk.postman_collection.json --service desk --request 'Create a ticket' --input all"
    )]
    Postman(ImportPostmanArguments),
}

impl ImportCommand {
    /// Where the definitions are.
    pub(in crate::cli) fn definitions_mut(&mut self) -> &mut DefinitionArguments {
        match self {
            Self::Curl(arguments) => &mut arguments.authoring.definitions,
            Self::Openapi(arguments) => &mut arguments.authoring.definitions,
            Self::Postman(arguments) => &mut arguments.authoring.definitions,
        }
    }
}

#[derive(Debug, Args)]
pub(in crate::cli) struct ImportCurlArguments {
    /// The line; from standard input if none.
    #[arg(value_name = "LINE")]
    pub(in crate::cli) line: Option<String>,
    /// The service: the name of its directory.
    #[arg(long, value_name = "NAME", value_parser = definition_name, env = "ACTION_EXECUTOR_SERVICE")]
    pub(in crate::cli) service: String,
    /// The action: the name of its file. Made from the request if none.
    #[arg(long, value_name = "NAME", value_parser = definition_name, env = "ACTION_EXECUTOR_ACTION")]
    pub(in crate::cli) action: Option<String>,
    /// A value of the request that becomes an input: its name, or its path in the body. `all` for every value.
    #[arg(long = "input", value_name = "all|[NAME=]PATH", env = "ACTION_EXECUTOR_INPUTS", value_delimiter = ',')]
    pub(in crate::cli) inputs: Vec<String>,
    /// What the service answers, a JSON file as the documentation shows it; its id becomes `external_id`.
    #[arg(long, value_name = "FILE", env = "ACTION_EXECUTOR_ANSWER")]
    pub(in crate::cli) answer: Option<PathBuf>,
    #[command(flatten)]
    pub(in crate::cli) authoring: AuthoringArguments,
}

#[derive(Debug, Args)]
pub(in crate::cli) struct ImportOpenapiArguments {
    /// The document; `-` for standard input.
    #[arg(value_name = "FILE|-")]
    pub(in crate::cli) file: String,
    /// List the operations, and do nothing else.
    #[arg(long, value_parser = FalseyValueParser::new(), conflicts_with_all = ["operations", "all"], env = "ACTION_EXECUTOR_LIST")]
    pub(in crate::cli) list: bool,
    /// An operation: its `operationId`, or its method and path. Repeatable.
    #[arg(long = "operation", value_name = "ID|METHOD PATH", env = "ACTION_EXECUTOR_OPERATION")]
    pub(in crate::cli) operations: Vec<String>,
    /// Every operation.
    #[arg(long, value_parser = FalseyValueParser::new(), conflicts_with = "operations", env = "ACTION_EXECUTOR_ALL")]
    pub(in crate::cli) all: bool,
    /// The service: the name of its directory. Made from the document's title if none.
    #[arg(long, value_name = "NAME", value_parser = definition_name, env = "ACTION_EXECUTOR_SERVICE")]
    pub(in crate::cli) service: Option<String>,
    /// The service's address, where the document does not say it, or says another.
    #[arg(long, value_name = "URL", env = "ACTION_EXECUTOR_BASE_URL")]
    pub(in crate::cli) base_url: Option<String>,
    #[command(flatten)]
    pub(in crate::cli) authoring: AuthoringArguments,
}

#[derive(Debug, Args)]
pub(in crate::cli) struct ImportPostmanArguments {
    /// The collection; `-` for standard input.
    #[arg(value_name = "FILE|-")]
    pub(in crate::cli) file: String,
    /// List the requests, and do nothing else.
    #[arg(long, value_parser = FalseyValueParser::new(), conflicts_with = "requests", env = "ACTION_EXECUTOR_LIST")]
    pub(in crate::cli) list: bool,
    /// Only requests whose name, folders included, contains this. Repeatable; all if none.
    #[arg(long = "request", value_name = "TEXT", env = "ACTION_EXECUTOR_REQUEST")]
    pub(in crate::cli) requests: Vec<String>,
    /// The service: the name of its directory. Made from the collection's name if none.
    #[arg(long, value_name = "NAME", value_parser = definition_name, env = "ACTION_EXECUTOR_SERVICE")]
    pub(in crate::cli) service: Option<String>,
    /// A value of the requests that becomes an input. `all` for every value.
    #[arg(long = "input", value_name = "all|[NAME=]PATH", env = "ACTION_EXECUTOR_INPUTS", value_delimiter = ',')]
    pub(in crate::cli) inputs: Vec<String>,
    #[command(flatten)]
    pub(in crate::cli) authoring: AuthoringArguments,
}
