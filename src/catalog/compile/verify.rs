//! `verify:` → an action of its own, whose response is what the caller keeps.

use std::sync::Arc;

use super::compiler::Compiler;
use super::rule::RerunTargets;
use super::shared::Shared;
use super::shared_document::SharedDocument;
use crate::catalog::{Act, Action, Capture, Input, Purpose, Step, TestCase};
use crate::diagnostic::{Code, Source, Span};
use crate::document::{Keyed, VerifyDocument};
use crate::keyword::Placeholders;

/// The pieces of a check.
pub(super) struct VerifyParts {
    step: Step,
    returned: Vec<Capture>,
    tests: Vec<TestCase>,
}

impl Compiler<'_> {
    pub(super) fn verify(&mut self, document: &VerifyDocument, shared: &Shared) -> Option<VerifyParts> {
        let own = SharedDocument {
            success: document.success.as_ref(),
            errors: document.errors.as_deref(),
            ..SharedDocument::default()
        };
        let merged = shared.merged(&self.shared(&own, RerunTargets::None));
        let exchange = self.exchange(&document.request, &merged, None);
        let returned = self.captures(document.returned.as_ref());
        for (name, _) in document.returned.iter().flat_map(Keyed::iter) {
            if self.environment.input.auth.iter().any(|field| field.name() == name.value) {
                self.problems
                    .add(
                        Code::ShadowedName,
                        name.span,
                        format!(
                            "`{0}` is a field of `auth` already: the caller would send it back in place of its own.",
                            name.value
                        ),
                    )
                    .help("choose another name");
            }
        }
        let tests = self.tests(document.tests.as_deref().unwrap_or_default());
        let exchange = exchange?;
        self.check_reachable(document.errors.as_deref(), &exchange.success);
        let step = Step {
            id: "verify".into(),
            span: document.span,
            when: None,
            for_each: None,
            act: Act::Exchange(Box::new(exchange)),
        };
        Some(VerifyParts { step, returned, tests })
    }
}

/// The check as an action of a service, served at `/SERVICE/_verify`.
pub(super) fn action_of(
    parts: VerifyParts,
    (name, title): (&str, &str),
    input: &Input,
    source: &Arc<Source>,
) -> Action {
    Action {
        route: format!("/{name}/_verify").into(),
        service_name: name.into(),
        route_span: Span::default(),
        title: format!("{title}: check of credentials"),
        description: None,
        service_title: title.to_owned(),
        input: Input { auth: input.auth.clone(), ..Input::default() },
        placeholders: Placeholders::Absent,
        purpose: Purpose::Verify(parts.returned),
        idempotency: None,
        set: Vec::new(),
        steps: vec![parts.step],
        response: Vec::new(),
        // The caller's authorization validator tells good from bad credentials by it.
        reply_401: true,
        tests: parts.tests,
        source: Arc::clone(source),
    }
}
