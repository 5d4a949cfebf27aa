//! The catalog as tools read it: actions with their routes and inputs, without secrets.

use std::sync::Arc;

use serde::Serialize;
use serde_json::Value;

use crate::catalog::{Action, FieldRule};
use crate::diagnostic::Diagnostic;
use crate::live::DirectoryReport;

/// The actions that are served, and the state of their services.
#[derive(Clone, Debug, Serialize)]
pub struct CatalogSummary {
    /// The revision that is served.
    pub revision: u64,
    /// Whether every file is served as it is.
    pub clean: bool,
    /// Every service directory.
    pub services: Vec<DirectoryReport>,
    /// Every action, by route.
    pub actions: Vec<ActionSummary>,
}

/// Errors and warnings of the files as they are now.
#[derive(Clone, Debug, Serialize)]
pub struct Diagnostics {
    /// The revision that is served.
    pub revision: u64,
    /// Why the directory could not be read at all, if it could not.
    pub failed: Option<String>,
    /// The problems.
    pub diagnostics: Vec<Diagnostic>,
}

/// One action.
#[derive(Clone, Debug, Serialize)]
pub struct ActionSummary {
    /// Where it is called.
    pub route: String,
    /// Its title.
    pub title: String,
    /// Its description.
    pub description: Option<String>,
    /// The file that defines it.
    pub file: String,
    /// The ids of its steps.
    pub steps: Vec<String>,
    /// The fields that it takes.
    pub input: InputSummary,
    /// How many tests it has.
    pub tests: usize,
}

/// The fields that an action takes.
#[derive(Clone, Debug, Serialize)]
pub struct InputSummary {
    /// Of the credentials.
    pub auth: Vec<FieldSummary>,
    /// Of the data.
    pub data: Vec<FieldSummary>,
    /// Of the metadata.
    pub meta: Vec<FieldSummary>,
}

/// One field.
#[derive(Clone, Debug, Serialize)]
pub struct FieldSummary {
    /// Its name.
    pub name: String,
    /// Its name for people.
    pub label: Option<String>,
    /// Whether a call without it is refused.
    pub required: bool,
    /// Whether its value is masked.
    pub secret: bool,
    /// What it is for.
    pub description: Option<String>,
    /// An example; none of a secret.
    pub example: Option<Value>,
}

impl ActionSummary {
    /// The summary of an action.
    #[must_use]
    pub fn of(action: &Action) -> Self {
        let input = action.input();
        Self {
            route: action.route().to_owned(),
            title: action.title().to_owned(),
            description: action.description().map(str::to_owned),
            file: action.source().name().to_owned(),
            steps: action.steps().iter().map(|step| step.id.to_string()).collect(),
            input: InputSummary { auth: fields(&input.auth), data: fields(&input.data), meta: fields(&input.meta) },
            tests: action.tests().len(),
        }
    }
}

fn fields(rules: &[Arc<FieldRule>]) -> Vec<FieldSummary> {
    let one = |rule: &Arc<FieldRule>| FieldSummary {
        name: rule.name().to_owned(),
        label: rule.label().map(str::to_owned),
        required: rule.is_required(),
        secret: rule.is_secret(),
        description: rule.description().map(str::to_owned),
        example: rule.example().filter(|_| !rule.is_secret()).cloned(),
    };
    rules.iter().map(one).collect()
}
