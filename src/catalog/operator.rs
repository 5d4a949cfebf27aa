//! What the operator, not the definition, decides.

use std::collections::BTreeSet;

use serde_json::{Map, Value};

/// The operator's decisions that definitions are compiled under.
#[derive(Clone, Default, PartialEq)]
pub struct Operator {
    /// The root `secrets` of templates; `None` where nobody knows them yet, as on an author's machine:
    /// then their names are not checked.
    pub secrets: Option<Map<String, Value>>,
    /// The names of the client certificates; `None` where nobody knows them yet, as with the secrets.
    pub identities: Option<BTreeSet<String>>,
}

impl Operator {
    /// The names of the secrets, if they are known.
    #[must_use]
    pub fn secret_names(&self) -> Option<BTreeSet<String>> {
        self.secrets.as_ref().map(|secrets| secrets.keys().cloned().collect())
    }

    /// The root `secrets` of templates.
    #[must_use]
    pub fn secrets_root(&self) -> Value {
        Value::Object(self.secrets.clone().unwrap_or_default())
    }
}

impl std::fmt::Debug for Operator {
    /// Secrets by name only.
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Operator").field("secrets", &self.secret_names()).field("identities", &self.identities).finish()
    }
}
