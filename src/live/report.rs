//! What a reload found, for whoever asked for it.

use std::sync::Arc;

use serde_json::{Value, json};

use crate::catalog::{Catalog, UnitState};
use crate::diagnostic::{Diagnostic, render_json};

/// The result of one reload.
#[derive(Clone, Debug, PartialEq)]
pub struct ReloadReport {
    /// The revision that is served now.
    pub revision: u64,
    /// Number of this reload since the start; the start itself is 0.
    pub number: u64,
    /// Whether anything that is served, or anything known of it, changed.
    pub changed: bool,
    /// Every service directory.
    pub units: Vec<UnitReport>,
    /// Errors and warnings of all files as they are now.
    pub diagnostics: Vec<Diagnostic>,
    /// Why the directory could not be read at all, if it could not.
    pub failed: Option<String>,
    /// How long it took.
    pub milliseconds: u64,
}

/// One service directory after a reload.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct UnitReport {
    /// Its name; empty for the actions that have none.
    pub name: String,
    /// How it is served.
    pub state: UnitState,
    /// Routes that are served.
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
            units: units_of(catalog),
            diagnostics: catalog.diagnostics(),
            failed: None,
            milliseconds: 0,
        }
    }

    /// Whether every file is served as it stands.
    #[must_use]
    pub fn is_clean(&self) -> bool {
        self.failed.is_none() && self.units.iter().all(|unit| unit.state == UnitState::Live)
    }

    /// The report as JSON.
    #[must_use]
    pub fn to_json(&self) -> Value {
        json!({
            "revision": self.revision,
            "changed": self.changed,
            "failed": self.failed,
            "milliseconds": self.milliseconds,
            "services": self.units.iter().map(UnitReport::to_json).collect::<Vec<_>>(),
            "diagnostics": render_json(&self.diagnostics),
        })
    }
}

impl UnitReport {
    /// The report as JSON.
    #[must_use]
    pub fn to_json(&self) -> Value {
        json!({
            "name": self.name,
            "state": self.state.as_str(),
            "routes": self.routes.iter().map(|route| &**route).collect::<Vec<_>>(),
            "errors": self.errors,
            "warnings": self.warnings,
        })
    }
}

fn units_of(catalog: &Catalog) -> Vec<UnitReport> {
    let units = catalog.units().map(|unit| UnitReport {
        name: unit.name().to_owned(),
        state: unit.state(),
        routes: unit.actions().iter().map(|action| Arc::clone(action.shared_route())).collect(),
        errors: unit.errors(),
        warnings: unit.diagnostics().len() - unit.errors(),
    });
    units.collect()
}
