//! The report of a reload: what is served now, and the problems of the files.

use std::sync::Arc;

use serde::{Serialize, Serializer};

use crate::catalog::{Catalog, DirectoryState};
use crate::diagnostic::Diagnostic;

/// The result of one reload. The admin API sends it as JSON.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct ReloadReport {
    /// The revision that is served now.
    pub revision: u64,
    /// Number of this reload since the start; the start itself is 0.
    #[serde(skip)]
    pub number: u64,
    /// Whether anything that is served, or anything known of it, changed.
    pub changed: bool,
    /// Why the directory could not be read at all, if it could not.
    pub failed: Option<String>,
    /// How long it took.
    pub milliseconds: u64,
    /// Every service directory.
    #[serde(rename = "services")]
    pub directories: Vec<DirectoryReport>,
    /// Errors and warnings of all files as they are now.
    pub diagnostics: Vec<Diagnostic>,
}

/// One service directory after a reload.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct DirectoryReport {
    /// Its name; empty for the actions that have none.
    pub name: String,
    /// How it is served.
    pub state: DirectoryState,
    /// Routes that are served.
    #[serde(serialize_with = "texts")]
    pub routes: Vec<Arc<str>>,
    /// Number of errors.
    pub errors: usize,
    /// Number of warnings.
    pub warnings: usize,
}

impl ReloadReport {
    /// The report of a catalog.
    #[must_use]
    pub fn of(catalog: &Catalog) -> Self {
        Self {
            revision: catalog.revision(),
            number: 0,
            changed: true,
            directories: directories_of(catalog),
            diagnostics: catalog.diagnostics(),
            failed: None,
            milliseconds: 0,
        }
    }

    /// Whether every file is served as it is.
    #[must_use]
    pub fn is_clean(&self) -> bool {
        self.failed.is_none() && self.directories.iter().all(|directory| directory.state == DirectoryState::Live)
    }
}

fn directories_of(catalog: &Catalog) -> Vec<DirectoryReport> {
    let directories = catalog.directories().map(|directory| DirectoryReport {
        name: directory.name().to_owned(),
        state: directory.state(),
        routes: directory.actions().iter().map(|action| Arc::clone(action.shared_route())).collect(),
        errors: directory.errors(),
        warnings: directory.diagnostics().len() - directory.errors(),
    });
    directories.collect()
}

fn texts<S: Serializer>(texts: &[Arc<str>], serializer: S) -> Result<S::Ok, S::Error> {
    serializer.collect_seq(texts.iter().map(|text| &**text))
}
