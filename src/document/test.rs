//! `tests:`: a call, the answers of the service, and what must come of it.

use schemars::JsonSchema;

use super::decode::{Decode, Fields, decode_word};
use super::{Keyed, Node, Spanned, Text};
use crate::diagnostic::{Problems, Span};
use crate::keyword::AnswerFault;

/// One test.
#[derive(Clone, Debug, PartialEq, JsonSchema)]
#[schemars(deny_unknown_fields)]
pub struct TestDocument {
    /// What it shows.
    #[schemars(extend("examples" = ["quotes survive"]))]
    pub name: Text,
    /// What the caller sends.
    #[schemars(extend("examples" = [{"data": {"subject": "He said \"hi\""}}]))]
    pub input: Option<TestInputDocument>,
    /// The operator's secrets, for this test.
    #[schemars(extend("examples" = [{"api_key": "k"}]))]
    pub secrets: Option<Keyed<Node>>,
    /// The instant of the call (RFC 3339), for templates that use `now`.
    #[schemars(extend("examples" = ["2024-01-31T12:00:00Z"]))]
    pub now: Option<Text>,
    /// The requests expected, in order, each with the answer it gets.
    #[schemars(extend("examples" = [[{"request": {"path": "/tickets.json"}, "answer": {"status": 201, "json": {"id": 7}}}]]))]
    #[schemars(default)]
    pub calls: Vec<CallDocument>,
    /// What the caller must get.
    #[schemars(extend("examples" = [{"status": 201, "body": {"external_id": "7"}}]))]
    pub result: ResultDocument,
    /// Where the test stands.
    #[schemars(skip)]
    pub span: Span,
}

/// What the caller sends.
#[derive(Clone, Debug, Default, PartialEq, JsonSchema)]
#[schemars(deny_unknown_fields)]
pub struct TestInputDocument {
    /// The fields of `auth`.
    #[schemars(extend("examples" = [{"token": "t"}]))]
    pub auth: Option<Node>,
    /// The fields of `data`.
    #[schemars(extend("examples" = [{"subject": "Broken phone"}]))]
    pub data: Option<Node>,
    /// The fields of `meta`.
    #[schemars(extend("examples" = [{"contact_external_id": "7"}]))]
    pub meta: Option<Node>,
}

/// One request and its answer.
#[derive(Clone, Debug, PartialEq, JsonSchema)]
#[schemars(deny_unknown_fields)]
pub struct CallDocument {
    /// What must be sent.
    #[schemars(extend("examples" = [{"method": "POST", "path": "/tickets.json"}]))]
    pub request: Option<ExpectedRequestDocument>,
    /// What comes back.
    #[schemars(extend("examples" = [{"status": 201, "json": {"id": 7}}]))]
    pub answer: AnswerDocument,
    /// Where it stands.
    #[schemars(skip)]
    pub span: Span,
}

/// What must be sent: what is given is compared, bodies whole.
#[derive(Clone, Debug, PartialEq, JsonSchema)]
#[schemars(deny_unknown_fields)]
pub struct ExpectedRequestDocument {
    /// The method.
    #[schemars(extend("examples" = ["POST"]))]
    pub method: Option<Text>,
    /// The path, encoded as sent.
    #[schemars(extend("examples" = ["/tickets.json"]))]
    pub path: Option<Text>,
    /// The whole URL without its query.
    #[schemars(extend("examples" = ["https://acme.zendesk.com/tickets.json"]))]
    pub url: Option<Text>,
    /// These query parameters, as they decode; `null`: not sent.
    #[schemars(extend("examples" = [{"email": "a@b.c"}]))]
    pub query: Option<Keyed<Node>>,
    /// These headers; `null`: not sent.
    #[schemars(extend("examples" = [{"Accept": "application/json"}]))]
    pub headers: Option<Keyed<Node>>,
    /// The whole JSON body.
    #[schemars(extend("examples" = [{"subject": "Broken phone"}]))]
    pub json: Option<Node>,
    /// The whole form body, as it decodes.
    #[schemars(extend("examples" = [{"email": "a@b.c"}]))]
    pub form: Option<Keyed<Node>>,
    /// The whole multipart body: text parts as text, files as `{ filename, content_type, text | base64 }`.
    #[schemars(extend("examples" = [{"note": "Broken phone"}]))]
    pub multipart: Option<Keyed<Node>>,
    /// The whole XML body, as it reads back.
    #[schemars(extend("examples" = [{"contact": {"name": "Ann"}}]))]
    pub xml: Option<Node>,
    /// The whole body as text.
    #[schemars(extend("examples" = ["Broken phone"]))]
    pub text: Option<Text>,
    /// Where it stands.
    #[schemars(skip)]
    pub span: Span,
}

/// What the service answers.
#[derive(Clone, Debug, PartialEq, JsonSchema)]
#[schemars(deny_unknown_fields)]
pub struct AnswerDocument {
    /// The status; 200 if not said.
    #[schemars(extend("default" = 200, "examples" = [201]))]
    pub status: Option<Spanned<u64>>,
    /// Headers of the answer.
    #[schemars(extend("examples" = [{"Location": "/contacts/7"}]))]
    pub headers: Option<Keyed<Node>>,
    /// A JSON body.
    #[schemars(extend("examples" = [{"id": 7}]))]
    pub json: Option<Node>,
    /// A body as text, for XML.
    #[schemars(extend("examples" = ["<id>7</id>"]))]
    pub xml: Option<Text>,
    /// A body as text.
    #[schemars(extend("examples" = ["created 7"]))]
    pub text: Option<Text>,
    /// A body from a file beside the action.
    #[schemars(extend("examples" = ["ticket.json"]))]
    pub file: Option<Text>,
    /// No answer at all.
    #[schemars(extend("examples" = ["timeout"]))]
    pub fault: Option<Spanned<AnswerFault>>,
    /// Where it stands.
    #[schemars(skip)]
    pub span: Span,
}

/// What the caller must get.
#[derive(Clone, Debug, PartialEq, JsonSchema)]
#[schemars(deny_unknown_fields)]
pub struct ResultDocument {
    /// 201 or 400 (401 where the service asks for it).
    #[schemars(extend("examples" = [201]))]
    pub status: Spanned<u64>,
    /// The whole body.
    #[schemars(extend("examples" = [{"external_id": "7"}]))]
    pub body: Option<Node>,
    /// Where it stands.
    #[schemars(skip)]
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
