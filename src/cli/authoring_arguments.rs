//! What the commands take that write definitions, or describe them for others: `new`, `import`, `export`.

use std::path::PathBuf;

use clap::builder::FalseyValueParser;
use clap::{Args, Subcommand, ValueEnum};

use super::arguments::DefinitionArguments;

/// What is begun.
#[derive(Debug, Subcommand)]
pub(super) enum NewCommand {
    /// A `service.yaml`: where the service is, how requests prove who they are, what its failures mean.
    #[command(
        after_help = "Examples:\n  action-executor new service acme --base-url https://api.acme.example.com/v1\n  action-executor new service acme --base-url https://api.acme.example.com/v1 --auth oauth2"
    )]
    Service {
        /// The name of its directory.
        #[arg(value_name = "NAME", value_parser = definition_name)]
        name: String,
        /// Where it is.
        #[arg(
            long,
            value_name = "URL",
            default_value = "https://api.example.com/v1",
            env = "ACTION_EXECUTOR_BASE_URL"
        )]
        base_url: String,
        /// How requests prove who they are.
        #[arg(long, value_enum, default_value_t = ProofName::Bearer, env = "ACTION_EXECUTOR_AUTH")]
        auth: ProofName,
        #[command(flatten)]
        authoring: AuthoringArguments,
    },
    /// An action of a service, with tests.
    #[command(after_help = "Examples:\n  action-executor new action acme/create_case")]
    Action {
        /// Its service and its name.
        #[arg(value_name = "SERVICE/ACTION")]
        name: String,
        #[command(flatten)]
        authoring: AuthoringArguments,
    },
}

