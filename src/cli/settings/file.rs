//! A settings file as arguments that every command has: definitions, network.

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};

use clap::ArgMatches;
use clap::parser::ValueSource;

use crate::budget::BudgetBounds;
use crate::cli::arguments::{DefinitionArguments, NetworkArguments, ServiceSettings};
use crate::document::{
    IdentityDocument, NetworkDocument, ServerLimitsDocument, ServiceSettingsDocument, SettingsDocument, Spanned, Text,
};
use crate::origin::Origin;
use crate::upstream::{IdentityFiles, ServiceNetwork};

/// The values that a flag or a variable gave; they override the file.
pub(super) struct Given<'m>(&'m ArgMatches);

impl Given<'_> {
    pub(super) fn has(&self, argument: &str) -> bool {
        matches!(self.0.value_source(argument), Some(ValueSource::CommandLine | ValueSource::EnvVariable))
    }

    /// Puts `written` in place of a default.
    pub(super) fn fill<T>(&self, argument: &str, place: &mut T, written: Option<T>) {
        if let Some(written) = written.filter(|_| !self.has(argument)) {
            *place = written;
        }
    }
}

/// A settings file; paths in it are relative to its directory.
pub(super) struct File<'m> {
    pub(super) directory: &'m Path,
    pub(super) given: Given<'m>,
}

impl<'m> File<'m> {
    pub(super) fn at(path: &'m Path, matches: &'m ArgMatches) -> Self {
        Self { directory: path.parent().unwrap_or(Path::new("")), given: Given(matches) }
    }

    pub(super) fn path(&self, path: &Spanned<PathBuf>) -> PathBuf {
        self.directory.join(&path.value)
    }

    pub(super) fn origin(&self, origin: &Spanned<Origin>) -> Origin {
        origin.value.clone().below(self.directory)
    }

    pub(super) fn definitions(&self, arguments: &mut DefinitionArguments, document: &SettingsDocument) {
        let actions = document.actions.as_ref().map(|path| self.path(path));
        self.given.fill("actions", &mut arguments.actions, actions);
        let secrets = document.secrets.iter().flat_map(|secrets| secrets.iter());
        arguments.more_secrets = secrets.map(|(name, origin)| (name.value.clone(), self.origin(origin))).collect();
    }

    pub(super) fn network(&self, arguments: &mut NetworkArguments, document: &SettingsDocument) {
        let values = |list: &Vec<Spanned<ipnet::IpNet>>| list.iter().map(|network| network.value).collect();
        let general = document.network.clone().unwrap_or_default();
        let NetworkDocument { allow_private, allow_http, ca_file, proxy, identities } = general;
        self.given.fill("allow_private", &mut arguments.allow_private, allow_private.as_ref().map(values));
        self.given.fill("allow_http", &mut arguments.allow_http, allow_http.map(|allow| allow.value));
        self.given.fill("ca_file", &mut arguments.ca_file, ca_file.map(|path| Some(self.path(&path))));
        self.given.fill("proxy", &mut arguments.proxy, proxy.map(|proxy| Some(proxy.value)));
        let identity = |(name, files): &(Text, IdentityDocument)| {
            let files = IdentityFiles { certificate: self.path(&files.certificate), key: self.path(&files.key) };
            (name.value.clone(), files)
        };
        let identities = identities.map(|identities| identities.iter().map(identity).collect());
        self.given.fill("identities", &mut arguments.identities, identities);
        self.given.fill("deadline", &mut arguments.deadline, document.deadline.map(|deadline| deadline.value));
        arguments.call_bounds = bounds(document.limits.as_ref());
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
}

/// The work of one call, as far as the file says.
fn bounds(document: Option<&ServerLimitsDocument>) -> BudgetBounds {
    let default = BudgetBounds::default();
    let Some(document) = document else { return default };
    BudgetBounds {
        bytes: document.call_bytes.map_or(default.bytes, |bytes| bytes.value as u64),
        steps: document.call_steps.map_or(default.steps, |steps| steps.value as u64),
        requests: document
            .call_requests
            .map_or(default.requests, |requests| u32::try_from(requests.value).unwrap_or(u32::MAX)),
    }
}
