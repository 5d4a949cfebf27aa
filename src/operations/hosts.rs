//! The hosts that requests went to lately and failed at, as JSON shows them.

use serde::Serialize;

use crate::upstream::{BreakerState, HostHealth};

/// The hosts that failed lately, and the shared state.
#[derive(Clone, Debug, Serialize)]
pub struct Hosts {
    /// The hosts, by name.
    pub hosts: Vec<Host>,
    /// Whether replicas share what they should.
    pub state: SharedStateHealth,
}

/// One host.
#[derive(Clone, Debug, Serialize)]
pub struct Host {
    /// Scheme, host and, unless it is the scheme's own, port.
    pub host: String,
    /// Its circuit breaker: `closed`, `open` or `half_open`.
    pub breaker: &'static str,
    /// Failures in a row, while the breaker is closed.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub failures: Option<u32>,
    /// How long requests still fail at once, while it is open.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub seconds: Option<u64>,
}

/// The state that replicas share.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
#[serde(rename_all = "lowercase")]
pub enum SharedStateHealth {
    /// It answers, or there is none to share.
    Ok,
    /// Redis does not answer; each replica goes on with its own.
    Away,
}

impl Host {
    pub(super) fn of(health: &HostHealth) -> Self {
        let (breaker, failures, seconds) = match health.state {
            BreakerState::Closed { failures } => ("closed", Some(failures), None),
            BreakerState::Open { seconds } => ("open", None, Some(seconds)),
            BreakerState::HalfOpen => ("half_open", None, None),
        };
        Self { host: health.host.clone(), breaker, failures, seconds }
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[test]
    fn a_host_shows_only_what_its_breaker_has() {
        let shown = |state| {
            let host = Host::of(&HostHealth { host: "https://a.example".to_owned(), state });
            serde_json::to_value(host).unwrap()
        };
        let host = "https://a.example";
        let closed = json!({ "host": host, "breaker": "closed", "failures": 3 });
        assert_eq!(shown(BreakerState::Closed { failures: 3 }), closed);
        assert_eq!(shown(BreakerState::Open { seconds: 9 }), json!({ "host": host, "breaker": "open", "seconds": 9 }));
        assert_eq!(shown(BreakerState::HalfOpen), json!({ "host": host, "breaker": "half_open" }));
    }
}