impl NewCommand {
    /// Where the definitions are.
    pub(super) fn definitions_mut(&mut self) -> &mut DefinitionArguments {
        match self {
            Self::Service { authoring, .. } | Self::Action { authoring, .. } => &mut authoring.definitions,
        }
    }
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
pub(super) enum ProofName {
    /// `Authorization: Bearer …`
    Bearer,
    /// User name and password.
    Basic,
    /// A key in a header.
    ApiKey,
    /// A token fetched with client credentials.
    Oauth2,
    /// Nothing.
    None,
}

/// What definitions are made of.
#[derive(Debug, Subcommand)]
pub(super) enum ImportCommand {
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
    pub(super) fn definitions_mut(&mut self) -> &mut DefinitionArguments {
        match self {
            Self::Curl(arguments) => &mut arguments.authoring.definitions,
            Self::Openapi(arguments) => &mut arguments.authoring.definitions,
            Self::Postman(arguments) => &mut arguments.authoring.definitions,
        }
    }
}

/// Where what is imported goes.
#[derive(Debug, Args)]
pub(super) struct AuthoringArguments {
    #[command(flatten)]
    pub(super) definitions: DefinitionArguments,
    /// Print the files instead of writing them.
    #[arg(long, value_parser = FalseyValueParser::new(), env = "ACTION_EXECUTOR_PRINT")]
    pub(super) print: bool,
    /// Replace action files that are there already. A `service.yaml` is never replaced.
    #[arg(long, value_parser = FalseyValueParser::new(), env = "ACTION_EXECUTOR_FORCE")]
    pub(super) force: bool,
}

#[derive(Debug, Args)]
pub(super) struct ImportCurlArguments {
    /// The line; from standard input if none.
    #[arg(value_name = "LINE")]
    pub(super) line: Option<String>,
    /// The service: the name of its directory.
    #[arg(long, value_name = "NAME", value_parser = definition_name, env = "ACTION_EXECUTOR_SERVICE")]
    pub(super) service: String,
    /// The action: the name of its file. Made from the request if none.
    #[arg(long, value_name = "NAME", value_parser = definition_name, env = "ACTION_EXECUTOR_ACTION")]
    pub(super) action: Option<String>,
    /// A value of the request that becomes an input: its name, or its path in the body. `all` for every value.
    #[arg(long = "input", value_name = "all|[NAME=]PATH", env = "ACTION_EXECUTOR_INPUTS", value_delimiter = ',')]
    pub(super) inputs: Vec<String>,
    /// What the service answers, a JSON file as the documentation shows it; its id becomes `external_id`.
    #[arg(long, value_name = "FILE", env = "ACTION_EXECUTOR_ANSWER")]
    pub(super) answer: Option<PathBuf>,
    #[command(flatten)]
    pub(super) authoring: AuthoringArguments,
}

#[derive(Debug, Args)]
pub(super) struct ImportOpenapiArguments {
    /// The document; `-` for standard input.
    #[arg(value_name = "FILE|-")]
    pub(super) file: String,
    /// List the operations, and do nothing else.
    #[arg(long, value_parser = FalseyValueParser::new(), conflicts_with_all = ["operations", "all"], env = "ACTION_EXECUTOR_LIST")]
    pub(super) list: bool,
    /// An operation: its `operationId`, or its method and path. Repeatable.
    #[arg(long = "operation", value_name = "ID|METHOD PATH", env = "ACTION_EXECUTOR_OPERATION")]
    pub(super) operations: Vec<String>,
    /// Every operation.
    #[arg(long, value_parser = FalseyValueParser::new(), conflicts_with = "operations", env = "ACTION_EXECUTOR_ALL")]
    pub(super) all: bool,
    /// The service: the name of its directory. Made from the document's title if none.
    #[arg(long, value_name = "NAME", value_parser = definition_name, env = "ACTION_EXECUTOR_SERVICE")]
    pub(super) service: Option<String>,
    /// The service's address, where the document does not say it, or says another.
    #[arg(long, value_name = "URL", env = "ACTION_EXECUTOR_BASE_URL")]
    pub(super) base_url: Option<String>,
    #[command(flatten)]
    pub(super) authoring: AuthoringArguments,
}

#[derive(Debug, Args)]
pub(super) struct ImportPostmanArguments {
    /// The collection; `-` for standard input.
    #[arg(value_name = "FILE|-")]
    pub(super) file: String,
    /// List the requests, and do nothing else.
    #[arg(long, value_parser = FalseyValueParser::new(), conflicts_with = "requests", env = "ACTION_EXECUTOR_LIST")]
    pub(super) list: bool,
    /// Only requests whose name, folders included, contains this. Repeatable; all if none.
    #[arg(long = "request", value_name = "TEXT", env = "ACTION_EXECUTOR_REQUEST")]
    pub(super) requests: Vec<String>,
    /// The service: the name of its directory. Made from the collection's name if none.
    #[arg(long, value_name = "NAME", value_parser = definition_name, env = "ACTION_EXECUTOR_SERVICE")]
    pub(super) service: Option<String>,
    /// A value of the requests that becomes an input. `all` for every value.
    #[arg(long = "input", value_name = "all|[NAME=]PATH", env = "ACTION_EXECUTOR_INPUTS", value_delimiter = ',')]
    pub(super) inputs: Vec<String>,
    #[command(flatten)]
    pub(super) authoring: AuthoringArguments,
}

/// What the actions are described for.
#[derive(Debug, Subcommand)]
pub(super) enum ExportCommand {
    /// The document that a customer hands to Talkdesk support to have the integration activated.
    #[command(
        after_help = "Examples:\n  action-executor export talkdesk --base-url https://bridge.example.com > activation.md\n  action-executor export talkdesk --base-url https://bridge.example.com --service zendesk --format csv"
    )]
    Talkdesk {
        /// Only this service.
        #[arg(long, value_name = "NAME", env = "ACTION_EXECUTOR_SERVICE")]
        service: Option<String>,
        /// How it is written.
        #[arg(long, value_enum, default_value_t = TableFormat::Markdown, env = "ACTION_EXECUTOR_FORMAT")]
        format: TableFormat,
        #[command(flatten)]
        export: ExportArguments,
    },
    /// An OpenAPI 3.1 document of every route, with examples from the tests.
    #[command(
        after_help = "Examples:\n  action-executor export openapi --base-url https://bridge.example.com > openapi.json"
    )]
    Openapi {
        #[command(flatten)]
        export: ExportArguments,
    },
}

impl ExportCommand {
    /// Where the definitions are.
    pub(super) fn definitions_mut(&mut self) -> &mut DefinitionArguments {
        match self {
            Self::Talkdesk { export, .. } | Self::Openapi { export } => &mut export.definitions,
        }
    }
}

#[derive(Debug, Args)]
pub(super) struct ExportArguments {
    #[command(flatten)]
    pub(super) definitions: DefinitionArguments,
    /// Where callers reach the bridge, with the base path if there is one.
    #[arg(long, value_name = "URL", env = "ACTION_EXECUTOR_BASE_URL")]
    pub(super) base_url: String,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
pub(super) enum TableFormat {
    /// Tables in Markdown.
    Markdown,
    /// With Talkdesk's own keys.
    Json,
    /// For a spreadsheet.
    Csv,
}

/// A file or directory name that makes a route.
fn definition_name(text: &str) -> Result<String, String> {
    let fits =
        !text.is_empty() && text.chars().all(|c| c.is_ascii_lowercase() || c.is_ascii_digit() || "_-".contains(c));
    if fits { Ok(text.to_owned()) } else { Err("expected lower-case letters, digits, `_` and `-`".to_owned()) }
}
