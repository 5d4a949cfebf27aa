//! What to keep of an answer, compiled. Holds no behaviour; the engine maps with it.

use http::HeaderName;
use serde_json::Value;

use crate::json_path::JsonPath;
use crate::keyword::{As, Pick};
use crate::regular_expression::RegularExpression;
use crate::template::Template;

/// A named value taken from an answer.
#[derive(Clone, Debug)]
pub struct Capture {
    /// The name it is kept under.
    pub name: String,
    /// Where it comes from.
    pub source: CaptureSource,
    /// Searched in the text found, with the group that is kept.
    pub regex: Option<(RegularExpression, usize)>,
    /// What it is turned into.
    pub convert: As,
    /// Which node counts where a path finds several; `None`: several are an error.
    pub pick: Option<Pick>,
    /// Between the parts of `pick: join`.
    pub separator: String,
    /// Whether finding nothing is an error.
    pub required: bool,
    /// Whether the value is masked wherever it would show, and never part of a reply.
    pub secret: bool,
    /// The value if nothing is found.
    pub default: Option<Value>,
}

impl Capture {
    /// The paths it looks along.
    pub fn paths(&self) -> impl Iterator<Item = &JsonPath> {
        let alternatives = match &self.source {
            CaptureSource::Alternatives(alternatives) => alternatives.as_slice(),
            CaptureSource::Header(_) | CaptureSource::Status | CaptureSource::Constant(_) => &[],
        };
        alternatives.iter().filter_map(|alternative| match alternative {
            Alternative::Path(path) => Some(path),
            Alternative::Template(_) => None,
        })
    }
}

/// Where a captured value comes from.
#[derive(Clone, Debug)]
pub enum CaptureSource {
    /// The first of these that is present.
    Alternatives(Vec<Alternative>),
    /// A header of the answer.
    Header(HeaderName),
    /// The answer's status.
    Status,
    /// A value as it stands.
    Constant(Value),
}

/// One of several sources.
#[derive(Clone, Debug)]
pub enum Alternative {
    /// A path into the answer.
    Path(JsonPath),
    /// A template.
    Template(Template),
}
