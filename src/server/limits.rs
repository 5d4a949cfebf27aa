//! The bounds of the HTTP side, all of them the operator's.
//!
//! Holds numbers only.

use std::collections::BTreeMap;
use std::time::Duration;

use crate::budget::BudgetBounds;

/// Bounds on connections and on the heads of requests.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Limits {
    /// Connections at once. More get an answer that the server is too busy.
    pub connections: usize,
    /// Largest head of a request in bytes.
    pub head_bytes: usize,
    /// Most headers in a request; at most 100.
    pub headers: usize,
    /// From the first byte of a head to its last; also for the first byte of a new connection.
    pub head_timeout: Duration,
    /// How long a connection may stay without a request.
    pub idle_timeout: Duration,
    /// How long a client may take no byte of an answer.
    pub write_timeout: Duration,
    /// How long bytes of a refused request are still read, so that its client can read the answer.
    pub linger: Duration,
    /// HTTP/2 requests at once on one connection.
    pub streams: u32,
    /// How long requests in flight may go on when the server is asked to stop.
    pub drain: Duration,
}

impl Default for Limits {
    fn default() -> Self {
        Self {
            connections: 4096,
            head_bytes: 32 * 1024,
            headers: 100,
            head_timeout: Duration::from_secs(10),
            idle_timeout: Duration::from_secs(75),
            write_timeout: Duration::from_secs(30),
            linger: Duration::from_secs(2),
            streams: 64,
            drain: Duration::from_secs(30),
        }
    }
}

/// Bounds on calls of actions.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct CallLimits {
    /// Calls in flight. More are answered at once that the server is too busy.
    pub calls: usize,
    /// The same of each service, if it has a bound of its own.
    pub calls_per_service: Option<usize>,
    /// The same of single services, by the name of their directory.
    pub calls_of: BTreeMap<String, usize>,
    /// Largest body in bytes.
    pub body_bytes: usize,
    /// From the first byte of a request's head to the end of its body.
    pub body_timeout: Duration,
    /// Memory in bytes for all bodies together.
    pub bodies_bytes: usize,
    /// The work of one call.
    pub budget: BudgetBounds,
}

impl Default for CallLimits {
    fn default() -> Self {
        Self {
            calls: 1024,
            calls_per_service: None,
            calls_of: BTreeMap::new(),
            body_bytes: 256 * 1024,
            body_timeout: Duration::from_secs(10),
            bodies_bytes: 64 * 1024 * 1024,
            budget: BudgetBounds::default(),
        }
    }
}
