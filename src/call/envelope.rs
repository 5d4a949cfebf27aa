//! What the caller sent: `auth`, `data` and `meta`, before any check.

use crate::value::FieldMap;

/// The three parts of a caller's body. A missing or null part is empty.
#[derive(Clone, Default, PartialEq)]
pub struct Envelope {
    /// Credentials; never printed.
    pub auth: FieldMap,
    /// What the automation filled in.
    pub data: FieldMap,
    /// What Talkdesk knows of contact and agent.
    pub meta: FieldMap,
}

impl std::fmt::Debug for Envelope {
    /// Names of keys only: values may be secret.
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Envelope")
            .field("auth", &self.auth.names().collect::<Vec<_>>())
            .field("data", &self.data.names().collect::<Vec<_>>())
            .field("meta", &self.meta.names().collect::<Vec<_>>())
            .finish()
    }
}
