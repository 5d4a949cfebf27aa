//! An action file → something that can run.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;
use std::time::Duration;

use super::compiler::{Compiler, Position};
use super::environment::{Environment, Gaps, ServiceGap, Use};
use super::flow::check_flow;
use super::input::compile_input;
use super::names::{accepted, exports_of, names_of_steps};
use super::rule::RerunTargets;
use super::shared::Shared;
use super::shared_document::SharedDocument;
use crate::catalog::{Act, Action, Idempotency, Operator, Purpose, Service, Step};
use crate::diagnostic::{Code, Diagnostic, Problems, Source, Span};
use crate::document::{ActionDocument, IdempotencyDocument, Keyed, StepDocument, read_action};
use crate::keyword::Placeholders;
use crate::route::Route;

/// How long a success is remembered unless the file says otherwise, and the longest it may say.
const REMEMBERED: Duration = Duration::from_secs(24 * 60 * 60);
const LONGEST_REMEMBERED: Duration = Duration::from_secs(30 * 24 * 60 * 60);

/// What is known of an action's directory.
#[derive(Clone, Copy, Debug)]
pub enum ServiceState<'a> {
    /// It has no `service.yaml`: the action carries everything itself.
    None,
    /// Its `service.yaml` has errors: what depends on it cannot be judged.
    Broken,
    /// It is compiled.
    Ready(&'a Service),
}

/// Where an action stands.
#[derive(Clone, Copy, Debug)]
pub struct Place<'a> {
    /// Its directory's service.
    pub service: ServiceState<'a>,
    /// The name of its directory; empty for none.
    pub directory: &'a str,
    /// The route that its file path gives.
    pub default_route: &'a str,
}

/// Compiles an action file.
///
/// The action is `None` if any problem is an error, or its service is broken; warnings alone do not stop it.
#[must_use]
pub fn compile_action(
    source: &Arc<Source>,
    place: Place<'_>,
    operator: &Operator,
) -> (Option<Action>, Vec<Diagnostic>) {
    let (document, mut problems) = read_action(Arc::clone(source));
    let Some(document) = document else { return (None, problems.finish()) };
    let service = match place.service {
        ServiceState::Ready(service) => Some(service),
        ServiceState::None | ServiceState::Broken => None,
    };
    let input = compile_input(document.input.as_ref(), service.map(Service::input), &mut problems);
    let service_gap = match place.service {
        ServiceState::Broken => ServiceGap::Broken,
        ServiceState::None | ServiceState::Ready(_) => ServiceGap::None,
    };
    let environment = Environment {
        input,
        secrets: operator.secret_names(),
        identities: operator.identities.clone(),
        vars: variables(&document),
        exports: exports(&document, service),
        idempotency: document.idempotency.is_some(),
        gaps: Gaps::of(&problems, service_gap),
    };
    let (route, route_span) = route(&document, place.default_route, &mut problems);
    let mut compiler = Compiler::new(&mut problems, &environment);
    compiler.owner.clone_from(&route);
    compiler.inherited = service.map(|service| service.shared.clone()).unwrap_or_default();
    let mut parts = Parts::compile(&document, compiler);
    if !problems.has_errors() {
        check_flow(&parts.set, &parts.steps, &parts.uses, &environment, &mut problems);
        warn_of_unused(&document, service, &parts.uses, &mut problems);
    }
    let broken = problems.has_errors() || matches!(place.service, ServiceState::Broken);
    // What grew as it was read is kept as long as it is served.
    parts.response.shrink_to_fit();
    parts.steps.shrink_to_fit();
    let action = Action {
        title: document.title.as_ref().map_or_else(|| route.clone(), |title| title.value.clone()),
        route: route.into(),
        service_name: place.directory.into(),
        route_span,
        description: document.description.as_ref().map(|description| description.value.clone()),
        service_title: service.map_or_else(|| "The service".to_owned(), |service| service.title().to_owned()),
        input: environment.input,
        placeholders: placeholders(&document, service),
        purpose: Purpose::Act,
        idempotency: parts.idempotency,
        set: parts.set,
        steps: parts.steps,
        response: parts.response,
        reply_401: document
            .reply_401_on_auth_failure
            .map_or(service.is_some_and(|service| service.reply_401), |reply| reply.value),
        tests: parts.tests,
        source: Arc::clone(source),
    };
    ((!broken).then_some(action), problems.finish())
}

