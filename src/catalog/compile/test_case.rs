//! `tests:` → cases that the `test` command can run.

use http::HeaderName;
use serde_json::{Map, Value};

use super::compiler::Compiler;
use crate::catalog::{ExpectedBody, ExpectedCall, ExpectedRequest, MockAnswer, MockBody, TestCase};
use crate::diagnostic::Code;
use crate::document::{AnswerDocument, CallDocument, ExpectedRequestDocument, Keyed, Node, TestDocument, Text};

impl Compiler<'_> {
    pub(super) fn tests(&mut self, documents: &[TestDocument]) -> Vec<TestCase> {
        for (index, document) in documents.iter().enumerate() {
            if documents.iter().take(index).any(|other| other.name.value == document.name.value) {
                self.problems
                    .add(
                        Code::BadTest,
                        document.name.span,
                        format!("There is another test named `{}`.", document.name.value),
                    )
                    .help("results are told apart by name");
            }
        }
        documents.iter().filter_map(|document| self.test(document)).collect()
    }

    fn test(&mut self, document: &TestDocument) -> Option<TestCase> {
        let input = document.input.clone().unwrap_or_default();
        let part = |node: Option<Node>| node.map_or(Value::Null, |node| node.to_value());
        let now = match &document.now {
            Some(text) => Some(self.instant(text)?),
            None => None,
        };
        let calls: Vec<Option<ExpectedCall>> = document.calls.iter().map(|call| self.call(call)).collect();
        let status = document.result.status;
        if ![200, 201, 400, 401].contains(&status.value) {
            self.problems
                .add(Code::BadTest, status.span, format!("The caller never gets status {}.", status.value))
                .help("a success is 201, a failure 400, or 401 with `reply_401_on_auth_failure`");
            return None;
        }
        Some(TestCase {
            name: document.name.value.clone(),
            line: self.problems.source().line_column(document.span.start).0,
            input: [part(input.auth), part(input.data), part(input.meta)],
            secrets: document
                .secrets
                .iter()
                .flat_map(Keyed::iter)
                .map(|(name, node)| (name.value.clone(), node.to_value()))
                .collect::<Map<_, _>>(),
            now,
            calls: calls.into_iter().collect::<Option<_>>()?,
            status: u16::try_from(status.value).unwrap_or_default(),
            body: document.result.body.as_ref().map(Node::to_value),
        })
    }

    fn instant(&mut self, text: &Text) -> Option<jiff::Timestamp> {
        let instant = text.value.parse().ok();
        if instant.is_none() {
            self.problems
                .add(Code::BadTest, text.span, "`now` is a point in time in the form of RFC 3339.")
                .help("for example 2026-01-31T12:00:00Z");
        }
        instant
    }

    fn call(&mut self, document: &CallDocument) -> Option<ExpectedCall> {
        let request = match &document.request {
            Some(request) => self.expected_request(request),
            None => Some(ExpectedRequest::default()),
        };
        let answer = self.answer(&document.answer);
        Some(ExpectedCall { request: request?, answer: answer? })
    }

    fn expected_request(&mut self, document: &ExpectedRequestDocument) -> Option<ExpectedRequest> {
        let mut headers = Vec::new();
        for (name, node) in document.headers.iter().flat_map(Keyed::iter) {
            headers.push((self.test_header(name)?, node.to_value()));
        }
        let keyed = |keyed: &Keyed<Node>| {
            Value::Object(keyed.iter().map(|(name, node)| (name.value.clone(), node.to_value())).collect())
        };
        let body = (document.json.as_ref().map(|node| ExpectedBody::Json(node.to_value())))
            .or_else(|| document.form.as_ref().map(|form| ExpectedBody::Form(keyed(form))))
            .or_else(|| document.multipart.as_ref().map(|multipart| ExpectedBody::Multipart(keyed(multipart))))
            .or_else(|| document.xml.as_ref().map(|node| ExpectedBody::Xml(node.to_value())))
            .or_else(|| document.text.as_ref().map(|text| ExpectedBody::Text(text.value.clone())));
        Some(ExpectedRequest {
            method: document.method.as_ref().map(|method| method.value.to_ascii_uppercase()),
            path: document.path.as_ref().map(|path| path.value.clone()),
            url: document.url.as_ref().map(|url| url.value.clone()),
            query: document
                .query
                .iter()
                .flat_map(Keyed::iter)
                .map(|(name, node)| (name.value.clone(), node.to_value()))
                .collect(),
            headers,
            body,
        })
    }

    fn answer(&mut self, document: &AnswerDocument) -> Option<MockAnswer> {
        if let Some(fault) = document.fault {
            return Some(MockAnswer::Fault(fault.value));
        }
        let status = document.status.map_or(200, |status| status.value);
        if !(200..600).contains(&status) {
            let span = document.status.map_or(document.span, |status| status.span);
            self.problems
                .add(Code::BadTest, span, "An answer's status is between 200 and 599.")
                .help("for example 201");
            return None;
        }
        let mut headers = Vec::new();
        for (name, node) in document.headers.iter().flat_map(Keyed::iter) {
            let name = self.test_header(name)?;
            let Some(value) = crate::value::into_text(node.to_value()) else {
                self.problems.add(Code::BadTest, node.span, format!("A header is text, found {}.", node.kind_name()));
                return None;
            };
            headers.push((name, value));
        }
        let body = (document.json.as_ref().map(|node| MockBody::Json(node.to_value())))
            .or_else(|| document.xml.as_ref().map(|text| MockBody::Text(text.value.clone(), "application/xml")))
            .or_else(|| {
                document.text.as_ref().map(|text| MockBody::Text(text.value.clone(), "text/plain; charset=utf-8"))
            })
            .or_else(|| document.file.as_ref().map(|text| MockBody::File(text.value.clone())));
        if let Some(file) = &document.file
            && (file.value.contains("..") || file.value.starts_with('/'))
        {
            self.problems
                .add(Code::BadTest, file.span, "An answer's file stands beside the action or below it.")
                .help("name it relative to the action's directory");
            return None;
        }
        Some(MockAnswer::Answer {
            status: u16::try_from(status).unwrap_or_default(),
            headers,
            body: body.unwrap_or(MockBody::Empty),
        })
    }

    fn test_header(&mut self, name: &Text) -> Option<HeaderName> {
        let header = HeaderName::try_from(name.value.as_str()).ok();
        if header.is_none() {
            self.problems.add(Code::BadHeader, name.span, format!("`{}` is not a header name.", name.value));
        }
        header
    }
}
