//! `service.yaml` → what its actions take over.

use std::sync::Arc;

use super::compiler::Compiler;
use super::environment::{Environment, Gaps, ServiceGap};
use super::input::compile_input;
use super::names::exports_of;
use super::rule::RerunTargets;
use super::shared_document::SharedDocument;
use super::verify::action_of;
use crate::catalog::{Operator, Service};
use crate::diagnostic::{Diagnostic, Source};
use crate::document::{ServiceDocument, read_service};
use crate::keyword::Placeholders;

/// Compiles a `service.yaml`. `name` is the directory's, the title unless the file gives one.
///
/// The service is `None` if any problem is an error; warnings alone do not stop it.
#[must_use]
pub fn compile_service(source: &Arc<Source>, name: &str, operator: &Operator) -> (Option<Service>, Vec<Diagnostic>) {
    let (document, mut problems) = read_service(Arc::clone(source));
    let Some(document) = document else { return (None, problems.finish()) };
    let input = compile_input(document.input.as_ref(), None, &mut problems);
    let environment = Environment {
        input,
        secrets: operator.secret_names(),
        identities: operator.identities.clone(),
        vars: std::collections::BTreeSet::new(),
        exports: exports_of(document.authentication.as_ref()),
        // Absent, and so left out, in actions without it.
        idempotency: true,
        gaps: Gaps::of(&problems, ServiceGap::None),
    };
    let mut compiler = Compiler::new(&mut problems, &environment);
    compiler.owner = format!("/{name}");
    let shared_document = shared_of(&document);
    let shared = compiler.shared(&shared_document, RerunTargets::None);
    if let Some(success) = &shared.success {
        compiler.check_reachable(document.errors.as_deref(), success);
    }
    let parts = document.verify.as_ref().and_then(|verify| compiler.verify(verify, &shared));
    let used_auth = compiler.uses.iter().filter(|seen| seen.root == "auth").map(|seen| seen.name.clone()).collect();
    let broken = problems.has_errors();
    let title = document.title.as_ref().map_or_else(|| name.to_owned(), |title| title.value.clone());
    let verify = parts.map(|parts| Arc::new(action_of(parts, (name, &title), &environment.input, source)));
    let service = Service {
        title,
        description: document.description.as_ref().map(|description| description.value.clone()),
        input: environment.input,
        used_auth,
        shared,
        verify,
        placeholders: document.placeholders.map_or(Placeholders::Absent, |placeholders| placeholders.value),
        reply_401: document.reply_401_on_auth_failure.is_some_and(|reply| reply.value),
    };
    ((!broken).then_some(service), problems.finish())
}

fn shared_of(document: &ServiceDocument) -> SharedDocument<'_> {
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
