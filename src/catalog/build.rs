//! Files → catalog. A file that did not change is not compiled again; a directory with errors keeps its last good version.

use std::collections::{BTreeMap, HashMap, HashSet};
use std::sync::Arc;

use serde::Serialize;

use super::compile::{Place, ServiceState, compile_action, compile_service};
use super::files::{Digest, DirectoryFiles, File, Files, ServiceFile};
use super::{Action, Operator, Purpose, Service, parallel};
use crate::diagnostic::{Code, Diagnostic, Severity};

/// All compiled actions of one moment.
#[derive(Debug, Default)]
pub struct Catalog {
    revision: u64,
    /// The same as text, which every call carries.
    shared_revision: Arc<str>,
    directories: BTreeMap<String, Arc<ServiceDirectory>>,
    routes: HashMap<Arc<str>, Arc<Action>>,
}

/// One service directory.
#[derive(Clone, Debug)]
pub struct ServiceDirectory {
    name: String,
    state: DirectoryState,
    diagnostics: Vec<Diagnostic>,
    served: Vec<Arc<Action>>,
    verify: Option<Arc<Action>>,
    service: Option<CompiledFile<Service>>,
    actions: BTreeMap<String, CompiledFile<Action>>,
    problems: Vec<Diagnostic>,
}

/// How a service directory is served.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum DirectoryState {
    /// As its files say.
    Live,
    /// As its files said before they had errors.
    LastGood,
    /// Not at all: it has errors and never was without.
    Broken,
}

/// A file, compiled; without a value where it has errors.
#[derive(Debug)]
struct CompiledFile<T> {
    digest: Digest,
    value: Option<Arc<T>>,
    diagnostics: Vec<Diagnostic>,
}

impl<T> Clone for CompiledFile<T> {
    fn clone(&self) -> Self {
        Self { digest: self.digest, value: self.value.clone(), diagnostics: self.diagnostics.clone() }
    }
}

impl DirectoryState {
    /// The name in answers and logs.
    #[must_use]
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Live => "live",
            Self::LastGood => "last_good",
            Self::Broken => "broken",
        }
    }
}

impl ServiceDirectory {
    /// The directory's name; empty for the actions that have none.
    #[must_use]
    pub fn name(&self) -> &str {
        &self.name
    }

    /// Its `service.yaml`, compiled, if it has one.
    #[must_use]
    pub fn service(&self) -> Option<&Arc<Service>> {
        self.service.as_ref().and_then(|built| built.value.as_ref())
    }

    /// How it is served.
    #[must_use]
    pub fn state(&self) -> DirectoryState {
        self.state
    }

    /// Errors and warnings of its files as they are now.
    #[must_use]
    pub fn diagnostics(&self) -> &[Diagnostic] {
        &self.diagnostics
    }

    /// The actions that are served.
    #[must_use]
    pub fn actions(&self) -> &[Arc<Action>] {
        &self.served
    }

    /// The check of credentials that is served.
    #[must_use]
    pub fn verify(&self) -> Option<&Arc<Action>> {
        self.verify.as_ref()
    }

    /// How many of its problems are errors.
    #[must_use]
    pub fn errors(&self) -> usize {
        self.diagnostics.iter().filter(|problem| problem.severity() == Severity::Error).count()
    }
}

impl Catalog {
    /// Number of this version; it grows with every change.
    #[must_use]
    pub fn revision(&self) -> u64 {
        self.revision
    }

    /// The same as text.
    #[must_use]
    pub fn shared_revision(&self) -> &Arc<str> {
        &self.shared_revision
    }

    /// The action, or the check of credentials, at a route such as `/zendesk/create_ticket`.
    #[must_use]
    pub fn find(&self, route: &str) -> Option<&Arc<Action>> {
        self.routes.get(route)
    }

    /// The service directories, by name.
    pub fn directories(&self) -> impl Iterator<Item = &Arc<ServiceDirectory>> {
        self.directories.values()
    }

    /// How many actions are served.
    #[must_use]
    pub fn count(&self) -> usize {
        self.routes.values().filter(|action| matches!(action.purpose(), Purpose::Act)).count()
    }

    /// Every action that is served, by route.
    #[must_use]
    pub fn actions(&self) -> Vec<&Arc<Action>> {
        let is_act = |action: &&Arc<Action>| matches!(action.purpose(), Purpose::Act);
        let mut actions: Vec<_> = self.routes.values().filter(is_act).collect();
        actions.sort_unstable_by(|one, other| one.route().cmp(other.route()));
        actions
    }

    /// Errors and warnings of all files.
    #[must_use]
    pub fn diagnostics(&self) -> Vec<Diagnostic> {
        self.directories.values().flat_map(|directory| directory.diagnostics.iter().cloned()).collect()
    }

    /// Whether any file has an error.
    #[must_use]
    pub fn has_errors(&self) -> bool {
        self.directories.values().any(|directory| directory.errors() > 0)
    }
}

