//! The wishes of the author for an import, and the service that it is for.

use serde_json::Value;

use super::super::draft::ServiceDraft;

/// What the author wants of it.
#[derive(Clone, Debug, Default)]
pub struct SampleOptions {
    /// The service's directory.
    pub service: String,
    /// The action's file, without ending; made from the request if none.
    pub action: Option<String>,
    /// The values that become inputs.
    pub wishes: Vec<Wish>,
    /// What the service answers, as its documentation shows it.
    pub answer: Option<Value>,
    /// The service, if it has a file already.
    pub existing: Option<ExistingService>,
}

/// A service that has a file already.
#[derive(Clone, Debug, Default)]
pub struct ExistingService {
    /// Its `base_url`.
    pub base_url: String,
    /// Credentials that fit it, from one of its tests.
    pub auth: Value,
    /// The `type` of its authentication.
    pub authentication: Option<String>,
}

impl ExistingService {
    /// A service that will have a file.
    #[must_use]
    pub fn of(draft: &ServiceDraft) -> Self {
        let auth = draft.auth.iter().filter_map(|field| Some((field.name.clone(), field.example.clone()?)));
        let authentication = draft.authentication.as_ref().and_then(|map| map.text("type")).map(str::to_owned);
        Self { base_url: draft.base_url.clone(), auth: Value::Object(auth.collect()), authentication }
    }
}

/// A value that becomes an input.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Wish {
    /// Every value.
    All,
    /// The one at this path of the body, or of this name.
    At {
        /// What the input is called; the last part of the path if none.
        name: Option<String>,
        /// `ticket.subject`, or a name alone.
        path: String,
    },
}
