//! The definitions of actions, compiled under the operator's decisions.

use std::collections::{BTreeMap, BTreeSet};
use std::path::PathBuf;

use serde_json::{Map, Value};

use super::error::StartError;
use crate::catalog::{Catalog, Operator, build, load};
use crate::origin::Origin;

use std::time::Duration;

/// Where the definitions are, and what the operator decides about them.
#[derive(Clone, Debug)]
pub struct DefinitionsConfig {
    /// The directory of definitions.
    pub directory: PathBuf,
    /// The secrets for the root `secrets` of templates, by name.
    pub secrets: BTreeMap<String, Origin>,
    /// Whether services without errors are served while others have some.
    pub skip_broken: bool,
    /// How often files are compared where the file system sends no events.
    pub poll: Duration,
}

impl DefinitionsConfig {
    /// The operator's decisions, secrets read.
    ///
    /// # Errors
    /// A secret that is not where its origin says.
    pub fn operator(&self, identities: BTreeSet<String>) -> Result<Operator, StartError> {
        let mut secrets = Map::new();
        for (name, origin) in &self.secrets {
            let failed = |reason| StartError::Secret { name: name.clone(), reason };
            secrets.insert(name.clone(), Value::String(origin.read().map_err(failed)?.expose().clone()));
        }
        Ok(Operator { secrets: Some(secrets), identities: Some(identities) })
    }

    /// All definitions, compiled; some may have errors.
    ///
    /// # Errors
    /// A directory that cannot be read.
    pub fn catalog(&self, operator: &Operator) -> Result<Catalog, StartError> {
        Ok(build(&load(&self.directory)?, operator, None))
    }

    /// The catalog to serve first: without errors, unless the operator says otherwise.
    pub(super) fn first_catalog(&self, operator: &Operator) -> Result<Catalog, StartError> {
        let catalog = self.catalog(operator)?;
        if catalog.has_errors() && !self.skip_broken {
            return Err(StartError::BrokenDefinitions(catalog.diagnostics()));
        }
        Ok(catalog)
    }
}