/// What a compile of one action yields, before the checks over the whole.
struct Parts {
    idempotency: Option<Idempotency>,
    set: Vec<(String, crate::catalog::Structure)>,
    steps: Vec<Step>,
    response: Vec<crate::catalog::ResponseField>,
    tests: Vec<crate::catalog::TestCase>,
    uses: Vec<Use>,
}

impl Parts {
    fn compile(document: &ActionDocument, mut compiler: Compiler<'_>) -> Self {
        let idempotency = document.idempotency.as_ref().and_then(|document| compiler.idempotency(document));
        let set = compiler.set(document.set.as_ref());
        let inherited = compiler.inherited.clone();
        let mut steps = match (&document.request, &document.steps) {
            (Some(_), _) => compiler.simple_step(document, &inherited).into_iter().collect(),
            (None, Some(documents)) => compiler.all_steps(document, documents, &inherited),
            (None, None) => Vec::new(),
        };
        compiler.step = document.steps.as_ref().map_or(1, Vec::len) + 1;
        let response = compiler.response(document, &steps);
        for step in &mut steps {
            if let Act::Exchange(exchange) = &mut step.act {
                exchange.note_projection(&response);
            }
        }
        let tests = compiler.tests(document.tests.as_deref().unwrap_or_default());
        let uses = compiler.uses;
        Self { idempotency, set, steps, response, tests, uses }
    }
}

impl Compiler<'_> {
    fn idempotency(&mut self, document: &IdempotencyDocument) -> Option<Idempotency> {
        let key = self.template(&document.key, Position::Base)?;
        let life = document.ttl.and_then(|ttl| ttl.value).unwrap_or(REMEMBERED);
        if let Some(written) = document.ttl
            && (life < Duration::from_secs(1) || life > LONGEST_REMEMBERED)
        {
            self.problems
                .add(Code::InvalidValue, written.span, "A success is remembered between 1s and 30d.")
                .help("long enough for every repetition of the caller: `24h` is usual");
        }
        if key.constant().is_some() {
            self.problems
                .add(
                    Code::InvalidValue,
                    document.key.span,
                    "This key is the same for all calls: only the first would be carried out.",
                )
                .help("use what tells calls apart, for example `key: \"{{data.call_id}}\"`");
        }
        Some(Idempotency { key, life })
    }

    /// The only request of an action without `steps`, as a step of its own.
    fn simple_step(&mut self, document: &ActionDocument, inherited: &Shared) -> Option<Step> {
        let ids = ["request".to_owned()];
        let request = document.request.as_ref()?;
        self.step = 1;
        let own = self.shared(&shared_of(document), RerunTargets::Steps(&ids, 0));
        let shared = inherited.merged(&own);
        let exchange = self.exchange(request, &shared, document.capture.as_ref())?;
        self.check_reachable(document.errors.as_deref(), &exchange.success);
        Some(Step {
            id: "request".into(),
            span: request.span,
            when: None,
            for_each: None,
            act: Act::Exchange(Box::new(exchange)),
        })
    }

    fn all_steps(&mut self, document: &ActionDocument, steps: &[StepDocument], inherited: &Shared) -> Vec<Step> {
        let ids: Vec<String> = steps.iter().map(|step| step.id.value.clone()).collect();
        // What the action says of all steps may speak of any capture.
        self.step = ids.len() + 1;
        let own = self.shared(&shared_of(document), RerunTargets::None);
        let shared = inherited.merged(&own);
        if let Some((name, _)) = document.capture.as_ref().and_then(|capture| capture.entries.first()) {
            self.problems
                .add(
                    Code::ConflictingKeys,
                    name.span,
                    "With `steps`, captures belong to the step whose answer they are taken from.",
                )
                .help("move `capture` into the step");
        }
        // What a step says of authentication builds on the action's address and hosts.
        self.inherited.clone_from(&shared);
        self.steps(steps, &ids, &shared)
    }
}

