//! `request:`: one outbound HTTP request.

use schemars::JsonSchema;

use super::decode::{Decode, Fields, decode_word};
use super::{Keyed, Node, Spanned, Text, TimeoutDocument};
use crate::diagnostic::{Code, Problems, Span};
use crate::keyword::{AnswerFormat, LineEnds, ListStyle, MapStyle};

/// One request; at most one body.
#[derive(Clone, Debug, PartialEq, JsonSchema)]
#[schemars(deny_unknown_fields)]
pub struct RequestDocument {
    /// HTTP method; `POST` if not said.
    #[schemars(extend("enum" = ["GET", "HEAD", "POST", "PUT", "PATCH", "DELETE"], "default" = "POST", "examples" = ["GET"]))]
    pub method: Option<Text>,
    /// Joined to `base_url`.
    #[schemars(extend("examples" = ["/tickets/{{data.ticket_id}}.json"]))]
    pub path: Option<Text>,
    /// An absolute URL instead of `base_url` and `path`.
    #[schemars(extend("examples" = ["https://api.example.com/v1/calls"]))]
    pub url: Option<Text>,
    /// Query parameters; one whose value is absent is not sent.
    #[schemars(extend("examples" = [{"email": "{{data.email}}"}]))]
    pub query: Option<Keyed<Node>>,
    /// Headers, added to those of the service; a value that is absent is not sent.
    #[schemars(extend("examples" = [{"Accept": "application/json"}]))]
    pub headers: Option<Keyed<Node>>,
    /// How lists and maps are written in `query` and `form`.
    #[schemars(extend("examples" = [{"lists": "brackets"}]))]
    pub style: Option<StyleDocument>,
    /// A JSON body.
    #[schemars(extend("examples" = [{"subject": "{{data.subject}}"}]))]
    pub json: Option<Node>,
    /// A form body (`application/x-www-form-urlencoded`).
    #[schemars(extend("examples" = [{"email": "{{data.email}}"}]))]
    pub form: Option<Node>,
    /// A multipart body (`multipart/form-data`).
    #[schemars(extend("examples" = [{"note": "{{data.note}}"}]))]
    pub multipart: Option<Node>,
    /// An XML body.
    #[schemars(extend("examples" = [{"contact": {"name": "{{data.name}}"}}]))]
    pub xml: Option<Node>,
    /// A text body.
    #[schemars(extend("examples" = ["{{data.note}}"]))]
    pub text: Option<Text>,
    /// Line ends of `text`.
    #[schemars(extend("default" = "lf", "examples" = ["crlf"]))]
    pub line_ends: Option<Spanned<LineEnds>>,
    /// A GraphQL body.
    #[schemars(extend("examples" = [{"query": "query { me { id } }"}]))]
    pub graphql: Option<GraphqlDocument>,
    /// Raw bytes.
    #[schemars(extend("examples" = [{"base64": "{{data.recording}}", "content_type": "audio/wav"}]))]
    pub body: Option<RawBodyDocument>,
    /// How long to wait.
    #[schemars(extend("examples" = [{"attempt": "6s"}]))]
    pub timeout: Option<TimeoutDocument>,
    /// A POST that changes nothing and may be sent again.
    #[schemars(extend("default" = false, "examples" = [true]))]
    pub read_only: Option<Spanned<bool>>,
    /// How the answer is read.
    #[schemars(extend("default" = "auto", "examples" = ["json"]))]
    pub answer: Option<Spanned<AnswerFormat>>,
    /// Where it stands.
    #[schemars(skip)]
    pub span: Span,
}

/// How lists and maps are written in `query` and `form`.
#[derive(Clone, Copy, Debug, Default, PartialEq, JsonSchema)]
#[schemars(deny_unknown_fields)]
pub struct StyleDocument {
    /// How a list is written.
    #[schemars(extend("default" = "repeat", "examples" = ["brackets"]))]
    pub lists: Option<Spanned<ListStyle>>,
    /// How a map is written.
    #[schemars(extend("default" = "brackets", "examples" = ["dots"]))]
    pub maps: Option<Spanned<MapStyle>>,
}

/// A GraphQL request.
#[derive(Clone, Debug, PartialEq, JsonSchema)]
#[schemars(deny_unknown_fields)]
pub struct GraphqlDocument {
    /// The document; never a template.
    #[schemars(extend("examples" = ["query Contact($id: ID!) { contact(id: $id) { name } }"]))]
    pub query: Text,
    /// Its variables.
    #[schemars(extend("examples" = [{"id": "{{data.contact_id}}"}]))]
    pub variables: Option<Node>,
    /// Which operation of the document.
    #[schemars(extend("examples" = ["Contact"]))]
    pub operation_name: Option<Text>,
}

