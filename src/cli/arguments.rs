//! The command line: every flag is also `ACTION_EXECUTOR_*` in the environment.

use std::net::SocketAddr;
use std::path::PathBuf;
use std::time::Duration;

use clap::builder::FalseyValueParser;
use clap::builder::styling::{AnsiColor, Styles};
use clap::{Args, Parser, Subcommand, ValueEnum};
use ipnet::IpNet;

use crate::upstream::IdentityFiles;

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
        after_help = "Examples:\n  action-executor serve\n  action-executor serve --listen 0.0.0.0:8080 --log-format json\n  action-executor serve --allow-private 10.2.0.0/16 --secret partner=env:PARTNER_KEY\n  ACTION_EXECUTOR_DEADLINE=5s action-executor serve"
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
    /// Begin with a small file that is right as it stands.
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
}

/// Where the definitions are, and what the operator decides about them.
#[derive(Clone, Debug, Args)]
pub(super) struct DefinitionArguments {
    /// The directory of definitions.
    #[arg(long, value_name = "DIR", default_value = "actions.d", env = "ACTION_EXECUTOR_ACTIONS")]
    pub(super) actions: PathBuf,
    /// A secret for the root `secrets` of templates, from the environment or a file.
    #[arg(
        long = "secret",
        value_name = "NAME=env:VARIABLE|file:PATH",
        env = "ACTION_EXECUTOR_SECRET",
        value_delimiter = ','
    )]
    pub(super) secrets: Vec<String>,
}

/// Where requests may go.
#[derive(Clone, Debug, Default, Args)]
pub(super) struct NetworkArguments {
    /// A private network that services may stand in, for example 10.2.0.0/16. Repeatable.
    #[arg(long, value_name = "CIDR", env = "ACTION_EXECUTOR_ALLOW_PRIVATE", value_delimiter = ',')]
    pub(super) allow_private: Vec<IpNet>,
    /// Allow plain http to other hosts than loopback.
    #[arg(long, value_parser = FalseyValueParser::new(), env = "ACTION_EXECUTOR_ALLOW_HTTP")]
    pub(super) allow_http: bool,
    /// A PEM file with certificate authorities to trust besides the platform's.
    #[arg(long, value_name = "FILE", env = "ACTION_EXECUTOR_CA_FILE")]
    pub(super) ca_file: Option<PathBuf>,
    /// A client certificate that definitions can name, and its key, as PEM files. Repeatable; `;` between several in
    /// the variable.
    #[arg(
        long = "identity",
        value_name = "NAME=CERT.pem,KEY.pem",
        env = "ACTION_EXECUTOR_IDENTITY",
        value_delimiter = ';',
        value_parser = identity
    )]
    pub(super) identities: Vec<(String, IdentityFiles)>,
    /// The time that one call may take, at most 25s.
    #[arg(long, value_name = "DURATION", default_value = "8s", value_parser = deadline, env = "ACTION_EXECUTOR_DEADLINE")]
    pub(super) deadline: Duration,
}

#[derive(Clone, Debug, Args)]
pub(super) struct ServeArguments {
    #[command(flatten)]
    pub(super) definitions: DefinitionArguments,
    #[command(flatten)]
    pub(super) network: NetworkArguments,
    /// Where the actions are served.
    #[arg(long, value_name = "ADDRESS", default_value = "127.0.0.1:8080", env = "ACTION_EXECUTOR_LISTEN")]
    pub(super) listen: SocketAddr,
    /// Where operators ask: health, readiness, reload. `off` for nowhere.
    #[arg(long, value_name = "ADDRESS|off", default_value = "127.0.0.1:8081", value_parser = admin_address, env = "ACTION_EXECUTOR_ADMIN")]
    pub(super) admin: AdminAddress,
    /// A path in front of every route.
    #[arg(long, value_name = "PATH", default_value = "", env = "ACTION_EXECUTOR_BASE_PATH")]
    pub(super) base_path: String,
    /// Start even if some services have errors, and serve the rest.
    #[arg(long, value_parser = FalseyValueParser::new(), env = "ACTION_EXECUTOR_SKIP_BROKEN")]
    pub(super) skip_broken: bool,
    /// Calls in hand at once; more are answered at once that the server is too busy.
    #[arg(long, value_name = "NUMBER", default_value_t = 1024, env = "ACTION_EXECUTOR_MAX_CALLS")]
    pub(super) max_calls: usize,
    /// Where tokens, idempotency records and rates are kept: `memory`, or the Redis that replicas share.
    #[arg(
        long,
        value_name = "memory|redis://…|rediss://…",
        default_value = "memory",
        env = "ACTION_EXECUTOR_STATE",
        hide_env_values = true
    )]
    pub(super) state: String,
    /// The key that seals what is kept in Redis; the same for all replicas, 32 bytes or more.
    #[arg(long, value_name = "env:VARIABLE|file:PATH", env = "ACTION_EXECUTOR_STATE_KEY")]
    pub(super) state_key: Option<String>,
    /// How long calls in hand may go on when the process is asked to stop.
    #[arg(long, value_name = "DURATION", default_value = "30s", value_parser = humantime::parse_duration, env = "ACTION_EXECUTOR_DRAIN")]
    pub(super) drain: Duration,
    /// How log lines look.
    #[arg(long, value_enum, default_value_t = LogFormat::Text, env = "ACTION_EXECUTOR_LOG_FORMAT")]
    pub(super) log_format: LogFormat,
    /// How much is logged: error, warn, info, debug, or a filter such as `action_executor=debug`.
    #[arg(long, value_name = "FILTER", default_value = "info", env = "ACTION_EXECUTOR_LOG")]
    pub(super) log: String,
    /// How often files are compared where the file system sends no events.
    #[arg(long, value_name = "DURATION", default_value = "10s", value_parser = humantime::parse_duration, env = "ACTION_EXECUTOR_POLL")]
    pub(super) poll: Duration,
}

