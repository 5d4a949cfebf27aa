//! `request:` together with what its service, action and step say of it.

use std::sync::Arc;

use http::Method;

use super::compiler::{Compiler, Position};
use super::shared::Shared;
use crate::catalog::{Authentication, BodyPlan, RequestPlan, Structure, UrlBase, UrlPlan};
use crate::diagnostic::Code;
use crate::document::{Keyed, RequestDocument};
use crate::keyword::{AnswerFormat, ListStyle, MapStyle};
use crate::template::Template;

/// Methods a definition may use (RFC 9110 §9, RFC 5789).
const METHODS: [&str; 6] = ["GET", "HEAD", "POST", "PUT", "PATCH", "DELETE"];

impl Compiler<'_> {
    pub(super) fn request(&mut self, document: &RequestDocument, shared: &Shared) -> Option<RequestPlan> {
        let method = self.method(document);
        let url = self.request_url(document, shared);
        let query = self.query(document.query.as_ref());
        let headers = self.headers(document.headers.as_ref(), Position::Request);
        let body = self.body(document);
        let (method, url, body) = (method?, url?, body?);
        self.check_body_method(document, &method, &body);
        let own = Shared { headers, ..self.timeouts(document) };
        let merged = shared.merged(&own);
        let style = document.style.unwrap_or_default();
        let read_only = document.read_only.is_some_and(|read_only| read_only.value);
        Some(RequestPlan {
            replayable: read_only || matches!(method, Method::GET | Method::HEAD | Method::PUT | Method::DELETE),
            read_only: read_only || matches!(method, Method::GET | Method::HEAD),
            idempotency_headers: merged
                .headers
                .iter()
                .filter(|(name, value)| name.as_str() == "idempotency-key" && is_templated(value) || holds_key(value))
                .map(|(name, _)| name.clone())
                .collect(),
            tells_calls_apart: merged.headers.iter().any(|(_, value)| holds_key(value)),
            limits: merged.limits(),
            method,
            url,
            allowed_hosts: merged.allowed_hosts.clone().unwrap_or_default(),
            query,
            style: (
                style.lists.map_or(ListStyle::Repeat, |lists| lists.value),
                style.maps.map_or(MapStyle::Brackets, |maps| maps.value),
            ),
            headers: merged.headers.iter().filter_map(|(name, value)| Some((name.clone(), value.clone()?))).collect(),
            body,
            authentication: merged.authentication.clone().unwrap_or_else(|| Arc::new(Authentication::None)),
            connect_timeout: merged.connect_timeout(),
            attempt_timeout: merged.attempt_timeout(),
            max_answer: merged.answer_limit(),
            retry: merged.retry_rule(),
            answer: document.answer.map_or(AnswerFormat::Auto, |answer| answer.value),
        })
    }

    fn timeouts(&mut self, document: &RequestDocument) -> Shared {
        let shared =
            super::shared_document::SharedDocument { timeout: document.timeout.as_ref(), ..Default::default() };
        self.shared(&shared, super::rule::RerunTargets::None)
    }

    fn method(&mut self, document: &RequestDocument) -> Option<Method> {
        let Some(text) = &document.method else { return Some(Method::POST) };
        let upper = text.value.to_ascii_uppercase();
        if !METHODS.contains(&upper.as_str()) {
            let help = crate::suggest::did_you_mean(&upper, METHODS)
                .unwrap_or_else(|| format!("one of {}", METHODS.join(", ")));
            self.problems
                .add(Code::InvalidValue, text.span, format!("`{}` is not a method that can be sent.", text.value))
                .help(help);
            return None;
        }
        Method::from_bytes(upper.as_bytes()).ok()
    }

    fn request_url(&mut self, document: &RequestDocument, shared: &Shared) -> Option<UrlPlan> {
        if let Some(text) = &document.url {
            let base = self.url_base(text, Position::Request)?;
            if let UrlBase::Parts { authority, path, .. } = &base {
                let (authority, path) = (authority.clone(), path.clone());
                self.require(text, text.value.find("://").map_or(0, |at| at + 3), &authority);
                self.require(text, text.value.find("://").map_or(0, |at| at + 3) + authority.text().len(), &path);
            }
            match &shared.allowed_hosts {
                Some(hosts) => self.check_allowed(text, &base, hosts),
                None => {
                    self.problems
                        .add(
                            Code::MissingAllowedHosts,
                            text.span,
                            "The service does not say which hosts requests may go to.",
                        )
                        .help("add `allowed_hosts` to the service");
                }
            }
            return Some(UrlPlan::new(base, Template::compile("").ok()?));
        }
        let path = match &document.path {
            Some(text) => self.request_path(text)?,
            None => Template::compile("").ok()?,
        };
        let Some(base) = shared.base.clone() else {
            if !self.environment.gaps.any && !self.environment.gaps.service {
                self.problems
                    .add(
                        Code::MissingKey,
                        document.span,
                        "The request has no address: there is neither a `base_url` nor a `url`.",
                    )
                    .help("add `base_url` to `service.yaml`, or to the action if it has no directory of its own");
            }
            return None;
        };
        Some(UrlPlan::new(base, path))
    }

    fn query(&mut self, document: Option<&Keyed<crate::document::Node>>) -> Vec<(String, Structure)> {
        let mut query = Vec::new();
        for (name, node) in document.map(Keyed::iter).into_iter().flatten() {
            if let Some(value) = self.structure(node, Position::Request) {
                query.push((name.value.clone(), value));
            }
        }
        query
    }

    /// A GET with a body is dropped or refused by much of the internet (RFC 9110 §9.3.1).
    fn check_body_method(&mut self, document: &RequestDocument, method: &Method, body: &BodyPlan) {
        if matches!(*method, Method::GET | Method::HEAD) && !matches!(body, BodyPlan::None) {
            self.problems
                .add(
                    Code::ConflictingKeys,
                    document.method.as_ref().map_or(document.span, |method| method.span),
                    format!("A {method} request has no body."),
                )
                .help("use `query:`, or another method");
        }
    }
}

/// A constant would call all requests the same.
fn is_templated(value: &Option<Structure>) -> bool {
    matches!(value, Some(Structure::Template(_)))
}

/// Whether a header holds what tells calls apart.
fn holds_key(value: &Option<Structure>) -> bool {
    let Some(Structure::Template(template)) = value else { return false };
    template.references().iter().any(|reference| reference.path.first().is_some_and(|root| root == "idempotency_key"))
}
