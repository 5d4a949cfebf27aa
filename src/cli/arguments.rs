//! The command line: every flag is also `ACTION_EXECUTOR_*` in the environment.

use std::collections::BTreeMap;
use std::net::SocketAddr;
use std::path::PathBuf;
use std::time::Duration;

use clap::builder::FalseyValueParser;
use clap::builder::styling::{AnsiColor, Styles};
use clap::{Args, Parser, Subcommand, ValueEnum};
use ipnet::IpNet;

use super::authoring_arguments::{ExportCommand, ImportCommand, NewCommand};
use super::settings::{ServeSettings, ServiceSettings};
use super::unseen::Unseen;
use crate::diagnostic::Diagnostic;
use crate::document::StatePlace;
use crate::keyword::ProxyAddress;
use crate::origin::Origin;
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

#[derive(Debug, Args)]
pub(super) struct CompletionsArguments {
    /// The shell.
    #[arg(value_name = "SHELL")]
    pub(super) shell: clap_complete::Shell,
}

#[derive(Debug, Args)]
pub(super) struct ManArguments {
    /// Write a page for each command into this directory instead.
    #[arg(long, value_name = "DIR", env = "ACTION_EXECUTOR_WRITE")]
    pub(super) write: Option<PathBuf>,
}

/// Where the definitions are, and what the operator decides about them.
#[derive(Clone, Debug, Args)]
pub(super) struct DefinitionArguments {
    /// The directory of definitions.
    #[arg(long, value_name = "DIR", default_value = "actions.d", env = "ACTION_EXECUTOR_ACTIONS")]
    pub(super) actions: PathBuf,
    /// The operator's settings, a YAML file; flags and variables go before what stands there.
    #[arg(long, value_name = "FILE", env = "ACTION_EXECUTOR_SETTINGS")]
    pub(super) settings: Option<PathBuf>,
    /// A secret for the root `secrets` of templates, from the environment or a file.
    #[arg(
        long = "secret",
        value_name = "NAME=env:VARIABLE|file:PATH",
        env = "ACTION_EXECUTOR_SECRET",
        value_delimiter = ','
    )]
    pub(super) secrets: Vec<String>,
    /// Those of the settings file.
    #[arg(skip)]
    pub(super) more_secrets: BTreeMap<String, Origin>,
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
    /// An HTTP proxy that requests leave by; `direct` for none.
    #[arg(long, value_name = "ADDRESS|direct", value_parser = Unseen::<ProxyAddress>::parser(), env = "ACTION_EXECUTOR_PROXY", hide_env_values = true)]
    pub(super) proxy: Option<ProxyAddress>,
    /// What the settings file says of single services.
    #[arg(skip)]
    pub(super) services: BTreeMap<String, ServiceSettings>,
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
    /// What operators send as `Authorization: Bearer …`; needed when the admin listener is not on loopback.
    #[arg(long, value_name = "env:VARIABLE|file:PATH", value_parser = Unseen::<Origin>::parser(), env = "ACTION_EXECUTOR_ADMIN_TOKEN", hide_env_values = true)]
    pub(super) admin_token: Option<Origin>,
    /// The certificate of the public listener, as a PEM file; read again when it changes.
    #[arg(long, value_name = "FILE", requires = "tls_key", env = "ACTION_EXECUTOR_TLS_CERTIFICATE")]
    pub(super) tls_certificate: Option<PathBuf>,
    /// Its private key, as a PEM file.
    #[arg(long, value_name = "FILE", requires = "tls_certificate", env = "ACTION_EXECUTOR_TLS_KEY")]
    pub(super) tls_key: Option<PathBuf>,
    /// Authorities, as a PEM file; a client without a certificate of theirs is refused.
    #[arg(long, value_name = "FILE", requires = "tls_certificate", env = "ACTION_EXECUTOR_TLS_CLIENT_AUTHORITIES")]
    pub(super) tls_client_authorities: Option<PathBuf>,
    /// A path in front of every route.
    #[arg(long, value_name = "PATH", default_value = "", env = "ACTION_EXECUTOR_BASE_PATH")]
    pub(super) base_path: String,
    /// Start even if some services have errors, and serve the rest.
    #[arg(long, value_parser = FalseyValueParser::new(), env = "ACTION_EXECUTOR_SKIP_BROKEN")]
    pub(super) skip_broken: bool,
    /// Calls in hand at once; more are answered at once that the server is too busy.
    #[arg(long, value_name = "NUMBER", default_value_t = 1024, env = "ACTION_EXECUTOR_MAX_CALLS")]
    pub(super) max_calls: usize,
    /// Connections at once; more are told at once that the server is too busy.
    #[arg(long, value_name = "NUMBER", default_value_t = 4096, env = "ACTION_EXECUTOR_MAX_CONNECTIONS")]
    pub(super) max_connections: usize,
    /// Where tokens, idempotency records and rates are kept: `memory`, the Redis that replicas share, or where its
    /// address stands.
    #[arg(
        long,
        value_name = "memory|redis://…|rediss://…|env:VARIABLE|file:PATH",
        default_value = "memory",
        value_parser = Unseen::<StatePlace>::parser(),
        env = "ACTION_EXECUTOR_STATE",
        hide_env_values = true
    )]
    pub(super) state: StatePlace,
    /// The key that seals what is kept in Redis; the same for all replicas, 32 bytes or more.
    #[arg(long, value_name = "env:VARIABLE|file:PATH", value_parser = Unseen::<Origin>::parser(), env = "ACTION_EXECUTOR_STATE_KEY", hide_env_values = true)]
    pub(super) state_key: Option<Origin>,
    /// How long calls in hand may go on when the process is asked to stop.
    #[arg(long, value_name = "DURATION", default_value = "30s", value_parser = humantime::parse_duration, env = "ACTION_EXECUTOR_DRAIN")]
    pub(super) drain: Duration,
    /// How long calls are still taken after a request to stop, so that balancers notice that the process is not ready.
    #[arg(long, value_name = "DURATION", default_value = "0s", value_parser = humantime::parse_duration, env = "ACTION_EXECUTOR_DRAIN_DELAY")]
    pub(super) drain_delay: Duration,
    /// Where traces are sent: the base address of an OTLP receiver over HTTP.
    #[arg(long, value_name = "ADDRESS", env = "ACTION_EXECUTOR_TRACES", hide_env_values = true)]
    pub(super) traces: Option<String>,
    /// How log lines look.
    #[arg(long, value_enum, default_value_t = LogFormat::Text, env = "ACTION_EXECUTOR_LOG_FORMAT")]
    pub(super) log_format: LogFormat,
    /// How much is logged: error, warn, info, debug, or a filter such as `action_executor=debug`.
    #[arg(long, value_name = "FILTER", default_value = "info", env = "ACTION_EXECUTOR_LOG")]
    pub(super) log: String,
    /// How often files are compared where the file system sends no events.
    #[arg(long, value_name = "DURATION", default_value = "10s", value_parser = some_time, env = "ACTION_EXECUTOR_POLL")]
    pub(super) poll: Duration,
    /// What only the settings file says.
    #[arg(skip)]
    pub(super) more: ServeSettings,
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
    /// What is wrong with the settings file.
    #[arg(skip)]
    pub(super) settings_problems: Vec<Diagnostic>,
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
    /// Write all schemas into this directory instead.
    #[arg(long, value_name = "DIR", env = "ACTION_EXECUTOR_WRITE")]
    pub(super) write: Option<PathBuf>,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
pub(super) enum SchemaName {
    /// Of an action file.
    Action,
    /// Of a `service.yaml`.
    Service,
    /// Of the operator's settings.
    Settings,
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

/// A time that passes.
fn some_time(text: &str) -> Result<Duration, String> {
    let duration = humantime::parse_duration(text).map_err(|error| error.to_string())?;
    if duration.is_zero() { Err("more than 0s is needed".to_owned()) } else { Ok(duration) }
}

fn deadline(text: &str) -> Result<Duration, String> {
    let duration = humantime::parse_duration(text).map_err(|error| error.to_string())?;
    if duration.is_zero() || duration > Duration::from_secs(25) {
        return Err("a call has between 1ms and 25s".to_owned());
    }
    Ok(duration)
}
