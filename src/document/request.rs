//! `request:`: one outbound HTTP request.

use super::{Keyed, Node, Spanned, Text, TimeoutDocument};
use crate::diagnostic::Span;

/// One request; at most one body.
#[derive(Clone, Debug, PartialEq)]
pub struct RequestDocument {
    /// HTTP method; `POST` if not said.
    pub method: Option<Text>,
    /// Joined to `base_url`.
    pub path: Option<Text>,
    /// An absolute URL instead of `base_url` and `path`.
    pub url: Option<Text>,
    /// Query parameters.
    pub query: Option<Keyed<Node>>,
    /// Headers.
    pub headers: Option<Keyed<Node>>,
    /// How lists and maps are written in `query` and `form`.
    pub style: Option<StyleDocument>,
    /// A JSON body.
    pub json: Option<Node>,
    /// A form body (`application/x-www-form-urlencoded`).
    pub form: Option<Node>,
    /// A multipart body (`multipart/form-data`).
    pub multipart: Option<Node>,
    /// An XML body.
    pub xml: Option<Node>,
    /// A text body.
    pub text: Option<Text>,
    /// Line ends of `text`.
    pub line_ends: Option<Spanned<LineEnds>>,
    /// A GraphQL body.
    pub graphql: Option<GraphqlDocument>,
    /// Raw bytes.
    pub body: Option<RawBodyDocument>,
    /// How long to wait.
    pub timeout: Option<TimeoutDocument>,
    /// A POST that changes nothing and may be sent again.
    pub read_only: Option<Spanned<bool>>,
    /// How the answer is read.
    pub answer: Option<Spanned<AnswerFormat>>,
    /// Where it stands.
    pub span: Span,
}

/// `style:`
#[derive(Clone, Copy, Debug, Default, PartialEq)]
pub struct StyleDocument {
    /// How a list is written.
    pub lists: Option<Spanned<ListStyle>>,
    /// How a map is written.
    pub maps: Option<Spanned<MapStyle>>,
}

/// How a list is written in a query or form.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum ListStyle {
    /// `a=1&a=2`
    #[default]
    Repeat,
    /// `a[]=1&a[]=2`
    Brackets,
    /// `a[0]=1&a[1]=2`
    Indices,
    /// `a=1,2`
    Comma,
}

/// How a map is written in a query or form.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum MapStyle {
    /// `a[b]=1`
    #[default]
    Brackets,
    /// `a.b=1`
    Dots,
}

/// Line ends of a text body.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum LineEnds {
    /// `\n`
    #[default]
    Lf,
    /// `\r\n`
    Crlf,
}

/// `graphql:`
#[derive(Clone, Debug, PartialEq)]
pub struct GraphqlDocument {
    /// The document; never a template.
    pub query: Text,
    /// Its variables.
    pub variables: Option<Node>,
    /// Which operation of the document.
    pub operation_name: Option<Text>,
}

/// `body:`
#[derive(Clone, Debug, PartialEq)]
pub struct RawBodyDocument {
    /// Template whose text is base64.
    pub base64: Text,
    /// Media type of the bytes.
    pub content_type: Text,
}

/// How an answer is read.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum AnswerFormat {
    /// By content, tolerating a lying content type.
    #[default]
    Auto,
    /// As JSON.
    Json,
    /// As XML.
    Xml,
    /// As text.
    Text,
}
