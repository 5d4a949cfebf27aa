//! The settings file beside the flags: what neither a flag nor a variable says is taken from there.

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::time::Duration;

use clap::ArgMatches;
use clap::parser::ValueSource;

use super::Exit;
use super::arguments::{AdminAddress, Command, DefinitionArguments, LogFormat, NetworkArguments, ServeArguments};
use super::definitions::print_problems;
use super::terminal::complain;
use crate::diagnostic::{Diagnostic, Severity, Source};
use crate::document::LogFormat as WrittenFormat;
use crate::document::{
    AdminPlace, CallersDocument, NetworkDocument, ServerLimitsDocument, ServiceSettingsDocument, SettingsDocument,
    Spanned, StatePlace, TlsDocument, read_settings,
};
use crate::origin::Origin;
use crate::server::{CallLimits, Limits, TlsFiles};
use crate::upstream::{IdentityFiles, ServiceNetwork};

/// What the settings file says of one service.
#[derive(Clone, Debug, Default)]
pub(super) struct ServiceSettings {
    /// Where its requests may go.
    pub(super) network: ServiceNetwork,
    /// The time that one call of it may take.
    pub(super) deadline: Option<Duration>,
    /// Calls of it in hand at once.
    pub(super) calls: Option<usize>,
}

/// What serving takes from the settings file alone.
#[derive(Clone, Debug, Default)]
pub(super) struct ServeSettings {
    /// What callers must show; its secrets are not read yet.
    pub(super) callers: CallersDocument,
    /// The certificate of the admin listener.
    pub(super) admin_tls: Option<TlsFiles>,
    /// Bounds of connections and heads.
    pub(super) limits: Limits,
    /// Bounds of calls.
    pub(super) call_limits: CallLimits,
    /// From the head of a call to the end of its body, if not the time of a call.
    pub(super) body_time: Option<Duration>,
    /// Calls in hand at once of each service.
    pub(super) calls_per_service: Option<usize>,
    /// Calls that are remembered for the console and the admin API.
    pub(super) recent_calls: Option<usize>,
    /// Which part of the calls is traced.
    pub(super) sample: Option<f64>,
    /// What the receiver of traces wants in `Authorization`.
    pub(super) traces_authorization: Option<Origin>,
}

/// Why the settings cannot be used.
#[derive(Debug)]
pub(super) enum SettingsError {
    /// The file cannot be read.
    Unreadable(PathBuf, std::io::Error),
    /// It has errors.
    Wrong(Vec<Diagnostic>),
}

/// Reads the file that a command names, and puts it behind the flags.
pub(super) fn settle(command: &mut Command, matches: &ArgMatches) -> Result<(), SettingsError> {
    let Some((definitions, network)) = arguments_of(command) else { return Ok(()) };
    let Some(path) = definitions.settings.clone() else { return Ok(()) };
    let text = std::fs::read_to_string(&path).map_err(|error| SettingsError::Unreadable(path.clone(), error))?;
    let (document, problems) = read_settings(Arc::new(Source::new(path.to_string_lossy(), text)));
    let problems = problems.finish();
    let has_errors = problems.iter().any(|problem| problem.severity() == Severity::Error);
    let file = File { directory: path.parent().unwrap_or(Path::new("")), given: Given(matches) };
    let document = document.unwrap_or_default();
    file.definitions(definitions, &document);
    if let Some(network) = network {
        file.network(network, &document);
    }
    match command {
        // Everything that is wrong, there and here, is told together.
        Command::Check(check) => {
            check.settings_problems = problems;
            return Ok(());
        }
        Command::Serve(serve) => file.serve(serve, document),
        _ => {}
    }
    if has_errors { Err(SettingsError::Wrong(problems)) } else { Ok(()) }
}

/// Says why a command does not begin.
pub(super) fn refuse(error: &SettingsError) -> Exit {
    match error {
        SettingsError::Unreadable(path, error) => complain(format_args!("error: {}: {error}", path.display())),
        SettingsError::Wrong(problems) => print_problems(problems),
    }
    Exit::Definitions
}