/// Where the admin listener stands.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum AdminAddress {
    At(SocketAddr),
    Off,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
pub(super) enum LogFormat {
    /// For people.
    Text,
    /// One JSON object a line.
    Json,
}

#[derive(Debug, Args)]
pub(super) struct CheckArguments {
    #[command(flatten)]
    pub(super) definitions: DefinitionArguments,
    /// How problems are printed.
    #[arg(long, value_enum, default_value_t = CheckFormat::Text, env = "ACTION_EXECUTOR_FORMAT")]
    pub(super) format: CheckFormat,
    /// Take warnings for errors.
    #[arg(long, value_parser = FalseyValueParser::new(), env = "ACTION_EXECUTOR_DENY_WARNINGS")]
    pub(super) deny_warnings: bool,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
pub(super) enum CheckFormat {
    /// Excerpts with a caret.
    Text,
    /// A JSON array.
    Json,
    /// SARIF 2.1.0, for code scanning.
    Sarif,
    /// Annotations of a GitHub workflow.
    Github,
}

#[derive(Debug, Args)]
pub(super) struct ExplainArguments {
    /// The code in the brackets of a problem; all codes with a sentence each if none.
    #[arg(value_name = "CODE")]
    pub(super) code: Option<String>,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
pub(super) enum ReportFormat {
    /// Excerpts with a caret.
    Text,
    /// A JSON array.
    Json,
}

#[derive(Debug, Args)]
pub(super) struct TestArguments {
    #[command(flatten)]
    pub(super) definitions: DefinitionArguments,
    /// Only actions whose route contains one of these.
    #[arg(value_name = "ROUTE")]
    pub(super) routes: Vec<String>,
    /// Only tests whose name contains this.
    #[arg(long, value_name = "TEXT", env = "ACTION_EXECUTOR_NAME")]
    pub(super) name: Option<String>,
    /// Print only what fails, and how many.
    #[arg(long, short, value_parser = FalseyValueParser::new(), env = "ACTION_EXECUTOR_QUIET")]
    pub(super) quiet: bool,
    /// Run them again whenever a file changes.
    #[arg(long, value_parser = FalseyValueParser::new(), env = "ACTION_EXECUTOR_WATCH")]
    pub(super) watch: bool,
    /// Say which steps, conditions and error rules no test reaches.
    #[arg(long, value_parser = FalseyValueParser::new(), env = "ACTION_EXECUTOR_COVERAGE")]
    pub(super) coverage: bool,
    /// Also write the results as JUnit XML.
    #[arg(long, value_name = "FILE", env = "ACTION_EXECUTOR_JUNIT")]
    pub(super) junit: Option<PathBuf>,
    /// How results are printed. `json` tells also the requests that were built, and the coverage.
    #[arg(long, value_enum, default_value_t = TestFormat::Text, env = "ACTION_EXECUTOR_FORMAT")]
    pub(super) format: TestFormat,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
pub(super) enum TestFormat {
    /// For people.
    Text,
    /// One JSON document.
    Json,
}

#[derive(Debug, Args)]
pub(super) struct RecordArguments {
    /// The route, for example /zendesk/create_ticket.
    #[arg(value_name = "ROUTE")]
    pub(super) route: String,
    /// A JSON file with `auth`, `data` and `meta`; `-` for standard input.
    #[arg(long, value_name = "FILE|-", default_value = "-", env = "ACTION_EXECUTOR_INPUT")]
    pub(super) input: String,
    /// What the test is called.
    #[arg(long, value_name = "TEXT", default_value = "as recorded", env = "ACTION_EXECUTOR_NAME")]
    pub(super) name: String,
    /// Put the test into the action's file instead of printing it.
    #[arg(long, value_parser = FalseyValueParser::new(), env = "ACTION_EXECUTOR_WRITE")]
    pub(super) write: bool,
    #[command(flatten)]
    pub(super) definitions: DefinitionArguments,
    #[command(flatten)]
    pub(super) network: NetworkArguments,
}

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

#[derive(Debug, Args)]
pub(super) struct RunArguments {
    /// The route, for example /zendesk/create_ticket.
    #[arg(value_name = "ROUTE")]
    pub(super) route: String,
    /// A JSON file with `auth`, `data` and `meta`; `-` for standard input.
    #[arg(long, value_name = "FILE|-", default_value = "-", env = "ACTION_EXECUTOR_INPUT")]
    pub(super) input: String,
    /// Send nothing: print the requests, secrets masked.
    #[arg(long, value_parser = FalseyValueParser::new(), env = "ACTION_EXECUTOR_DRY_RUN")]
    pub(super) dry_run: bool,
    /// Say what happens: each request and answer, the rule that matched, where each value was found, waits and times.
    #[arg(long, value_parser = FalseyValueParser::new(), conflicts_with = "dry_run", env = "ACTION_EXECUTOR_EXPLAIN")]
    pub(super) explain: bool,
    /// Send nothing: take the service's answers from this test of the action.
    #[arg(long, value_name = "TEST", env = "ACTION_EXECUTOR_ANSWERS_OF")]
    pub(super) answers_of: Option<String>,
    #[command(flatten)]
    pub(super) definitions: DefinitionArguments,
    #[command(flatten)]
    pub(super) network: NetworkArguments,
}

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

#[derive(Debug, Args)]
pub(super) struct ListArguments {
    #[command(flatten)]
    pub(super) definitions: DefinitionArguments,
    /// How the list is printed.
    #[arg(long, value_enum, default_value_t = ReportFormat::Text, env = "ACTION_EXECUTOR_FORMAT")]
    pub(super) format: ReportFormat,
}

#[derive(Debug, Args)]
pub(super) struct SchemaArguments {
    /// Which schema is printed.
    #[arg(value_enum, default_value_t = SchemaName::Action)]
    pub(super) name: SchemaName,
    /// Write both schemas into this directory instead.
    #[arg(long, value_name = "DIR", env = "ACTION_EXECUTOR_WRITE")]
    pub(super) write: Option<PathBuf>,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
pub(super) enum SchemaName {
    /// Of an action file.
    Action,
    /// Of a `service.yaml`.
    Service,
}

#[derive(Debug, Args)]
pub(super) struct DemoArguments {
    /// Where the actions are served.
    #[arg(long, value_name = "ADDRESS", default_value = "127.0.0.1:8080", env = "ACTION_EXECUTOR_LISTEN")]
    pub(super) listen: SocketAddr,
    /// Where operators ask.
    #[arg(long, value_name = "ADDRESS|off", default_value = "127.0.0.1:8081", value_parser = admin_address, env = "ACTION_EXECUTOR_ADMIN")]
    pub(super) admin: AdminAddress,
    /// How log lines look.
    #[arg(long, value_enum, default_value_t = LogFormat::Text, env = "ACTION_EXECUTOR_LOG_FORMAT")]
    pub(super) log_format: LogFormat,
}

/// A file or directory name that makes a route.
fn definition_name(text: &str) -> Result<String, String> {
    let fits =
        !text.is_empty() && text.chars().all(|c| c.is_ascii_lowercase() || c.is_ascii_digit() || "_-".contains(c));
    if fits { Ok(text.to_owned()) } else { Err("expected lower-case letters, digits, `_` and `-`".to_owned()) }
}

fn admin_address(text: &str) -> Result<AdminAddress, String> {
    match text {
        "off" => Ok(AdminAddress::Off),
        address => address
            .parse()
            .map(AdminAddress::At)
            .map_err(|_| "expected an address such as 127.0.0.1:8081, or `off`".to_owned()),
    }
}

fn identity(text: &str) -> Result<(String, IdentityFiles), String> {
    let parts = text.split_once('=').and_then(|(name, files)| Some((name.trim(), files.split_once(',')?)));
    match parts {
        Some((name, (certificate, key))) if ![name, certificate, key].contains(&"") && !key.contains(',') => {
            Ok((name.to_owned(), IdentityFiles { certificate: certificate.into(), key: key.into() }))
        }
        _ => Err("expected NAME=CERT.pem,KEY.pem".to_owned()),
    }
}

fn deadline(text: &str) -> Result<Duration, String> {
    let duration = humantime::parse_duration(text).map_err(|error| error.to_string())?;
    if duration.is_zero() || duration > Duration::from_secs(25) {
        return Err("a call has between 1ms and 25s".to_owned());
    }
    Ok(duration)
}
