//! One of an action's examples, compiled. Holds no behaviour; the `test` command runs it.

use http::HeaderName;
use serde_json::{Map, Value};

use crate::keyword::AnswerFault;

/// A call, the answers of the service, and what must come of it.
#[derive(Clone, Debug)]
pub struct TestCase {
    /// What it shows.
    pub name: String,
    /// Line of the file, from 1.
    pub line: usize,
    /// `auth`, `data` and `meta` as sent, null where not given.
    pub input: [Value; 3],
    /// The operator's secrets for this test.
    pub secrets: Map<String, Value>,
    /// The instant of the call.
    pub now: Option<jiff::Timestamp>,
    /// Requests expected, in order, with their answers.
    pub calls: Vec<ExpectedCall>,
    /// Status that the caller must get.
    pub status: u16,
    /// Body that the caller must get, whole.
    pub body: Option<Value>,
}

/// One request and its answer.
#[derive(Clone, Debug)]
pub struct ExpectedCall {
    /// What must be sent; any request if none.
    pub request: ExpectedRequest,
    /// What comes back.
    pub answer: MockAnswer,
}

/// What must be sent; what is `None` is not compared.
#[derive(Clone, Debug, Default)]
pub struct ExpectedRequest {
    /// Method.
    pub method: Option<String>,
    /// Path as sent.
    pub path: Option<String>,
    /// Whole address without query.
    pub url: Option<String>,
    /// Query parameters; null: not sent.
    pub query: Vec<(String, Value)>,
    /// Headers; null: not sent.
    pub headers: Vec<(HeaderName, Value)>,
    /// Body.
    pub body: Option<ExpectedBody>,
}

/// A body that must be sent, compared whole.
#[derive(Clone, Debug)]
pub enum ExpectedBody {
    /// As JSON.
    Json(Value),
    /// As form fields.
    Form(Value),
    /// As parts.
    Multipart(Value),
    /// As XML.
    Xml(Value),
    /// As text.
    Text(String),
}

/// What the service answers in a test.
#[derive(Clone, Debug)]
pub enum MockAnswer {
    /// An answer.
    Answer {
        /// Status.
        status: u16,
        /// Headers.
        headers: Vec<(HeaderName, String)>,
        /// Body.
        body: MockBody,
    },
    /// None.
    Fault(AnswerFault),
}

/// The body of a mock answer.
#[derive(Clone, Debug)]
pub enum MockBody {
    /// None.
    Empty,
    /// JSON.
    Json(Value),
    /// Text as it stands, with its media type.
    Text(String, &'static str),
    /// A file beside the action.
    File(String),
}
