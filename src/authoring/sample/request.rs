//! An example request, wherever it was written down. Holds no behaviour.

use serde_json::Value;

/// One request with literal values.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Sample {
    /// What it does, if that is said.
    pub description: Option<String>,
    /// Where it was found: comment lines.
    pub origin: Vec<String>,
    /// The method, in capitals.
    pub method: String,
    /// The address without its query; may hold placeholders.
    pub url: String,
    /// Query parameters, decoded.
    pub query: Vec<(String, String)>,
    /// Headers, without those that the body implies.
    pub headers: Vec<(String, String)>,
    /// User name and password of basic authentication.
    pub user: Option<(String, String)>,
    /// Whether these are for digest authentication.
    pub digest: bool,
    /// Names of headers and parameters that are known to hold credentials.
    pub credentials: Vec<String>,
    /// The body.
    pub body: SampleBody,
    /// What could not be carried over.
    pub notes: Vec<String>,
}

/// A body with literal values.
#[derive(Clone, Debug, Default, PartialEq)]
pub enum SampleBody {
    /// None.
    #[default]
    None,
    /// JSON.
    Json(Value),
    /// Form fields, decoded.
    Form(Vec<(String, String)>),
    /// Parts.
    Multipart(Vec<SamplePart>),
    /// Anything else, with its media type.
    Text(String, String),
}

/// A part of a multipart body.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct SamplePart {
    /// Its name.
    pub name: String,
    /// Its text, or the name of the file that would be sent.
    pub content: String,
    /// For a file its media type.
    pub file: Option<String>,
}