/// Builds the catalog of `files` whole, on top of the one before.
#[must_use]
pub fn build(files: &Files, operator: &Operator, previous: Option<&Catalog>) -> Catalog {
    let files: Vec<(&String, &DirectoryFiles)> = files.directories.iter().collect();
    let pending = parallel::each(&files, |(name, files)| {
        let before = previous.and_then(|catalog| catalog.directories.get(*name)).map(AsRef::as_ref);
        PendingDirectory::new(name, files, operator, before)
    });
    let asked: Vec<(&PendingDirectory<'_>, &String, &File)> =
        pending.iter().flat_map(PendingDirectory::to_compile).collect();
    let built = parallel::each(&asked, |(directory, stem, file)| directory.compile(stem, file, operator));
    let mut built = built.into_iter();
    let mut directories: BTreeMap<String, Arc<ServiceDirectory>> =
        pending.iter().map(|directory| (directory.name.to_owned(), directory.finish(&mut built, previous))).collect();
    settle_routes(&mut directories, previous);
    let routes = directories
        .values()
        .flat_map(|directory| directory.served.iter().chain(&directory.verify))
        .map(|action| (Arc::clone(action.shared_route()), Arc::clone(action)))
        .collect();
    let revision = previous.map_or(1, |catalog| catalog.revision + 1);
    Catalog { revision, shared_revision: revision.to_string().into(), directories, routes }
}

/// A directory whose service is compiled, and whose actions are not yet.
struct PendingDirectory<'f> {
    name: &'f str,
    files: &'f DirectoryFiles,
    before: Option<&'f ServiceDirectory>,
    service: Option<CompiledFile<Service>>,
    /// Whether the service is what it was, so that actions that did not change are what they were.
    same_service: bool,
}

impl<'f> PendingDirectory<'f> {
    fn new(
        name: &'f str,
        files: &'f DirectoryFiles,
        operator: &Operator,
        before: Option<&'f ServiceDirectory>,
    ) -> Self {
        let service = build_service(name, &files.service, operator, before);
        let digest = |service: Option<&CompiledFile<Service>>| service.map(|service| service.digest);
        let same_service =
            before.is_some_and(|directory| digest(directory.service.as_ref()) == digest(service.as_ref()));
        Self { name, files, before, service, same_service }
    }

    fn known(&self, stem: &str, file: &File) -> Option<&'f CompiledFile<Action>> {
        let known = self.before.filter(|_| self.same_service)?.actions.get(stem)?;
        (known.digest == file.digest).then_some(known)
    }

    /// The files that are not known, in their order.
    fn to_compile(&self) -> impl Iterator<Item = (&Self, &'f String, &'f File)> {
        let unknown = self.files.actions.iter().filter(|(stem, file)| self.known(stem, file).is_none());
        unknown.map(move |(stem, file)| (self, stem, file))
    }

    fn compile(&self, stem: &str, file: &File, operator: &Operator) -> CompiledFile<Action> {
        let service = match &self.service {
            None => ServiceState::None,
            Some(CompiledFile { value: None, .. }) => ServiceState::Broken,
            Some(CompiledFile { value: Some(service), .. }) => ServiceState::Ready(service),
        };
        build_action(self.name, stem, file, service, operator)
    }

    /// Whether nothing of it differs from what is served.
    fn is_known(&self) -> bool {
        self.before.is_some_and(|before| {
            before.state == DirectoryState::Live
                && self.same_service
                && self.files.problems == before.problems
                && self.files.actions.len() == before.actions.len()
        }) && self.to_compile().next().is_none()
    }

    /// The directory; `compiled` gives the files that are not known, in their order.
    fn finish(
        &self,
        compiled: &mut impl Iterator<Item = CompiledFile<Action>>,
        previous: Option<&Catalog>,
    ) -> Arc<ServiceDirectory> {
        if let Some(known) = previous.and_then(|catalog| catalog.directories.get(self.name)).filter(|_| self.is_known())
        {
            return Arc::clone(known);
        }
        let mut actions = BTreeMap::new();
        for (stem, file) in &self.files.actions {
            if let Some(built) = self.known(stem, file).cloned().or_else(|| compiled.next()) {
                actions.insert(stem.clone(), built);
            }
        }
        let service = self.service.clone();
        let mut directory = ServiceDirectory {
            name: self.name.to_owned(),
            state: DirectoryState::Live,
            diagnostics: Vec::new(),
            served: actions.values().filter_map(|built| built.value.clone()).collect(),
            verify: service.as_ref().and_then(|built| built.value.as_ref()?.verify.clone()),
            service,
            actions,
            problems: self.files.problems.clone(),
        };
        directory.gather();
        if directory.errors() > 0 {
            directory.fall_back(self.before);
        }
        Arc::new(directory)
    }
}

