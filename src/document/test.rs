//! `tests:`: a call, the answers of the service, and what must come of it.

use super::decode::{Decode, Fields, decode_word};
use super::{Keyed, Node, Spanned, Text};
use crate::diagnostic::{Problems, Span};

/// One test.
#[derive(Clone, Debug, PartialEq)]
pub struct TestDocument {
    /// What it shows.
    pub name: Text,
    /// What the caller sends.
    pub input: Option<TestInputDocument>,
    /// The operator's secrets, for this test.
    pub secrets: Option<Keyed<Node>>,
    /// The instant of the call (RFC 3339), for templates that use `now`.
    pub now: Option<Text>,
    /// The requests expected, in order, each with the answer it gets.
    pub calls: Vec<CallDocument>,
    /// What the caller must get.
    pub result: ResultDocument,
    /// Where the test stands.
    pub span: Span,
}

/// What the caller sends.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct TestInputDocument {
    /// `auth`
    pub auth: Option<Node>,
    /// `data`
    pub data: Option<Node>,
    /// `meta`
    pub meta: Option<Node>,
}

/// One request and its answer.
#[derive(Clone, Debug, PartialEq)]
pub struct CallDocument {
    /// What must be sent.
    pub request: Option<ExpectedRequestDocument>,
    /// What comes back.
    pub answer: AnswerDocument,
    /// Where it stands.
    pub span: Span,
}

/// What must be sent: what is given is compared, bodies whole.
#[derive(Clone, Debug, PartialEq)]
pub struct ExpectedRequestDocument {
    /// The method.
    pub method: Option<Text>,
    /// The path, encoded as sent.
    pub path: Option<Text>,
    /// The whole URL without its query.
    pub url: Option<Text>,
    /// These query parameters, as they decode; `null`: not sent.
    pub query: Option<Keyed<Node>>,
    /// These headers; `null`: not sent.
    pub headers: Option<Keyed<Node>>,
    /// The whole JSON body.
    pub json: Option<Node>,
    /// The whole form body, as it decodes.
    pub form: Option<Keyed<Node>>,
    /// The whole multipart body: text parts as text, files as `{ filename, content_type, text | base64 }`.
    pub multipart: Option<Keyed<Node>>,
    /// The whole XML body, as it reads back.
    pub xml: Option<Node>,
    /// The whole body as text.
    pub text: Option<Text>,
    /// Where it stands.
    pub span: Span,
}

/// What the service answers.
#[derive(Clone, Debug, PartialEq)]
pub struct AnswerDocument {
    /// The status; 200 if not said.
    pub status: Option<Spanned<u64>>,
    /// Headers.
    pub headers: Option<Keyed<Node>>,
    /// A JSON body.
    pub json: Option<Node>,
    /// A body as text, for XML.
    pub xml: Option<Text>,
    /// A body as text.
    pub text: Option<Text>,
    /// A body from a file beside the action.
    pub file: Option<Text>,
    /// No answer at all.
    pub fault: Option<Spanned<AnswerFault>>,
    /// Where it stands.
    pub span: Span,
}

/// How a service fails to answer.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum AnswerFault {
    /// The connection cannot be made.
    Connect,
    /// No answer in time.
    Timeout,
    /// The connection ends in the middle.
    Cut,
}

/// What the caller must get.
#[derive(Clone, Debug, PartialEq)]
pub struct ResultDocument {
    /// 201 or 400 (401 where the service asks for it).
    pub status: Spanned<u64>,
    /// The whole body.
    pub body: Option<Node>,
    /// Where it stands.
    pub span: Span,
}

impl Decode for TestDocument {
    fn decode(node: &Node, problems: &mut Problems) -> Option<Self> {
        let mut fields = Fields::open(node, "a test", problems)?;
        let name = fields.required("name");
        let input = fields.optional("input");
        let secrets = fields.optional("secrets");
        let now = fields.optional("now");
        let calls: Option<Vec<CallDocument>> = fields.optional("calls");
        let result = fields.required("result");
        fields.close();
        Some(Self {
            name: name?,
            input,
            secrets,
            now,
            calls: calls.unwrap_or_default(),
            result: result?,
            span: node.span,
        })
    }
}

impl Decode for TestInputDocument {
    fn decode(node: &Node, problems: &mut Problems) -> Option<Self> {
        let mut fields = Fields::open(node, "a test's `input`", problems)?;
        let document =
            Self { auth: fields.optional("auth"), data: fields.optional("data"), meta: fields.optional("meta") };
        fields.close();
        Some(document)
    }
}

impl Decode for CallDocument {
    fn decode(node: &Node, problems: &mut Problems) -> Option<Self> {
        let mut fields = Fields::open(node, "a test's call", problems)?;
        let request = fields.optional("request");
        let answer = fields.required("answer");
        fields.close();
        Some(Self { request, answer: answer?, span: node.span })
    }
}

impl Decode for ExpectedRequestDocument {
    fn decode(node: &Node, problems: &mut Problems) -> Option<Self> {
        let mut fields = Fields::open(node, "an expected request", problems)?;
        fields.at_most_one(&["json", "form", "multipart", "xml", "text"]);
        fields.at_most_one(&["path", "url"]);
        let document = Self {
            method: fields.optional("method"),
            path: fields.optional("path"),
            url: fields.optional("url"),
            query: fields.optional("query"),
            headers: fields.optional("headers"),
            json: fields.optional("json"),
            form: fields.optional("form"),
            multipart: fields.optional("multipart"),
            xml: fields.optional("xml"),
            text: fields.optional("text"),
            span: node.span,
        };
        fields.close();
        Some(document)
    }
}

impl Decode for AnswerDocument {
    fn decode(node: &Node, problems: &mut Problems) -> Option<Self> {
        let mut fields = Fields::open(node, "a test's answer", problems)?;
        fields.at_most_one(&["json", "xml", "text", "file", "fault"]);
        fields.at_most_one(&["fault", "status"]);
        let document = Self {
            status: fields.optional("status"),
            headers: fields.optional("headers"),
            json: fields.optional("json"),
            xml: fields.optional("xml"),
            text: fields.optional("text"),
            file: fields.optional("file"),
            fault: fields.optional("fault"),
            span: node.span,
        };
        fields.close();
        Some(document)
    }
}

impl Decode for Spanned<AnswerFault> {
    fn decode(node: &Node, problems: &mut Problems) -> Option<Self> {
        let words = [("connect", AnswerFault::Connect), ("timeout", AnswerFault::Timeout), ("cut", AnswerFault::Cut)];
        decode_word(node, &words, problems)
    }
}

impl Decode for ResultDocument {
    fn decode(node: &Node, problems: &mut Problems) -> Option<Self> {
        let mut fields = Fields::open(node, "a test's `result`", problems)?;
        let status = fields.required("status");
        let body = fields.optional("body");
        fields.close();
        Some(Self { status: status?, body, span: node.span })
    }
}
