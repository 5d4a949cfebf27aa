//! Files → catalog. What did not change is taken over; a directory with errors keeps its last good version.

use std::collections::{BTreeMap, HashMap, HashSet};
use std::sync::Arc;

use serde::Serialize;

use super::compile::{Place, ServiceState, compile_action, compile_service};
use super::files::{Digest, File, Files, ServiceFile, UnitFiles};
use super::{Action, Operator, Purpose, Service, parallel};
use crate::diagnostic::{Code, Diagnostic, Severity};

/// All compiled actions of one moment.
#[derive(Debug, Default)]
pub struct Catalog {
    revision: u64,
    /// The same as text, which every call carries.
    shared_revision: Arc<str>,
    units: BTreeMap<String, Arc<Unit>>,
    routes: HashMap<Arc<str>, Arc<Action>>,
}

/// One service directory.
#[derive(Clone, Debug)]
pub struct Unit {
    name: String,
    state: UnitState,
    diagnostics: Vec<Diagnostic>,
    served: Vec<Arc<Action>>,
    verify: Option<Arc<Action>>,
    service: Option<Built<Service>>,
    actions: BTreeMap<String, Built<Action>>,
    problems: Vec<Diagnostic>,
}

/// How a service directory is served.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum UnitState {
    /// As its files say.
    Live,
    /// As its files said before they had errors.
    LastGood,
    /// Not at all: it has errors and never was without.
    Broken,
}

/// What a file compiled to.
#[derive(Debug)]
struct Built<T> {
    digest: Digest,
    value: Option<Arc<T>>,
    diagnostics: Vec<Diagnostic>,
}

impl<T> Clone for Built<T> {
    fn clone(&self) -> Self {
        Self { digest: self.digest, value: self.value.clone(), diagnostics: self.diagnostics.clone() }
    }
}

impl UnitState {
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

impl Unit {
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
    pub fn state(&self) -> UnitState {
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
    pub fn units(&self) -> impl Iterator<Item = &Arc<Unit>> {
        self.units.values()
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
        self.units.values().flat_map(|unit| unit.diagnostics.iter().cloned()).collect()
    }

    /// Whether any file has an error.
    #[must_use]
    pub fn has_errors(&self) -> bool {
        self.units.values().any(|unit| unit.errors() > 0)
    }
}

/// Builds the catalog of `files` whole, on top of the one before.
#[must_use]
pub fn build(files: &Files, operator: &Operator, previous: Option<&Catalog>) -> Catalog {
    let begun: Vec<(&String, &UnitFiles)> = files.units.iter().collect();
    let begun = parallel::each(&begun, |(name, files)| {
        let before = previous.and_then(|catalog| catalog.units.get(*name)).map(AsRef::as_ref);
        Begun::new(name, files, operator, before)
    });
    let asked: Vec<(&Begun<'_>, &String, &File)> = begun.iter().flat_map(Begun::to_compile).collect();
    let built = parallel::each(&asked, |(unit, stem, file)| unit.compile(stem, file, operator));
    let mut built = built.into_iter();
    let mut units: BTreeMap<String, Arc<Unit>> =
        begun.iter().map(|unit| (unit.name.to_owned(), unit.finish(&mut built, previous))).collect();
    settle_routes(&mut units, previous);
    let routes = units
        .values()
        .flat_map(|unit| unit.served.iter().chain(&unit.verify))
        .map(|action| (Arc::clone(action.shared_route()), Arc::clone(action)))
        .collect();
    let revision = previous.map_or(1, |catalog| catalog.revision + 1);
    Catalog { revision, shared_revision: revision.to_string().into(), units, routes }
}

/// A directory of which the service is compiled, and the actions are not yet.
struct Begun<'f> {
    name: &'f str,
    files: &'f UnitFiles,
    before: Option<&'f Unit>,
    service: Option<Built<Service>>,
    /// Whether the service is what it was, so that actions that did not change are what they were.
    same_service: bool,
}

impl<'f> Begun<'f> {
    fn new(name: &'f str, files: &'f UnitFiles, operator: &Operator, before: Option<&'f Unit>) -> Self {
        let service = build_service(name, &files.service, operator, before);
        let digest = |service: Option<&Built<Service>>| service.map(|service| service.digest);
        let same_service = before.is_some_and(|unit| digest(unit.service.as_ref()) == digest(service.as_ref()));
        Self { name, files, before, service, same_service }
    }

    fn known(&self, stem: &str, file: &File) -> Option<&'f Built<Action>> {
        let known = self.before.filter(|_| self.same_service)?.actions.get(stem)?;
        (known.digest == file.digest).then_some(known)
    }

    /// The files that are not known, in their order.
    fn to_compile(&self) -> impl Iterator<Item = (&Self, &'f String, &'f File)> {
        let unknown = self.files.actions.iter().filter(|(stem, file)| self.known(stem, file).is_none());
        unknown.map(move |(stem, file)| (self, stem, file))
    }

    fn compile(&self, stem: &str, file: &File, operator: &Operator) -> Built<Action> {
        let service = match &self.service {
            None => ServiceState::None,
            Some(Built { value: None, .. }) => ServiceState::Broken,
            Some(Built { value: Some(service), .. }) => ServiceState::Ready(service),
        };
        build_action(self.name, stem, file, service, operator)
    }

    /// Whether nothing of it differs from what is served.
    fn is_known(&self) -> bool {
        self.before.is_some_and(|before| {
            before.state == UnitState::Live
                && self.same_service
                && self.files.problems == before.problems
                && self.files.actions.len() == before.actions.len()
        }) && self.to_compile().next().is_none()
    }

