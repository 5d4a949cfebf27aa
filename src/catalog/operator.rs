//! What the operator, not the definition, decides.

use ipnet::IpNet;
use serde_json::{Map, Value};

/// The operator's settings that definitions are compiled and run under.
#[derive(Clone, Default, PartialEq)]
pub struct Operator {
    /// Private networks that services may stand in.
    pub allow_private: Vec<IpNet>,
    /// Whether plain http to other hosts than loopback is allowed.
    pub allow_http: bool,
    /// The root `secrets` of templates.
    pub secrets: Map<String, Value>,
}

impl std::fmt::Debug for Operator {
    /// Secrets by name only.
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Operator")
            .field("allow_private", &self.allow_private)
            .field("allow_http", &self.allow_http)
            .field("secrets", &self.secrets.keys().collect::<Vec<_>>())
            .finish()
    }
}