fn build_service(
    name: &str,
    file: &ServiceFile,
    operator: &Operator,
    before: Option<&ServiceDirectory>,
) -> Option<CompiledFile<Service>> {
    let file = match file {
        ServiceFile::None => return None,
        // Present but broken, so that its actions are not blamed for lacking what it says. No text has this digest.
        ServiceFile::Unreadable => {
            return Some(CompiledFile { digest: Digest::default(), value: None, diagnostics: Vec::new() });
        }
        ServiceFile::Read(file) => file,
    };
    let known = before.and_then(|directory| directory.service.as_ref()).filter(|built| built.digest == file.digest);
    Some(known.cloned().unwrap_or_else(|| {
        let (value, diagnostics) = compile_service(&file.source, name, operator);
        CompiledFile { digest: file.digest, value: value.map(Arc::new), diagnostics }
    }))
}

fn build_action(
    directory: &str,
    stem: &str,
    file: &File,
    service: ServiceState<'_>,
    operator: &Operator,
) -> CompiledFile<Action> {
    let default_route = if directory.is_empty() { format!("/{stem}") } else { format!("/{directory}/{stem}") };
    let (value, diagnostics) =
        compile_action(&file.source, Place { service, directory, default_route: &default_route }, operator);
    CompiledFile { digest: file.digest, value: value.map(Arc::new), diagnostics }
}

impl ServiceDirectory {
    fn gather(&mut self) {
        let service = self.service.iter().flat_map(|built| built.diagnostics.iter());
        let actions = self.actions.values().flat_map(|built| built.diagnostics.iter());
        self.diagnostics = self.problems.iter().chain(service).chain(actions).cloned().collect();
    }

    /// Serves what was served before.
    fn fall_back(&mut self, before: Option<&ServiceDirectory>) {
        self.served = before.map(|directory| directory.served.clone()).unwrap_or_default();
        self.verify = before.and_then(|directory| directory.verify.clone());
        self.state = if before.is_some_and(|directory| directory.state != DirectoryState::Broken) {
            DirectoryState::LastGood
        } else {
            DirectoryState::Broken
        };
    }
}

/// Two actions with one route: the one that served it before keeps it; at the first load neither gets it.
fn settle_routes(directories: &mut BTreeMap<String, Arc<ServiceDirectory>>, previous: Option<&Catalog>) {
    // Falling back can bring another conflict to light, but each round takes at least one directory out.
    for _ in 0..=directories.len() {
        let conflicts = conflicts(directories, previous);
        if conflicts.is_empty() {
            return;
        }
        for (name, problems) in conflicts {
            let before = previous.and_then(|catalog| catalog.directories.get(&name)).map(AsRef::as_ref);
            if let Some(directory) = directories.get_mut(&name).map(Arc::make_mut) {
                let known = directory.state != DirectoryState::Live;
                directory.diagnostics.extend(problems);
                if known {
                    directory.served.clear();
                    directory.verify = None;
                    directory.state = DirectoryState::Broken;
                } else {
                    directory.fall_back(before);
                }
            }
        }
    }
}

fn conflicts(
    directories: &BTreeMap<String, Arc<ServiceDirectory>>,
    previous: Option<&Catalog>,
) -> BTreeMap<String, Vec<Diagnostic>> {
    let mut seen = HashSet::new();
    if directories.values().flat_map(|directory| &directory.served).all(|action| seen.insert(action.route())) {
        return BTreeMap::new();
    }
    let mut takers: BTreeMap<&str, Vec<(&str, &Arc<Action>)>> = BTreeMap::new();
    for (name, directory) in directories {
        for action in &directory.served {
            takers.entry(action.route()).or_default().push((name, action));
        }
    }
    let mut found: BTreeMap<String, Vec<Diagnostic>> = BTreeMap::new();
    for (route, takers) in takers.iter().filter(|(_, takers)| takers.len() > 1) {
        let kept = keeper(route, takers, previous);
        for (index, (directory, action)) in takers.iter().enumerate().filter(|(index, _)| Some(*index) != kept) {
            let other = takers.iter().enumerate().find(|(other, _)| *other != index).map(|(_, (_, action))| action);
            let other = other.map(|action| {
                format!("{}:{}", action.source().name(), action.source().line_column(action.route_span().start).0)
            });
            found.entry((*directory).to_owned()).or_default().push(Diagnostic {
                code: Code::DuplicateRoute,
                message: format!("The route `{route}` is taken by {}.", other.unwrap_or_default()).into(),
                help: Some("give one of the two another `route:`".into()),
                source: Arc::clone(action.source()),
                span: action.route_span(),
            });
        }
    }
    found
}

/// Which of the takers of a route served it before: the same file, or another one of the same directory if it was renamed.
fn keeper(route: &str, takers: &[(&str, &Arc<Action>)], previous: Option<&Catalog>) -> Option<usize> {
    let previous = previous?;
    let owner = previous.routes.get(route)?.source().name();
    let served = |directory: &str| {
        previous
            .directories
            .get(directory)
            .is_some_and(|directory| directory.served.iter().any(|action| action.route() == route))
    };
    let same_file = takers.iter().position(|(_, action)| action.source().name() == owner);
    same_file.or_else(|| takers.iter().position(|(directory, _)| served(directory)))
}
