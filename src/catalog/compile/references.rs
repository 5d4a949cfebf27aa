//! Every reference is checked when the file is loaded: root, field, capture.

use std::collections::BTreeSet;
use std::ops::Range;
use std::sync::Arc;

use super::compiler::{Compiler, Position};
use super::environment::Use;
use crate::catalog::{FieldRule, ResponseKey};
use crate::diagnostic::{Code, Span};
use crate::document::Text;
use crate::keyword::FieldType;
use crate::suggest::did_you_mean;
use crate::template::{Reference, Template};

/// Names with a meaning of their own; nothing may hide them.
pub(super) const ROOTS: [&str; 12] = [
    "auth",
    "data",
    "meta",
    "secrets",
    "vars",
    "token",
    "response",
    "detail",
    "status",
    "idempotency_key",
    "this",
    "root",
];

impl Compiler<'_> {
    /// The roots a position has, locals included.
    pub(super) fn roots(&self, position: Position) -> Vec<&str> {
        let mut roots = vec!["auth", "data", "meta", "secrets"];
        match position {
            Position::Base => {}
            Position::Address => roots.extend(self.token_root()),
            Position::Request => {
                roots.push("vars");
                roots.extend(self.token_root());
                roots.extend(Some("idempotency_key").filter(|_| self.environment.idempotency));
            }
            Position::Response => {
                roots.extend(["vars", "response"]);
                roots.extend(self.token_root());
            }
            Position::Message => roots.extend(["vars", "detail", "status"]),
        }
        roots.extend(self.locals.iter().map(String::as_str));
        roots
    }

    fn token_root(&self) -> Option<&'static str> {
        Some("token").filter(|_| !self.environment.exports.is_empty())
    }

    pub(super) fn check_references(&mut self, text: &Text, start: usize, template: &Template, position: Position) {
        for reference in template.references() {
            let at = reference.at.start + start..reference.at.end + start;
            self.check_reference(text, at, &reference, position);
        }
    }

    pub(super) fn check_references_shifted(&mut self, text: &Text, template: &Template, position: Position) {
        for reference in template.references() {
            let at = reference.at.start.saturating_sub(2)..reference.at.end.saturating_sub(2);
            self.check_reference(text, at, &reference, position);
        }
    }

    fn check_reference(&mut self, text: &Text, at: Range<usize>, reference: &Reference, position: Position) {
        let source = Arc::clone(self.problems.source());
        let span = text.span_of(&source, at);
        let Some(root) = reference.path.first().map(String::as_str) else { return };
        let roots = self.roots(position);
        if !roots.contains(&root) {
            let known = ROOTS.contains(&root);
            let near = self.rooted(root, reference, &roots).or_else(|| did_you_mean(root, roots.iter().copied()));
            let help = near.unwrap_or_else(|| format!("what can be used here: {}", roots.join(", ")));
            let message = if known {
                format!("`{root}` cannot be used here.")
            } else {
                format!("`{root}` is not something a template can use here.")
            };
            self.problems.add(Code::UnknownRoot, span, message).help(help);
            return;
        }
        match root {
            "auth" | "data" | "meta" => self.check_field(root, reference, span),
            "secrets" => {
                if let Some(secrets) = &self.environment.secrets {
                    self.check_named(root, reference, span, secrets);
                }
            }
            "vars" => self.check_named(root, reference, span, &self.environment.vars),
            "response" => self.check_response(reference, span),
            "token" => self.check_token(reference, span, position),
            _ => {}
        }
        if let Some(name) = reference.path.get(1)
            && matches!(root, "auth" | "data" | "meta" | "vars" | "response")
        {
            let (root, name) = (root.to_owned(), name.clone());
            self.uses.push(Use { root, name, span, step: self.step, required: false });
        }
    }

    /// `subject` where `data.subject` was meant.
    fn rooted(&self, name: &str, reference: &Reference, roots: &[&str]) -> Option<String> {
        if ROOTS.contains(&name) {
            return None;
        }
        let declared = ["data", "auth", "meta"].into_iter().find(|root| {
            self.environment.fields(root).is_some_and(|fields| fields.iter().any(|field| field.name() == name))
        });
        let captured = Some("vars").filter(|root| roots.contains(root) && self.environment.vars.contains(name));
        declared.or(captured).map(|root| format!("did you mean `{root}.{}`?", reference.path.join(".")))
    }

    fn check_field(&mut self, root: &str, reference: &Reference, span: Span) {
        let environment = self.environment;
        let fields = environment.fields(root).unwrap_or_default();
        let Some(name) = reference.path.get(1) else {
            if root == "auth" {
                self.problems
                    .add(Code::UnknownField, span, "`auth` holds credentials and cannot be used whole.")
                    .help("name one of its fields, for example `auth.token`");
            } else {
                self.use_all(root, fields, span);
            }
            return;
        };
        let Some(field) = fields.iter().find(|field| field.name() == name) else {
            if environment.is_incomplete(root) {
                return;
            }
            let near = did_you_mean(name, fields.iter().map(|field| field.name()));
            let help = near.unwrap_or_else(|| format!("declare it: `input: {{ {root}: {{ {name}: {{}} }} }}`"));
            self.problems
                .add(Code::UnknownField, span, format!("`{root}.{name}` is not declared in `input.{root}`."))
                .help(help);
            return;
        };
        let holds_more = matches!(field.field_type(), FieldType::Object | FieldType::List | FieldType::Any);
        if let (Some(deeper), false) = (reference.path.get(2), holds_more) {
            self.problems
                .add(
                    Code::UnknownField,
                    span,
                    format!("`{root}.{name}` is declared as a single value, so it has no `{deeper}`."),
                )
                .help(format!("declare `{name}` with `type: object` if it holds fields"));
        }
    }

    /// `{{data}}` uses every field.
    fn use_all(&mut self, root: &str, fields: &[Arc<FieldRule>], span: Span) {
        for field in fields {
            let (root, name) = (root.to_owned(), field.name().to_owned());
            self.uses.push(Use { root, name, span, step: self.step, required: false });
        }
    }

    fn check_named(&mut self, root: &str, reference: &Reference, span: Span, names: &BTreeSet<String>) {
        let Some(name) = reference.path.get(1) else {
            self.problems
                .add(Code::UnknownField, span, format!("`{root}` cannot be used whole."))
                .help(format!("name one of its fields: `{root}.…`"));
            return;
        };
        if names.contains(name) || self.environment.is_incomplete(root) {
            return;
        }
        let near = did_you_mean(name, names.iter().map(String::as_str));
        let (message, help) = if root == "secrets" {
            (
                format!("The operator has configured no secret named `{name}`."),
                near.unwrap_or_else(|| {
                    format!("start with `--secret {name}=env:VARIABLE` or `--secret {name}=file:PATH`")
                }),
            )
        } else {
            let help = near.unwrap_or_else(|| match names.is_empty() {
                true => "no step captures or sets anything".to_owned(),
                false => format!("captured are: {}", names.iter().cloned().collect::<Vec<_>>().join(", ")),
            });
            (format!("No step captures or sets `vars.{name}`."), help)
        };
        self.problems.add(Code::UnknownField, span, message).help(help);
    }

    /// `token.value` only where it is applied; secret exports never in the response.
    fn check_token(&mut self, reference: &Reference, span: Span, position: Position) {
        let applied = self.locals.iter().any(|local| local == "token");
        let environment = self.environment;
        let mut names: Vec<&str> = environment
            .exports
            .iter()
            .filter(|(_, secret)| position != Position::Response || !**secret)
            .map(|(name, _)| name.as_str())
            .collect();
        names.extend(Some("value").filter(|_| applied));
        let name = reference.path.get(1).map(String::as_str).unwrap_or_default();
        if names.contains(&name) {
            return;
        }
        let (message, help) = if name == "value" {
            (
                "`token.value` can be used under `apply` only.".to_owned(),
                "export another value for this place".to_owned(),
            )
        } else if environment.exports.contains_key(name) {
            (
                format!("`token.{name}` is a secret, so the response cannot hold it."),
                format!("say `secret: false` under `token.export.{name}` if it is none"),
            )
        } else {
            let help = did_you_mean(name, names.iter().copied())
                .unwrap_or_else(|| format!("exported are: {}", names.join(", ")));
            (format!("The token exports no `{name}`."), help)
        };
        self.problems.add(Code::UnknownField, span, message).help(help);
    }

    fn check_response(&mut self, reference: &Reference, span: Span) {
        let names = ResponseKey::ALL.map(ResponseKey::as_str);
        match reference.path.get(1) {
            Some(name) if names.contains(&name.as_str()) => {}
            Some(name) => {
                let help = did_you_mean(name, names).unwrap_or_else(|| format!("the fields are {}", names.join(", ")));
                self.problems.add(Code::UnknownField, span, format!("The response has no field `{name}`.")).help(help);
            }
            None => {
                self.problems
                    .add(Code::UnknownField, span, "`response` cannot be used whole.")
                    .help("name one of its fields, for example `response.external_id`");
            }
        }
    }

    /// Records a name of the author's choice, unless it hides something.
    pub(super) fn check_name(&mut self, text: &Text, what: &str) -> bool {
        let name = text.value.as_str();
        let plain = !name.is_empty()
            && name.chars().all(|character| character.is_ascii_alphanumeric() || character == '_')
            && !name.starts_with(|character: char| character.is_ascii_digit());
        if !plain {
            self.problems
                .add(Code::InvalidValue, text.span, format!("`{name}` is not a name for {what}."))
                .help("use letters, digits and `_`, not beginning with a digit");
            return false;
        }
        true
    }

    /// Like [`Self::check_name`], for a name that templates use without a root before it.
    pub(super) fn check_local(&mut self, text: &Text, what: &str) -> bool {
        if !self.check_name(text, what) {
            return false;
        }
        let name = text.value.as_str();
        let hidden = ROOTS.contains(&name) || self.locals.iter().any(|local| local == name);
        let helper = crate::template::helpers().iter().any(|helper| helper.name == name);
        if hidden || helper {
            self.problems
                .add(
                    Code::ShadowedName,
                    text.span,
                    format!("`{name}` has a meaning already, so it cannot name {what}."),
                )
                .help("choose another name");
        }
        !hidden && !helper
    }
}