/// A body of raw bytes.
#[derive(Clone, Debug, PartialEq, JsonSchema)]
#[schemars(deny_unknown_fields)]
pub struct RawBodyDocument {
    /// Template whose text is base64.
    #[schemars(extend("examples" = ["{{data.recording}}"]))]
    pub base64: Text,
    /// Media type of the bytes.
    #[schemars(extend("examples" = ["audio/wav"]))]
    pub content_type: Text,
}

/// The keys that give a request its body.
const BODIES: [&str; 7] = ["json", "form", "multipart", "xml", "text", "graphql", "body"];

impl Decode for RequestDocument {
    fn decode(node: &Node, problems: &mut Problems) -> Option<Self> {
        let mut fields = Fields::open(node, "a request", problems)?;
        fields.at_most_one(&BODIES);
        fields.at_most_one(&["path", "url"]);
        if fields.has("line_ends") && !fields.has("text") {
            let span = fields.key_span("line_ends");
            fields.problems.add(Code::ConflictingKeys, span, "`line_ends` is for a `text` body.").help("remove it");
        }
        let document = Self {
            method: fields.optional("method"),
            path: fields.optional("path"),
            url: fields.optional("url"),
            query: fields.optional("query"),
            headers: fields.optional("headers"),
            style: fields.optional("style"),
            json: fields.optional("json"),
            form: fields.optional("form"),
            multipart: fields.optional("multipart"),
            xml: fields.optional("xml"),
            text: fields.optional("text"),
            line_ends: fields.optional("line_ends"),
            graphql: fields.optional("graphql"),
            body: fields.optional("body"),
            timeout: fields.optional("timeout"),
            read_only: fields.optional("read_only"),
            answer: fields.optional("answer"),
            span: node.span,
        };
        fields.close();
        Some(document)
    }
}

impl Decode for StyleDocument {
    fn decode(node: &Node, problems: &mut Problems) -> Option<Self> {
        let mut fields = Fields::open(node, "`style`", problems)?;
        let document = Self { lists: fields.optional("lists"), maps: fields.optional("maps") };
        fields.close();
        Some(document)
    }
}

impl Decode for GraphqlDocument {
    fn decode(node: &Node, problems: &mut Problems) -> Option<Self> {
        let mut fields = Fields::open(node, "`graphql`", problems)?;
        let query = fields.required("query");
        let variables = fields.optional("variables");
        let operation_name = fields.optional("operation_name");
        fields.close();
        Some(Self { query: query?, variables, operation_name })
    }
}

impl Decode for RawBodyDocument {
    fn decode(node: &Node, problems: &mut Problems) -> Option<Self> {
        let mut fields = Fields::open(node, "`body`", problems)?;
        let base64 = fields.required("base64");
        let content_type = fields.required("content_type");
        fields.close();
        Some(Self { base64: base64?, content_type: content_type? })
    }
}

impl Decode for Spanned<LineEnds> {
    fn decode(node: &Node, problems: &mut Problems) -> Option<Self> {
        decode_word(node, &[("lf", LineEnds::Lf), ("crlf", LineEnds::Crlf)], problems)
    }
}

impl Decode for Spanned<ListStyle> {
    fn decode(node: &Node, problems: &mut Problems) -> Option<Self> {
        let words = [
            ("repeat", ListStyle::Repeat),
            ("brackets", ListStyle::Brackets),
            ("indices", ListStyle::Indices),
            ("comma", ListStyle::Comma),
        ];
        decode_word(node, &words, problems)
    }
}

impl Decode for Spanned<MapStyle> {
    fn decode(node: &Node, problems: &mut Problems) -> Option<Self> {
        decode_word(node, &[("brackets", MapStyle::Brackets), ("dots", MapStyle::Dots)], problems)
    }
}

impl Decode for Spanned<AnswerFormat> {
    fn decode(node: &Node, problems: &mut Problems) -> Option<Self> {
        let words = [
            ("auto", AnswerFormat::Auto),
            ("json", AnswerFormat::Json),
            ("xml", AnswerFormat::Xml),
            ("text", AnswerFormat::Text),
        ];
        decode_word(node, &words, problems)
    }
}
