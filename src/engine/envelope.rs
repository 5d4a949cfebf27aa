//! What the caller sent: `auth`, `data` and `meta`, before any check.

use serde_json::{Map, Value};

/// The three parts of a caller's body. A missing or null part is an empty map.
#[derive(Clone, Default, PartialEq)]
pub struct Envelope {
    /// Credentials; never printed.
    pub auth: Map<String, Value>,
    /// What the automation filled in.
    pub data: Map<String, Value>,
    /// What Talkdesk knows of contact and agent.
    pub meta: Map<String, Value>,
}

impl std::fmt::Debug for Envelope {
    /// Names of keys only: values may be secret.
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Envelope")
            .field("auth", &self.auth.keys().collect::<Vec<_>>())
            .field("data", &self.data.keys().collect::<Vec<_>>())
            .field("meta", &self.meta.keys().collect::<Vec<_>>())
            .finish()
    }
}