fn shared_of(document: &ActionDocument) -> SharedDocument<'_> {
    SharedDocument {
        base_url: document.base_url.as_ref(),
        allowed_hosts: document.allowed_hosts.as_deref(),
        authentication: document.authentication.as_ref(),
        headers: document.headers.as_ref(),
        timeout: document.timeout.as_ref(),
        retry: document.retry.as_ref(),
        limits: document.limits.as_ref(),
        success: document.success.as_ref(),
        errors: document.errors.as_deref(),
    }
}

fn placeholders(document: &ActionDocument, service: Option<&Service>) -> Placeholders {
    let own = document.placeholders.map(|placeholders| placeholders.value);
    own.or(service.map(|service| service.placeholders)).unwrap_or_default()
}

fn route(document: &ActionDocument, default_route: &str, problems: &mut Problems) -> (String, Span) {
    let Some(text) = &document.route else { return (default_route.to_owned(), Span::default()) };
    match text.value.parse::<Route>() {
        Ok(route) => (route.to_string(), text.span),
        Err(error) => {
            problems
                .add(Code::BadRoute, text.span, format!("This route cannot be served: {error}."))
                .help("for example `/zendesk/create_ticket`");
            (default_route.to_owned(), text.span)
        }
    }
}

/// What tokens export, whoever fetches them.
fn exports(document: &ActionDocument, service: Option<&Service>) -> BTreeMap<String, bool> {
    let mut exports = exports_of(document.authentication.as_ref());
    for step in document.steps.iter().flatten() {
        exports.extend(exports_of(step.authentication.as_ref()));
    }
    if let (None, Some(service)) = (&document.authentication, service)
        && let Some(authentication) = &service.shared.authentication
    {
        exports.extend(authentication.exports().into_iter().map(|(name, secret)| (name.to_owned(), secret)));
    }
    exports
}

/// Every name that a step captures, collects or sets.
fn variables(document: &ActionDocument) -> BTreeSet<String> {
    let mut names = BTreeSet::new();
    let mut add = |keys: &mut dyn Iterator<Item = &String>| names.extend(keys.cloned());
    add(&mut document.set.iter().flat_map(Keyed::iter).map(|(name, _)| &name.value));
    add(&mut document.capture.iter().flat_map(Keyed::iter).map(|(name, _)| &name.value));
    add(&mut accepted(document.errors.as_deref()));
    names.extend(names_of_steps(document.steps.as_deref().unwrap_or_default()));
    names
}

/// Fields and captures that nothing uses are probably slips.
fn warn_of_unused(document: &ActionDocument, service: Option<&Service>, uses: &[Use], problems: &mut Problems) {
    let used = |root: &str, name: &str| uses.iter().any(|seen| seen.root == root && seen.name == name);
    let Some(input) = &document.input else { return warn_of_unused_captures(document, &used, problems) };
    let parts = [("auth", &input.auth), ("data", &input.data), ("meta", &input.meta)];
    for (root, fields) in parts {
        for (name, _) in fields.iter().flat_map(Keyed::iter) {
            let by_service = root == "auth" && service.is_some_and(|service| service.used_auth.contains(&name.value));
            if !used(root, &name.value) && !by_service {
                problems
                    .add(Code::UnusedInput, name.span, format!("Nothing uses `{root}.{}`.", name.value))
                    .help("remove it, or use it in the request");
            }
        }
    }
    warn_of_unused_captures(document, &used, problems);
}

fn warn_of_unused_captures(document: &ActionDocument, used: &dyn Fn(&str, &str) -> bool, problems: &mut Problems) {
    let own = document.capture.iter().flat_map(Keyed::iter);
    let steps = document.steps.iter().flatten();
    let of_steps = steps.flat_map(|step| step.capture.iter().chain(&step.collect)).flat_map(Keyed::iter);
    let captures = own.chain(of_steps).map(|(name, _)| name);
    let set = document.set.iter().chain(document.steps.iter().flatten().filter_map(|step| step.set.as_ref()));
    for name in captures.chain(set.flat_map(Keyed::iter).map(|(name, _)| name)) {
        if !used("vars", &name.value) {
            problems
                .add(Code::UnusedCapture, name.span, format!("Nothing uses `vars.{}`.", name.value))
                .help("remove it, or use it in a later step or the response");
        }
    }
}