fn arguments_of(command: &mut Command) -> Option<(&mut DefinitionArguments, Option<&mut NetworkArguments>)> {
    Some(match command {
        Command::Serve(serve) => (&mut serve.definitions, Some(&mut serve.network)),
        Command::Run(run) => (&mut run.definitions, Some(&mut run.network)),
        Command::Record(record) => (&mut record.definitions, Some(&mut record.network)),
        Command::Verify(verify) => (&mut verify.definitions, Some(&mut verify.network)),
        Command::Check(check) => (&mut check.definitions, None),
        Command::Test(test) => (&mut test.definitions, None),
        Command::List(list) => (&mut list.definitions, None),
        Command::Lsp(definitions) => (definitions, None),
        Command::New(new) => (new.definitions_mut(), None),
        Command::Import(import) => (import.definitions_mut(), None),
        Command::Export(export) => (export.definitions_mut(), None),
        Command::Explain(_) | Command::Schema(_) | Command::Demo(_) | Command::Completions(_) | Command::Man(_) => {
            return None;
        }
    })
}

/// What was said by a flag or a variable, which goes before the file.
struct Given<'m>(&'m ArgMatches);

impl Given<'_> {
    fn has(&self, argument: &str) -> bool {
        matches!(self.0.value_source(argument), Some(ValueSource::CommandLine | ValueSource::EnvVariable))
    }

    /// Puts `written` where nothing was said.
    fn fill<T>(&self, argument: &str, place: &mut T, written: Option<T>) {
        if let Some(written) = written.filter(|_| !self.has(argument)) {
            *place = written;
        }
    }
}

/// A settings file: its paths are taken from where it stands.
struct File<'m> {
    directory: &'m Path,
    given: Given<'m>,
}