    /// The directory, with what became of the files that are not known, in their order.
    fn finish(&self, compiled: &mut impl Iterator<Item = Built<Action>>, previous: Option<&Catalog>) -> Arc<Unit> {
        if let Some(known) = previous.and_then(|catalog| catalog.units.get(self.name)).filter(|_| self.is_known()) {
            return Arc::clone(known);
        }
        let mut actions = BTreeMap::new();
        for (stem, file) in &self.files.actions {
            if let Some(built) = self.known(stem, file).cloned().or_else(|| compiled.next()) {
                actions.insert(stem.clone(), built);
            }
        }
        let service = self.service.clone();
        let mut unit = Unit {
            name: self.name.to_owned(),
            state: UnitState::Live,
            diagnostics: Vec::new(),
            served: actions.values().filter_map(|built| built.value.clone()).collect(),
            verify: service.as_ref().and_then(|built| built.value.as_ref()?.verify.clone()),
            service,
            actions,
            problems: self.files.problems.clone(),
        };
        unit.gather();
        if unit.errors() > 0 {
            unit.fall_back(self.before);
        }
        Arc::new(unit)
    }
}

fn build_service(name: &str, file: &ServiceFile, operator: &Operator, before: Option<&Unit>) -> Option<Built<Service>> {
    let file = match file {
        ServiceFile::None => return None,
        // Present but broken, so that its actions are not blamed for lacking what it says. No text has this digest.
        ServiceFile::Unreadable => {
            return Some(Built { digest: Digest::default(), value: None, diagnostics: Vec::new() });
        }
        ServiceFile::Read(file) => file,
    };
    let known = before.and_then(|unit| unit.service.as_ref()).filter(|built| built.digest == file.digest);
    Some(known.cloned().unwrap_or_else(|| {
        let (value, diagnostics) = compile_service(&file.source, name, operator);
        Built { digest: file.digest, value: value.map(Arc::new), diagnostics }
    }))
}

fn build_action(unit: &str, stem: &str, file: &File, service: ServiceState<'_>, operator: &Operator) -> Built<Action> {
    let default_route = if unit.is_empty() { format!("/{stem}") } else { format!("/{unit}/{stem}") };
    let (value, diagnostics) =
        compile_action(&file.source, Place { service, directory: unit, default_route: &default_route }, operator);
    Built { digest: file.digest, value: value.map(Arc::new), diagnostics }
}

impl Unit {
    fn gather(&mut self) {
        let service = self.service.iter().flat_map(|built| built.diagnostics.iter());
        let actions = self.actions.values().flat_map(|built| built.diagnostics.iter());
        self.diagnostics = self.problems.iter().chain(service).chain(actions).cloned().collect();
    }

    /// Serves what was served before.
    fn fall_back(&mut self, before: Option<&Unit>) {
        self.served = before.map(|unit| unit.served.clone()).unwrap_or_default();
        self.verify = before.and_then(|unit| unit.verify.clone());
        self.state = if before.is_some_and(|unit| unit.state != UnitState::Broken) {
            UnitState::LastGood
        } else {
            UnitState::Broken
        };
    }
}

/// Two actions with one route: who served it before keeps it; at the first load nobody gets it.
fn settle_routes(units: &mut BTreeMap<String, Arc<Unit>>, previous: Option<&Catalog>) {
    // Falling back can bring another conflict to light, but each round takes at least one unit out.
    for _ in 0..=units.len() {
        let conflicts = conflicts(units, previous);
        if conflicts.is_empty() {
            return;
        }
        for (name, problems) in conflicts {
            let before = previous.and_then(|catalog| catalog.units.get(&name)).map(AsRef::as_ref);
            if let Some(unit) = units.get_mut(&name).map(Arc::make_mut) {
                let known = unit.state != UnitState::Live;
                unit.diagnostics.extend(problems);
                if known {
                    unit.served.clear();
                    unit.verify = None;
                    unit.state = UnitState::Broken;
                } else {
                    unit.fall_back(before);
                }
            }
        }
    }
}

fn conflicts(units: &BTreeMap<String, Arc<Unit>>, previous: Option<&Catalog>) -> BTreeMap<String, Vec<Diagnostic>> {
    let mut seen = HashSet::new();
    if units.values().flat_map(|unit| &unit.served).all(|action| seen.insert(action.route())) {
        return BTreeMap::new();
    }
    let mut takers: BTreeMap<&str, Vec<(&str, &Arc<Action>)>> = BTreeMap::new();
    for (name, unit) in units {
        for action in &unit.served {
            takers.entry(action.route()).or_default().push((name, action));
        }
    }
    let mut found: BTreeMap<String, Vec<Diagnostic>> = BTreeMap::new();
    for (route, takers) in takers.iter().filter(|(_, takers)| takers.len() > 1) {
        let kept = keeper(route, takers, previous);
        for (index, (unit, action)) in takers.iter().enumerate().filter(|(index, _)| Some(*index) != kept) {
            let other = takers.iter().enumerate().find(|(other, _)| *other != index).map(|(_, (_, action))| action);
            let other = other.map(|action| {
                format!("{}:{}", action.source().name(), action.source().line_column(action.route_span().start).0)
            });
            found.entry((*unit).to_owned()).or_default().push(Diagnostic {
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
    let served = |unit: &str| {
        previous.units.get(unit).is_some_and(|unit| unit.served.iter().any(|action| action.route() == route))
    };
    let same_file = takers.iter().position(|(_, action)| action.source().name() == owner);
    same_file.or_else(|| takers.iter().position(|(unit, _)| served(unit)))
}
