//! `response:`: the five fields, in an order in which each comes after those it refers to.

use super::compiler::{Compiler, Position};
use super::condition::Answer;
use crate::catalog::{Act, Alternative, Capture, CaptureSource, ResponseField, ResponseKey, ResponseSource, Step};
use crate::diagnostic::Code;
use crate::document::{ActionDocument, CaptureDocument, Keyed, Kind, StepDocument, Text};
use crate::keyword::As;
use crate::template::Template;

impl Compiler<'_> {
    pub(super) fn response(&mut self, document: &ActionDocument, steps: &[Step]) -> Vec<ResponseField> {
        let answer = answer_of(document);
        let mut fields = Vec::new();
        for (name, written) in document.response.iter().flat_map(Keyed::iter) {
            let Some(kind) = ResponseKey::ALL.into_iter().find(|key| key.as_str() == name.value) else {
                let names = ResponseKey::ALL.map(ResponseKey::as_str);
                let help = crate::suggest::did_you_mean(&name.value, names)
                    .unwrap_or_else(|| format!("the fields are {}", names.join(", ")));
                self.problems
                    .add(Code::UnknownKey, name.span, format!("`{}` is not a field of the response.", name.value))
                    .help(help);
                continue;
            };
            let source = self.response_source(kind, written, answer);
            fields.extend(source.map(|source| ResponseField { kind, source }));
        }
        self.warn_of_unrequired_id(document, steps);
        self.ordered(fields, document)
    }

    fn response_source(
        &mut self,
        kind: ResponseKey,
        written: &CaptureDocument,
        answer: Answer,
    ) -> Option<ResponseSource> {
        if let (ResponseKey::ContactExternalUrl, Some(text)) = (kind, template_text(written)) {
            return self.link(text).map(ResponseSource::Url);
        }
        let capture = self.capture(kind.as_str(), written, As::String, Position::Response, answer)?;
        if capture.convert != As::String
            && let CaptureDocument::Rule(rule) = written
        {
            let span = rule.convert.map_or(rule.span, |convert| convert.span);
            self.problems
                .add(Code::ConflictingKeys, span, "Every field of the response is text.")
                .help("remove `as`; numbers keep their exact digits");
            return None;
        }
        Some(ResponseSource::Capture(capture))
    }

    /// A failed look-up of the id would tell the caller of a success that nobody can find again.
    fn warn_of_unrequired_id(&mut self, document: &ActionDocument, steps: &[Step]) {
        let creates = steps.iter().any(|step| match &step.act {
            Act::Exchange(exchange) => exchange.request.method == http::Method::POST && !exchange.request.replayable,
            _ => false,
        });
        let Some(response) = &document.response else { return };
        let ids = ["external_id", "contact_external_id"];
        let id = response.iter().find(|(name, _)| ids.contains(&name.value.as_str()));
        let Some((name, written)) = id.filter(|_| creates) else { return };
        let paths_only = match written {
            CaptureDocument::Short(node) => matches!(&node.kind, Kind::Text(text) if text.value.starts_with('$')),
            CaptureDocument::Alternatives(texts, _) => texts.iter().all(|text| text.value.starts_with('$')),
            CaptureDocument::Rule(_) => false,
        };
        let required = response.iter().any(|(other, written)| {
            ids.contains(&other.value.as_str())
                && matches!(written, CaptureDocument::Rule(rule) if rule.required.is_some_and(|required| required.value))
        });
        if paths_only && !required {
            self.problems
                .add(
                    Code::UnrequiredId,
                    name.span,
                    "The action creates something, but an answer without an id counts as a success.",
                )
                .help(format!("write `{}: {{ path: …, required: true }}`", name.value));
        }
    }

    fn ordered(&mut self, mut fields: Vec<ResponseField>, document: &ActionDocument) -> Vec<ResponseField> {
        let mut ordered: Vec<ResponseField> = Vec::new();
        while !fields.is_empty() {
            let ready = fields.iter().position(|field| {
                needs(field).iter().all(|needed| !fields.iter().any(|other| other.kind.as_str() == needed))
            });
            let Some(ready) = ready else {
                let names = circle(&fields);
                let span = document
                    .response
                    .iter()
                    .flat_map(Keyed::iter)
                    .find(|(name, _)| names.contains(&name.value.as_str()))
                    .map(|(name, _)| name.span)
                    .unwrap_or_default();
                self.problems
                    .add(
                        Code::ResponseCycle,
                        span,
                        format!("These fields refer to one another in a circle: {}.", names.join(", ")),
                    )
                    .help("let one of them take its value from the answer or from `vars`");
                return ordered;
            };
            ordered.push(fields.remove(ready));
        }
        ordered
    }
}

/// A path in the response needs one certain answer: that of a last step that always runs, once.
///
/// Reads the document, since a step that could not be compiled says nothing of the response.
fn answer_of(document: &ActionDocument) -> Answer {
    match document.steps.as_ref().map(|steps| steps.last()) {
        None => Answer::AtHand,
        Some(Some(StepDocument { when: None, for_each: None, request: Some(_), .. })) => Answer::AtHand,
        Some(_) => Answer::None,
    }
}

/// The text of a link that is a template; a path or a rule is mapped like any other field.
fn template_text(written: &CaptureDocument) -> Option<&Text> {
    match written {
        CaptureDocument::Short(node) => match &node.kind {
            Kind::Text(text) if text.value.contains("://") && !text.value.starts_with('$') => Some(text),
            // `{{auth.url}}/users/7`; an expression alone is mapped like any other field.
            Kind::Text(text) if text.value.starts_with("{{") && !text.value.ends_with("}}") => Some(text),
            Kind::Text(text) if text.value.starts_with("{{") && text.value.contains("}}/") => Some(text),
            _ => None,
        },
        _ => None,
    }
}

/// Of fields that all wait for others, those that others wait for too.
fn circle(fields: &[ResponseField]) -> Vec<&'static str> {
    let mut names: Vec<&'static str> = fields.iter().map(|field| field.kind.as_str()).collect();
    loop {
        let waited_for = |name: &&str| {
            fields
                .iter()
                .any(|field| names.contains(&field.kind.as_str()) && needs(field).iter().any(|needed| needed == name))
        };
        let fewer: Vec<&'static str> = names.iter().copied().filter(waited_for).collect();
        if fewer.len() == names.len() {
            return names;
        }
        names = fewer;
    }
}

/// The response fields that a field refers to.
fn needs(field: &ResponseField) -> Vec<String> {
    let mut templates: Vec<&Template> = Vec::new();
    match &field.source {
        ResponseSource::Url(plan) => {
            templates.push(&plan.path);
            match &plan.base {
                crate::catalog::UrlBase::Parts { authority, path, .. } => templates.extend([authority, path]),
                crate::catalog::UrlBase::Whole(whole) => templates.push(whole),
            }
        }
        ResponseSource::Capture(Capture { source: CaptureSource::Alternatives(alternatives), .. }) => {
            templates.extend(alternatives.iter().filter_map(|alternative| match alternative {
                Alternative::Template(template) => Some(template),
                Alternative::Path(_) => None,
            }));
        }
        ResponseSource::Capture(_) => {}
    }
    let references = templates.into_iter().flat_map(Template::references);
    let named = references.filter(|reference| reference.path.first().is_some_and(|root| root == "response"));
    named.filter_map(|reference| reference.path.get(1).cloned()).collect()
}