impl File<'_> {
    fn path(&self, path: &Spanned<PathBuf>) -> PathBuf {
        self.directory.join(&path.value)
    }

    fn origin(&self, origin: &Spanned<Origin>) -> Origin {
        origin.value.clone().below(self.directory)
    }

    fn definitions(&self, arguments: &mut DefinitionArguments, document: &SettingsDocument) {
        let actions = document.actions.as_ref().map(|path| self.path(path));
        self.given.fill("actions", &mut arguments.actions, actions);
        let secrets = document.secrets.iter().flat_map(|secrets| secrets.iter());
        arguments.more_secrets = secrets.map(|(name, origin)| (name.value.clone(), self.origin(origin))).collect();
    }

    fn network(&self, arguments: &mut NetworkArguments, document: &SettingsDocument) {
        let values = |list: &Vec<Spanned<ipnet::IpNet>>| list.iter().map(|network| network.value).collect();
        let general = document.network.clone().unwrap_or_default();
        let NetworkDocument { allow_private, allow_http, ca_file, proxy, identities } = general;
        self.given.fill("allow_private", &mut arguments.allow_private, allow_private.as_ref().map(values));
        self.given.fill("allow_http", &mut arguments.allow_http, allow_http.map(|allow| allow.value));
        self.given.fill("ca_file", &mut arguments.ca_file, ca_file.map(|path| Some(self.path(&path))));
        self.given.fill("proxy", &mut arguments.proxy, proxy.map(|proxy| Some(proxy.value)));
        let identity = |(name, files): &(crate::document::Text, crate::document::IdentityDocument)| {
            let files = IdentityFiles { certificate: self.path(&files.certificate), key: self.path(&files.key) };
            (name.value.clone(), files)
        };
        let identities = identities.map(|identities| identities.iter().map(identity).collect());
        self.given.fill("identities", &mut arguments.identities, identities);
        self.given.fill("deadline", &mut arguments.deadline, document.deadline.map(|deadline| deadline.value));
        let services = document.services.iter().flat_map(|services| services.iter());
        arguments.services =
            services.map(|(name, service)| (name.value.clone(), self.service(service))).collect::<BTreeMap<_, _>>();
    }

    fn service(&self, document: &ServiceSettingsDocument) -> ServiceSettings {
        let networks = document.allow_private.iter().flatten().map(|network| network.value);
        let hosts = document.allowed_hosts.as_ref();
        ServiceSettings {
            network: ServiceNetwork {
                allow_private: networks.collect(),
                allow_http: document.allow_http.is_some_and(|allow| allow.value),
                allowed_hosts: hosts.map(|hosts| hosts.iter().map(|host| host.value.clone()).collect()),
                ca_file: document.ca_file.as_ref().map(|path| self.path(path)),
                proxy: document.proxy.as_ref().map(|proxy| proxy.value.clone()),
            },
            deadline: document.deadline.map(|deadline| deadline.value),
            calls: document.calls.map(|calls| calls.value),
        }
    }

    fn tls(&self, document: &TlsDocument) -> TlsFiles {
        TlsFiles {
            certificate: self.path(&document.certificate),
            key: self.path(&document.key),
            client_authorities: document.client_authorities.as_ref().map(|path| self.path(path)),
        }
    }

    fn serve(&self, arguments: &mut ServeArguments, document: SettingsDocument) {
        let given = &self.given;
        let admin = document.admin.map(|admin| match admin.value {
            AdminPlace::At(address) => AdminAddress::At(address),
            AdminPlace::Off => AdminAddress::Off,
        });
        let state = document.state.map(|state| match state.value {
            StatePlace::SharedFrom(origin) => StatePlace::SharedFrom(origin.below(self.directory)),
            place => place,
        });
        let log = document.log.unwrap_or_default();
        let format = log.format.map(|format| match format.value {
            WrittenFormat::Text => LogFormat::Text,
            WrittenFormat::Json => LogFormat::Json,
        });
        given.fill("listen", &mut arguments.listen, document.listen.map(|listen| listen.value));
        given.fill("admin", &mut arguments.admin, admin);
        given.fill("admin_token", &mut arguments.admin_token, document.admin_token.map(|at| Some(self.origin(&at))));
        given.fill("base_path", &mut arguments.base_path, document.base_path.map(|path| path.value));
        given.fill("skip_broken", &mut arguments.skip_broken, document.skip_broken.map(|skip| skip.value));
        given.fill("state", &mut arguments.state, state);
        given.fill("state_key", &mut arguments.state_key, document.state_key.map(|at| Some(self.origin(&at))));
        given.fill("drain", &mut arguments.drain, document.drain.map(|drain| drain.value));
        given.fill("drain_delay", &mut arguments.drain_delay, document.drain_delay.map(|delay| delay.value));
        given.fill("poll", &mut arguments.poll, document.poll.map(|poll| poll.value));
        given.fill("log_format", &mut arguments.log_format, format);
        given.fill("log", &mut arguments.log, log.filter.map(|filter| filter.value));
        if let Some(traces) = document.traces {
            given.fill("traces", &mut arguments.traces, Some(Some(traces.endpoint.value)));
            arguments.more.sample = traces.sample.map(|sample| sample.value.0);
            arguments.more.traces_authorization = traces.authorization.map(|at| self.origin(&at));
        }
        if let Some(tls) = document.tls.as_ref().map(|tls| self.tls(tls)).filter(|_| !given.has("tls_certificate")) {
            arguments.tls_certificate = Some(tls.certificate);
            arguments.tls_key = Some(tls.key);
            arguments.tls_client_authorities = tls.client_authorities;
        }
        arguments.more.admin_tls = document.admin_tls.as_ref().map(|tls| self.tls(tls));
        arguments.more.callers = self.callers(document.callers.unwrap_or_default());
        self.limits(arguments, &document.limits.unwrap_or_default());
    }

    fn callers(&self, mut callers: CallersDocument) -> CallersDocument {
        let secrets = [
            callers.header.as_mut().map(|check| &mut check.secret),
            callers.auth.as_mut().map(|check| &mut check.secret),
            callers.path.as_mut().map(|check| &mut check.secret),
            callers.hmac.as_mut().map(|check| &mut check.secret),
        ];
        for origin in secrets.into_iter().flatten().flatten() {
            origin.value = self.origin(origin);
        }
        callers
    }

    fn limits(&self, arguments: &mut ServeArguments, document: &ServerLimitsDocument) {
        let count = |number: &Option<Spanned<usize>>| number.map(|number| number.value);
        let time = |time: &Option<Spanned<Duration>>| time.map(|time| time.value);
        self.given.fill("max_connections", &mut arguments.max_connections, count(&document.connections));
        self.given.fill("max_calls", &mut arguments.max_calls, count(&document.calls));
        let more = &mut arguments.more;
        let (limits, calls) = (Limits::default(), CallLimits::default());
        more.limits = Limits {
            head_bytes: count(&document.head).unwrap_or(limits.head_bytes),
            head_timeout: time(&document.head_time).unwrap_or(limits.head_timeout),
            idle_timeout: time(&document.idle_time).unwrap_or(limits.idle_timeout),
            write_timeout: time(&document.write_time).unwrap_or(limits.write_timeout),
            ..limits
        };
        more.call_limits = CallLimits {
            body_bytes: count(&document.body).unwrap_or(calls.body_bytes),
            bodies_bytes: count(&document.bodies).unwrap_or(calls.bodies_bytes),
            ..calls
        };
        more.body_time = time(&document.body_time);
        more.calls_per_service = count(&document.calls_per_service);
        more.recent_calls = count(&document.recent_calls);
    }
}
